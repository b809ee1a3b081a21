// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of block/blk-cgroup.h.
 *
 * Models: blkcg_policy_register() and blkcg_policy_unregister() of block/blk-cgroup.c, with the root as the one group that there is.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL, ENOMEM, ENOSPC } from "../../kernel/errno.ts";
import { KERN_WARNING } from "../../kernel/log.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

/** Their keys are their numbers. */
class Policies extends Registry {
  /** struct blkcg_policy_data of the root group, by number. */
  readonly data = new Map<string, number>();
}

/** struct blkcg_policy; BLKCG_MAX_POLS; struct blkcg_policy_data. */
const POLICY = { number: 0, allocGroup: 12, freeGroup: 16, allocQueue: 20, freeQueue: 36 };
const MAX_POLICIES = 6;
const DATA = { group: 0, number: 4 };
const GFP_KERNEL = 0xcc0;

function registerPolicy(call: Call): number {
  const { bus } = call;
  const policy = call.args.word();
  const word = (offset: number) => u32(bus.read32(policy + offset));
  const [allocGroup, freeGroup, allocQueue, freeQueue] = [
    POLICY.allocGroup,
    POLICY.freeGroup,
    POLICY.allocQueue,
    POLICY.freeQueue,
  ].map(word);
  if ((allocGroup === 0) !== (freeGroup === 0) || (allocQueue === 0) !== (freeQueue === 0)) return -EINVAL;
  const policies = call.state(Policies);
  const own = builtin(call, "blkcg_policies");
  let number = 0;
  while (own.has(String(number)) || policies.find(call, String(number)) !== undefined) number++;
  if (number >= MAX_POLICIES) {
    call.kernel.printk(KERN_WARNING, "blkcg_policy_register: BLKCG_MAX_POLS too small");
    return -ENOSPC;
  }
  bus.write32(policy + POLICY.number, number);
  if (allocGroup !== 0) {
    const data = u32(call.invoke(allocGroup, GFP_KERNEL));
    if (data === 0) return -ENOMEM;
    bus.write32(data + DATA.group, unexported(call, "blkcg_root"));
    bus.write32(data + DATA.number, number);
    policies.data.set(String(number), data);
  }
  policies.add(call, policy, String(number));
  return 0;
}

function unregisterPolicy(call: Call): void {
  const policy = call.args.word();
  const policies = call.state(Policies);
  const entry = policies.entries(call).find(({ address }) => address === policy);
  if (entry === undefined) return;
  const data = policies.data.get(entry.key);
  const freeGroup = u32(call.bus.read32(policy + POLICY.freeGroup));
  if (data !== undefined && freeGroup !== 0) call.invoke(freeGroup, data);
  policies.data.delete(entry.key);
  policies.remove(call, policy);
}

export const BLK_CGROUP: Services = { blkcg_policy_register: registerPolicy, blkcg_policy_unregister: unregisterPolicy };
