// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/xfrm.h.
 *
 * Models: xfrm_register_type() and xfrm_register_type_offload() of net/xfrm/xfrm_state.c, xfrm_register_km(),
 * xfrm_input_register_afinfo() of net/xfrm/xfrm_input.c, xfrm4_protocol_register() and xfrm6_protocol_register().
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, ESRCH } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { builtin, type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Service, Services } from "../service.ts";

class Types extends Registry {}
class TypeOffloads extends Registry {}
class KeyManagers extends Registry {}
class InputFamilies extends Registry {}
const INPUT_FAMILIES: Kind = { type: InputFamilies, taken: EEXIST };

const IPPROTO = { IPIP: 4, IPV6: 41, ROUTING: 43, ESP: 50, AH: 51, DSTOPTS: 60, COMP: 108 };
const AF_INET6 = 10;
/** struct xfrm_type and struct xfrm_type_offload: the protocol. struct xfrm4_protocol and struct xfrm6_protocol: the priority. */
const TYPE_PROTOCOL = 4;
const HANDLER_PRIORITY = 20;
/** Protocols that xfrm has handlers of, beside a kernel function that passes packets on to them. */
const HANDLED: readonly number[] = [IPPROTO.ESP, IPPROTO.AH, IPPROTO.COMP];

/** Registers what is one of a kind for a protocol in a family. */
function registerType<T extends Registry>(call: Call, type: new () => T, protocols: readonly number[]): number {
  const [ops, family] = [call.args.word(), call.args.word() & 0xffff];
  if (!builtin(call, "xfrm_families").has(String(family))) return -EAFNOSUPPORT;
  const protocol = call.bus.read8(ops + TYPE_PROTOCOL);
  const types = call.state(type);
  const key = `${family} ${protocol}`;
  if (!protocols.includes(protocol) || types.find(call, key) !== undefined) {
    throw new NotModelled(`the warning of xfrm_register_type() for protocol ${protocol}`);
  }
  types.add(call, ops, key);
  return 0;
}

/** xfrm4_protocol_register() and its like: a list by priority for each protocol. */
function handlerServices(version: 4 | 6): [string, Service][] {
  class Handlers extends Registry {}
  return [
    [`xfrm${version}_protocol_register`, (call) => {
      const [handler, protocol] = [call.args.word(), call.args.word() & 255];
      if (!HANDLED.includes(protocol)) return -EINVAL;
      const priority = s32(call.bus.read32(handler + HANDLER_PRIORITY));
      return registerUnique(call, { type: Handlers, taken: EEXIST }, handler, `${protocol} ${priority}`);
    }],
    [`xfrm${version}_protocol_deregister`, (call) => {
      const [handler, protocol] = [call.args.word(), call.args.word() & 255];
      if (!HANDLED.includes(protocol)) return -EINVAL;
      return call.state(Handlers).remove(call, handler) ? 0 : -ENOENT;
    }],
  ];
}

export const XFRM: Services = {
  ...Object.fromEntries([...handlerServices(4), ...handlerServices(6)]),
  xfrm_register_type: (call) => registerType(call, Types, Object.values(IPPROTO)),
  xfrm_unregister_type: (call) => void call.state(Types).remove(call, call.args.word()),
  xfrm_register_type_offload: (call) => registerType(call, TypeOffloads, [IPPROTO.ESP]),
  xfrm_unregister_type_offload: (call) => void call.state(TypeOffloads).remove(call, call.args.word()),
  // There are no states: nothing but a user's message or a driver makes one.
  xfrm_state_flush: () => -ESRCH,
  xfrm_flush_gc: () => {},
  xfrm_register_km: (call) => call.state(KeyManagers).add(call, call.args.word()),
  xfrm_unregister_km: (call) => void call.state(KeyManagers).remove(call, call.args.word()),
  xfrm_input_register_afinfo: (call) => {
    const { bus } = call;
    const info = call.args.word();
    const [family, isIpip] = [u32(bus.read8(info)), bus.read8(info + 1)];
    if (family > AF_INET6) throw new NotModelled("the warning of xfrm_input_register_afinfo()");
    return registerUnique(call, INPUT_FAMILIES, info, `${isIpip} ${family}`);
  },
  xfrm_input_unregister_afinfo: (call) => call.state(InputFamilies).remove(call, call.args.word()) ? 0 : -EINVAL,
};
