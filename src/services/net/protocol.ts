// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/protocol.h: protocols above IP and IPv6.
 *
 * Models: inet_add_protocol() and inet_add_offload() of net/ipv4/protocol.c, their like of net/ipv6/, inet_register_protosw() of
 * net/ipv4/af_inet.c and inet6_register_protosw() of net/ipv6/af_inet6.c.
 *
 * @module
 */

import { EINVAL, EPERM } from "../../kernel/errno.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { builtin, Registry } from "../registry.ts";
import type { Call, Service, Services } from "../service.ts";

/** struct inet_protosw; types of sockets that there may be. */
const PROTOSW = { type: 8, protocol: 10, flags: 20 };
const PERMANENT = 2;
const SOCK_MAX = 11;

/** The functions that put structs into an array by protocol, and take them off. */
function arrayServices(family: "inet" | "inet6", what: "protocol" | "offload"): [string, Service][] {
  class Handlers extends Registry {}
  const number = (call: Call) => String(call.args.word() & 255);
  return [
    [`${family}_add_${what}`, (call) => {
      const [handler, protocol] = [call.args.word(), number(call)];
      const handlers = call.state(Handlers);
      if (handlers.find(call, protocol) !== undefined || builtin(call, `${family}_${what}s`).has(protocol)) return -1;
      handlers.add(call, handler, protocol);
      return 0;
    }],
    [`${family}_del_${what}`, (call) => {
      const [handler, protocol] = [call.args.word(), number(call)];
      const handlers = call.state(Handlers);
      if (handlers.find(call, protocol)?.address !== handler) return -1;
      handlers.remove(call, handler);
      return 0;
    }],
  ];
}

/** The kernel's own permanent entries of inetsw and inetsw6, whose protocols nobody else may have: type and protocol. */
const PERMANENT_ENTRIES = new Set(["1 6", "2 17", "2 136"]);

/** @returns 0 or minus an errno; where it is not 0, a line says why */
function registerProtosw<T extends Registry>(call: Call, type: new () => T, prefix: string): number {
  const { bus, kernel } = call;
  const entry = call.args.word();
  const [socketType, protocol] = [PROTOSW.type, PROTOSW.protocol].map((offset) => bus.read16(entry + offset));
  if (socketType >= SOCK_MAX) {
    kernel.printk(KERN_ERR, `${prefix}Ignoring attempt to register invalid socket type ${socketType}`);
    return -EINVAL;
  }
  const key = `${socketType} ${protocol}`;
  const entries = call.state(type);
  const permanent = entries.entries(call).some(({ address, key: other }) =>
    other === key && (bus.read8(address + PROTOSW.flags) & PERMANENT) !== 0
  );
  if (permanent || PERMANENT_ENTRIES.has(key)) {
    kernel.printk(KERN_ERR, `${prefix}Attempt to override permanent protocol ${protocol}`);
    return -EPERM;
  }
  entries.add(call, entry, key);
  return 0;
}

function unregisterProtosw<T extends Registry>(call: Call, type: new () => T, prefix: string): void {
  const { bus, kernel } = call;
  const entry = call.args.word();
  if ((bus.read8(entry + PROTOSW.flags) & PERMANENT) !== 0) {
    const protocol = bus.read16(entry + PROTOSW.protocol);
    kernel.printk(KERN_ERR, `${prefix}Attempt to unregister permanent protocol ${protocol}`);
  } else call.state(type).remove(call, entry);
}

class InetProtosw extends Registry {}
class Inet6Protosw extends Registry {}

export const PROTOCOL: Services = {
  ...Object.fromEntries((["inet", "inet6"] as const).flatMap((family) => [
    ...arrayServices(family, "protocol"),
    ...arrayServices(family, "offload"),
  ])),
  inet_register_protosw: (call) => void registerProtosw(call, InetProtosw, "IPv4: "),
  inet_unregister_protosw: (call) => unregisterProtosw(call, InetProtosw, "IPv4: "),
  inet6_register_protosw: (call) => registerProtosw(call, Inet6Protosw, "IPv6: "),
  inet6_unregister_protosw: (call) => unregisterProtosw(call, Inet6Protosw, "IPv6: "),
};
