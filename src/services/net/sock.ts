// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/net.h, net/sock.h and linux/sock_diag.h: families of protocols, protocols, their diagnosis.
 *
 * Models: sock_register() of net/socket.c, proto_register() of net/core/sock.c, sock_diag_register() of net/core/sock_diag.c.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EBUSY, EEXIST, EINVAL, ENOBUFS } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_CRIT, KERN_ERR, KERN_INFO } from "../../kernel/log.ts";
import { putString, stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

class Families extends Registry {}
class Protocols extends Registry {}
class DiagHandlers extends Registry {}
const FAMILIES: Kind = { type: Families, builtin: "protocol_families", taken: EEXIST };
const DIAG_HANDLERS: Kind = { type: DiagHandlers, taken: EBUSY };

/** pf_family_names; its length is NPROTO. */
const FAMILY_NAMES = [
  "UNSPEC, UNIX/PF_LOCAL, INET, AX25, IPX, APPLETALK, NETROM, BRIDGE, ATMPVC, X25, INET6, ROSE, DECnet, NETBEUI, SECURITY, KEY,",
  "NETLINK/PF_ROUTE, PACKET, ASH, ECONET, ATMSVC, RDS, SNA, IRDA, PPPOX, WANPIPE, LLC, IB, MPLS, CAN, TIPC, BLUETOOTH, IUCV, RXRPC,",
  "ISDN, PHONET, IEEE802154, CAIF, ALG, NFC, VSOCK, KCM, QIPCRTR, SMC, XDP, MCTP",
].join(" ").split(", ").map((name) => `PF_${name}`);
const NPROTO = FAMILY_NAMES.length;

/** struct proto; of struct request_sock_ops and struct timewait_sock_ops, the cache and its name. */
const PROTO = { memoryAllocated: 128, perCpuForward: 132, sysctlMem: 144, slab: 172, requests: 200, timewaits: 204, name: 216 };
const REQUESTS = { slab: 8, slabName: 12 };
const TIMEWAITS = { slab: 0, slabName: 4 };

function registerFamily(call: Call): number {
  const ops = call.args.word();
  const family = s32(call.bus.read32(ops));
  if (family >= NPROTO) {
    call.kernel.printk(KERN_CRIT, `protocol ${family} >= NPROTO(${NPROTO})`);
    return -ENOBUFS;
  }
  const error = registerUnique(call, FAMILIES, ops, String(family));
  call.kernel.printk(KERN_INFO, `NET: Registered ${FAMILY_NAMES[family]} protocol family`);
  return error;
}

function unregisterFamily(call: Call): void {
  const family = s32(call.args.word());
  if (family < 0 || family >= NPROTO) throw new NotModelled("the BUG() of sock_unregister()");
  const families = call.state(Families);
  const entry = families.find(call, String(family));
  if (entry !== undefined) families.remove(call, entry.address);
  call.kernel.printk(KERN_INFO, `NET: Unregistered ${FAMILY_NAMES[family]} protocol family`);
}

/** A cache for requests or for sockets that wait, where the protocol has such. */
function makeCache(call: Call, ops: number, fields: { slab: number; slabName: number }, name: string): void {
  if (ops === 0) return;
  const address = call.kernel.slab.kmalloc(name.length + 1);
  putString(call.bus, address, name);
  call.bus.write32(ops + fields.slabName, address);
  call.bus.write32(ops + fields.slab, unexported(call, `struct kmem_cache ${name}`));
}

function registerProtocol(call: Call): number {
  const { bus } = call;
  const [proto, allocSlab] = [call.args.word(), call.args.word()];
  const word = (offset: number) => u32(bus.read32(proto + offset));
  const name = stringAt(bus, proto + PROTO.name, 32);
  const required = { sysctl_mem: PROTO.sysctlMem, per_cpu_fw_alloc: PROTO.perCpuForward };
  for (const [field, offset] of Object.entries(required)) {
    if (word(PROTO.memoryAllocated) === 0 || word(offset) !== 0) continue;
    call.kernel.printk(KERN_ERR, `${name}: missing ${field}`);
    return -EINVAL;
  }
  if (allocSlab !== 0) {
    bus.write32(proto + PROTO.slab, unexported(call, `struct kmem_cache ${name}`));
    makeCache(call, word(PROTO.requests), REQUESTS, `request_sock_${name}`);
    makeCache(call, word(PROTO.timewaits), TIMEWAITS, `tw_sock_${name}`);
  }
  call.state(Protocols).add(call, proto, name);
  return 0;
}

/** Frees the name of a cache, and forgets both. */
function dropCache(call: Call, ops: number, { slab, slabName }: { slab: number; slabName: number }): void {
  if (ops === 0) return;
  call.kernel.slab.kfree(u32(call.bus.read32(ops + slabName)));
  call.bus.write32(ops + slabName, 0);
  call.bus.write32(ops + slab, 0);
}

function unregisterProtocol(call: Call): void {
  const { bus } = call;
  const proto = call.args.word();
  call.state(Protocols).remove(call, proto);
  bus.write32(proto + PROTO.slab, 0);
  dropCache(call, u32(bus.read32(proto + PROTO.requests)), REQUESTS);
  dropCache(call, u32(bus.read32(proto + PROTO.timewaits)), TIMEWAITS);
}

/** The family of a struct sock_diag_handler. */
const diagFamily = ({ bus }: Call, handler: number) => bus.read8(handler + 4);

export const SOCK: Services = {
  sock_register: registerFamily,
  sock_unregister: unregisterFamily,
  proto_register: registerProtocol,
  proto_unregister: unregisterProtocol,
  sock_diag_register: (call) => {
    const handler = call.args.word();
    const family = diagFamily(call, handler);
    return family >= NPROTO ? -EINVAL : registerUnique(call, DIAG_HANDLERS, handler, String(family));
  },
  sock_diag_unregister: (call) => {
    const handlers = call.state(DiagHandlers);
    const entry = handlers.find(call, String(diagFamily(call, call.args.word())));
    if (entry !== undefined) handlers.remove(call, entry.address);
  },
};
