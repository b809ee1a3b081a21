// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/rtnetlink.h and net/rtnetlink.h.
 *
 * Models: rtnl_lock() and its kin, rtnl_link_register(), rtnl_af_register(), rtnl_register_module() and __rtnl_register_many() of
 * net/core/rtnetlink.c.
 *
 * @module
 */

import type { Cpu } from "../../cpu/state.ts";
import { s32, u32 } from "../../elf/word.ts";
import { EEXIST } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { kernelFunction } from "../unexported.ts";

/** rtnl_mutex. A holder whose call into a module has ended holds nothing: it was stopped. */
class Rtnl {
  holder: Cpu | undefined;
}

class LinkKinds extends Registry {}
class AddressFamilies extends Registry {}
const LINK_KINDS: Kind = { type: LinkKinds, builtin: "link_kinds", taken: EEXIST };

/** struct rtnl_link_ops. */
const LINK_OPS = { kind: 8, alloc: 16, setup: 20, maxtype: 28, dellink: 48, slaveMaxtype: 76 };
const RTNL_MAX_TYPE = 50;
const RTNL_SLAVE_MAX_TYPE = 44;
/** struct rtnl_msg_handler: bytes. */
const MSG_HANDLER_SIZE = 24;
/** RTNL_FAMILY_MAX. */
const FAMILY_MAX = 129;

export function isRtnlHeld(call: Call): boolean {
  return call.state(Rtnl).holder === call.cpu;
}

export function lockRtnl(call: Call): void {
  if (isRtnlHeld(call)) throw new NotModelled("rtnl_lock() of who holds it: a hang");
  call.state(Rtnl).holder = call.cpu;
}

export function unlockRtnl(call: Call): void {
  call.state(Rtnl).holder = undefined;
}

/** Does something under rtnl_lock(). */
export function underRtnl<T>(call: Call, action: () => T): T {
  lockRtnl(call);
  try {
    return action();
  } finally {
    unlockRtnl(call);
  }
}

/** __rtnl_link_register(). */
function registerLink(call: Call, ops: number): number {
  const { bus } = call;
  const word = (offset: number) => u32(bus.read32(ops + offset));
  if (word(LINK_OPS.maxtype) > RTNL_MAX_TYPE || word(LINK_OPS.slaveMaxtype) > RTNL_SLAVE_MAX_TYPE) {
    throw new NotModelled("the warning of rtnl_link_register()");
  }
  const error = registerUnique(call, LINK_KINDS, ops, stringAt(bus, word(LINK_OPS.kind)));
  if (error === 0 && (word(LINK_OPS.alloc) !== 0 || word(LINK_OPS.setup) !== 0) && word(LINK_OPS.dellink) === 0) {
    bus.write32(ops + LINK_OPS.dellink, kernelFunction(call, "unregister_netdevice_queue"));
  }
  return error;
}

/** rtnl_register_internal(): the handlers of a message, where those of the kernel are others. */
function checkProtocol(protocol: number): number {
  if (protocol < 0 || protocol > FAMILY_MAX) throw new NotModelled(`the BUG() of rtnl_register() for protocol ${protocol}`);
  return 0;
}

export const RTNETLINK: Services = {
  rtnl_lock: lockRtnl,
  rtnl_unlock: unlockRtnl,
  rtnl_is_locked: (call) => isRtnlHeld(call) ? 1 : 0,
  rtnl_trylock: (call) => {
    if (isRtnlHeld(call)) return 0;
    lockRtnl(call);
    return 1;
  },
  rtnl_link_register: (call) => underRtnl(call, () => registerLink(call, call.args.word())),
  __rtnl_link_register: (call) => registerLink(call, call.args.word()),
  __rtnl_link_unregister: (call) => void call.state(LinkKinds).remove(call, call.args.word()),
  rtnl_link_unregister: (call) => underRtnl(call, () => void call.state(LinkKinds).remove(call, call.args.word())),
  rtnl_af_register: (call) => underRtnl(call, () => call.state(AddressFamilies).add(call, call.args.word())),
  rtnl_af_unregister: (call) => underRtnl(call, () => void call.state(AddressFamilies).remove(call, call.args.word())),
  rtnl_register_module: (call) => {
    const [, protocol] = [call.args.word(), call.args.word()];
    return underRtnl(call, () => checkProtocol(s32(protocol)));
  },
  rtnl_unregister: () => 0,
  rtnl_unregister_all: () => {},
  __rtnl_register_many: (call) => {
    const [handlers, count] = [call.args.word(), s32(call.args.word())];
    for (let i = 0; i < count; i++) {
      const protocol = s32(call.bus.read32(handlers + i * MSG_HANDLER_SIZE + 4));
      underRtnl(call, () => checkProtocol(protocol));
    }
    return 0;
  },
  __rtnl_unregister_many: () => {},
};
