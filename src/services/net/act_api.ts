// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/act_api.h.
 *
 * Models: tcf_register_action(), tcf_unregister_action() and tcf_idrinfo_destroy() of net/sched/act_api.c.
 *
 * @module
 */

import { EEXIST, EINVAL, ENOENT } from "../../kernel/errno.ts";
import { stringAt } from "../memory.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { registerPernet, unregisterPernet } from "./net_namespace.ts";

/** Their keys are their kinds. */
class Actions extends Registry {}

/** struct tc_action_ops. */
const OPS = { kind: 8, id: 24, act: 40, dump: 44, init: 56 };

function registerAction(call: Call): number {
  const { bus } = call;
  const [ops, pernet] = [call.args.word(), call.args.word()];
  if ([OPS.act, OPS.dump, OPS.init].some((offset) => bus.read32(ops + offset) === 0)) return -EINVAL;
  const error = registerPernet(call, pernet);
  if (error !== 0) return error;
  const actions = call.state(Actions);
  const kind = stringAt(bus, ops + OPS.kind, 16);
  const id = bus.read32(ops + OPS.id);
  const hasId = actions.entries(call).some(({ address }) => bus.read32(address + OPS.id) === id);
  if (hasId || actions.find(call, kind) !== undefined || builtin(call, "actions").has(kind)) {
    unregisterPernet(call, pernet);
    return -EEXIST;
  }
  actions.add(call, ops, kind);
  return 0;
}

export const ACT_API: Services = {
  tcf_register_action: registerAction,
  // No action was made of the module's: nothing but a user's message makes one.
  tcf_idrinfo_destroy: () => {},
  tcf_unregister_action: (call) => {
    const [ops, pernet] = [call.args.word(), call.args.word()];
    if (!call.state(Actions).remove(call, ops)) return -ENOENT;
    unregisterPernet(call, pernet);
    return 0;
  },
};
