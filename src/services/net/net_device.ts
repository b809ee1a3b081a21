// SPDX-License-Identifier: GPL-2.0-only
/**
 * Network devices that modules make: struct net_device from its allocation to its registration.
 *
 * Models: alloc_netdev_mqs(), register_netdevice(), unregister_netdevice_queue() and free_netdev() of net/core/dev.c, ether_setup() of
 * net/ethernet/eth.c. Written is what a module's code looks at; the features that the kernel adds, queues' disciplines, entries in /sys and
 * /proc are the kernel's own affair.
 *
 * @module
 */

import { align, u32 } from "../../elf/word.ts";
import { EEXIST, EINVAL, EIO } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { PER_CPU_OFFSET } from "../core/percpu.ts";
import { offsetOf } from "../layout.ts";
import { putBytes, putString, stringAt } from "../memory.ts";
import { Registry } from "../registry.ts";
import type { Call, Service, Services } from "../service.ts";
import { kernelFunction, unexported } from "../unexported.ts";
import { initNet } from "./net_namespace.ts";
import { NETDEV, notifyAll, withdrawAll } from "./netdevice_chain.ts";
import { isRtnlHeld, underRtnl } from "./rtnetlink.ts";

/** Registered devices; their keys are their names. */
export class NetDevices extends Registry {
  /** The newest interface number: that of lo at first. */
  ifindex = 1;
  /** Devices that wait for unregister_netdevice_many(), by their list. */
  readonly queued = new Map<number, number[]>();
}

const PRIV_FLAGS = { XMIT_DST_RELEASE: 1 << 5, TX_SKB_SHARING: 1 << 11, XMIT_DST_RELEASE_PERM: 1 << 17, NO_QUEUE: 1 << 19 };
const REG_STATE = { UNINITIALIZED: 0, REGISTERED: 1, UNREGISTERED: 3 };
const LINK_STATE = { PRESENT: 1 << 1, NOCARRIER: 1 << 2 };
const DEFAULT_TX_QUEUE_LEN = 1000;
/** struct netdev_queue: bytes, and the device at its beginning. struct net_device's private part is aligned so. */
const QUEUE_SIZE = 256;
const PRIVATE_ALIGNMENT = 64;
const ADDRESS_SIZE = 32;
const GSO_MAX_SIZE = 65536;
const GSO_MAX_SEGMENTS = 65535;
const NAME_SIZE = 16;
/** struct ethtool_netdev_state: bytes. */
const ETHTOOL_STATE_SIZE = 128;
const ETHERNET = { type: 1, header: 14, mtu: 1500, minimum: 68, address: 6, flags: 0x1002 };

const at = (call: Call, device: number, field: string) => device + offsetOf(call, "net_device", field);
const read = (call: Call, device: number, field: string) => u32(call.bus.read32(at(call, device, field)));
const write = (call: Call, device: number, field: string, value: number) => call.bus.write32(at(call, device, field), value);

/** An empty list at a field. */
function initList(call: Call, device: number, field: string): void {
  const list = at(call, device, field);
  call.bus.write32(list, list);
  call.bus.write32(list + 4, list);
}

export function deviceName(call: Call, device: number): string {
  return stringAt(call.bus, at(call, device, "name"), NAME_SIZE);
}

/** netdev_priv() of this size begins behind struct net_device. */
function allocate(call: Call): number {
  const { args, kernel: { slab } } = call;
  const [privateSize, namePointer, assignType, setup] = [args.word(), args.word(), args.word(), args.word()];
  const [txQueues, rxQueues] = [args.word(), args.word()];
  const name = stringAt(call.bus, namePointer);
  if (name.length >= NAME_SIZE) throw new NotModelled("the BUG() of alloc_netdev_mqs() for a long name");
  if (txQueues < 1 || rxQueues < 1) throw new NotModelled("alloc_netdev_mqs() without queues");
  const device = slab.kmalloc(align(offsetOf(call, "net_device", "size"), PRIVATE_ALIGNMENT) + privateSize);
  const words = {
    priv_len: privateSize,
    pcpu_refcnt: u32(slab.kmalloc(4) - PER_CPU_OFFSET),
    dev_addr: slab.kmalloc(ADDRESS_SIZE),
    nd_net: initNet(call),
    gso_max_size: GSO_MAX_SIZE,
    gso_max_segs: GSO_MAX_SEGMENTS,
    priv_flags: PRIV_FLAGS.XMIT_DST_RELEASE | PRIV_FLAGS.XMIT_DST_RELEASE_PERM,
  };
  for (const [field, value] of Object.entries(words)) write(call, device, field, value);
  for (const level of ["upper_level", "lower_level"]) call.bus.write8(at(call, device, level), 1);
  const lists = [
    "napi_list",
    "unreg_list",
    "close_list",
    "link_watch_list",
    "ptype_all",
    "ptype_specific",
    "net_notifier_list",
  ];
  for (const list of [...lists, "uc", "mc", "dev_addrs"]) initList(call, device, list);
  for (const offset of [0, 8]) {
    const list = at(call, device, "adj_list") + offset;
    call.bus.write32(list, list);
    call.bus.write32(list + 4, list);
  }
  call.invoke(setup, device);
  if (read(call, device, "tx_queue_len") === 0) {
    write(call, device, "priv_flags", read(call, device, "priv_flags") | PRIV_FLAGS.NO_QUEUE);
    write(call, device, "tx_queue_len", DEFAULT_TX_QUEUE_LEN);
  }
  const queues = slab.kmalloc(txQueues * QUEUE_SIZE);
  for (let i = 0; i < txQueues; i++) call.bus.write32(queues + i * QUEUE_SIZE, device);
  for (const field of ["num_tx_queues", "real_num_tx_queues"]) write(call, device, field, txQueues);
  for (const field of ["num_rx_queues", "real_num_rx_queues"]) write(call, device, field, rxQueues);
  write(call, device, "_tx", queues);
  write(call, device, "_rx", unexported(call, "struct netdev_rx_queue"));
  write(call, device, "ethtool", slab.kmalloc(ETHTOOL_STATE_SIZE));
  putString(call.bus, at(call, device, "name"), name);
  call.bus.write8(at(call, device, "name_assign_type"), assignType);
  if (read(call, device, "ethtool_ops") === 0) write(call, device, "ethtool_ops", unexported(call, "default_ethtool_ops"));
  return device;
}

/** dev_valid_name(). */
function isValidName(name: string): boolean {
  return name !== "" && name.length < NAME_SIZE && name !== "." && name !== ".." && !/[/:\s]/.test(name);
}

const isNameTaken = (call: Call, name: string) => name === "lo" || call.state(NetDevices).find(call, name) !== undefined;

/** dev_get_valid_name(): with the first free number where the name has %d. @returns undefined with what is wrong */
function validName(call: Call, pattern: string): string | number {
  if (!isValidName(pattern)) return -EINVAL;
  if (!pattern.includes("%")) return isNameTaken(call, pattern) ? -EEXIST : pattern;
  if (!/^[^%]*%d[^%]*$/.test(pattern)) return -EINVAL;
  for (let number = 0;; number++) {
    const name = pattern.replace("%d", String(number));
    if (!isNameTaken(call, name)) return name.slice(0, NAME_SIZE - 1);
  }
}

/** Links the devices as init_net lists them: lo, then those of modules. */
function relink(call: Call): void {
  const loopback = call.images.get("loopback");
  if (loopback === undefined) return;
  const head = initNet(call) + offsetOf(call, "net", "dev_base_head");
  const devices = [loopback, ...call.state(NetDevices).entries(call).map(({ address }) => address)];
  const links = [head, ...devices.map((device) => at(call, device, "dev_list"))];
  for (const [i, link] of links.entries()) {
    const next = links[(i + 1) % links.length];
    call.bus.write32(link, next);
    call.bus.write32(next + 4, link);
  }
}

/** register_netdevice(), under rtnl_lock(). @returns 0 or minus an errno */
function register(call: Call, device: number): number {
  const { bus } = call;
  const devices = call.state(NetDevices);
  if (!isRtnlHeld(call)) throw new NotModelled("the warning of register_netdevice() without rtnl_lock()");
  if (bus.read8(at(call, device, "reg_state")) !== REG_STATE.UNINITIALIZED) {
    throw new NotModelled("the BUG() of register_netdevice()");
  }
  const name = validName(call, deviceName(call, device));
  if (typeof name === "number") return name;
  putString(bus, at(call, device, "name"), name);
  write(call, device, "name_node", unexported(call, "struct netdev_name_node"));
  const ops = read(call, device, "netdev_ops");
  const init = u32(bus.read32(ops));
  const error = init === 0 ? 0 : call.invoke(init, device);
  if (error !== 0) return error > 0 ? -EIO : error;
  if (read(call, device, "ifindex") === 0) write(call, device, "ifindex", ++devices.ifindex);
  bus.write8(at(call, device, "reg_state"), REG_STATE.REGISTERED);
  write(call, device, "state", read(call, device, "state") | LINK_STATE.PRESENT);
  for (const field of ["ip_ptr", "ip6_ptr"]) write(call, device, field, unexported(call, `${field} of ${name}`));
  write(call, device, "qdisc", kernelFunction(call, "noop_qdisc"));
  const initialized = notifyAll(call, NETDEV.POST_INIT, device);
  if (initialized !== 0) throw new NotModelled("a notifier that refuses a device");
  devices.add(call, device, name);
  relink(call);
  if (notifyAll(call, NETDEV.REGISTER, device) !== 0) throw new NotModelled("a notifier that refuses a device");
  return 0;
}

/** unregister_netdevice_many(), and what netdev_run_todo() does when the lock is given back. */
function unregister(call: Call, device: number): void {
  const { bus } = call;
  if (!call.state(NetDevices).remove(call, device)) throw new NotModelled("a device that is not registered goes");
  withdrawAll(call, device);
  const uninit = u32(bus.read32(read(call, device, "netdev_ops") + 4));
  if (uninit !== 0) call.invoke(uninit, device);
  bus.write8(at(call, device, "reg_state"), REG_STATE.UNREGISTERED);
  relink(call);
  const destructor = read(call, device, "priv_destructor");
  if (destructor !== 0) call.invoke(destructor, device);
  if (bus.read8(at(call, device, "needs_free_netdev")) !== 0) release(call, device);
}

/** free_netdev(). */
function release(call: Call, device: number): void {
  const { slab } = call.kernel;
  for (const field of ["_tx", "ethtool", "dev_addr"]) slab.kfree(read(call, device, field));
  slab.kfree(u32(read(call, device, "pcpu_refcnt") + PER_CPU_OFFSET));
  slab.kfree(device);
}

/** unregister_netdevice_queue(): at once, or with others of a list. */
function queueUnregister(call: Call, device: number, list: number): void {
  const { queued } = call.state(NetDevices);
  if (list === 0) unregister(call, device);
  else queued.set(list, [...queued.get(list) ?? [], device]);
}

/** unregister_netdevice_many(): those that were queued on a list. */
export function unregisterQueued(call: Call, list: number): void {
  const { queued } = call.state(NetDevices);
  for (const device of queued.get(list) ?? []) unregister(call, device);
  queued.delete(list);
}

function setupEthernet(call: Call): void {
  const device = call.args.word();
  write(call, device, "header_ops", kernelFunction(call, "eth_header_ops"));
  call.bus.write16(at(call, device, "type"), ETHERNET.type);
  call.bus.write16(at(call, device, "hard_header_len"), ETHERNET.header);
  call.bus.write8(at(call, device, "min_header_len"), ETHERNET.header);
  for (const field of ["mtu", "max_mtu"]) write(call, device, field, ETHERNET.mtu);
  write(call, device, "min_mtu", ETHERNET.minimum);
  call.bus.write8(at(call, device, "addr_len"), ETHERNET.address);
  write(call, device, "tx_queue_len", DEFAULT_TX_QUEUE_LEN);
  write(call, device, "flags", ETHERNET.flags);
  write(call, device, "priv_flags", read(call, device, "priv_flags") | PRIV_FLAGS.TX_SKB_SHARING);
  putBytes(call.bus, at(call, device, "broadcast"), new Uint8Array(ETHERNET.address).fill(0xff));
}

/** netif_carrier_on() and netif_carrier_off(), of which the state's bit is seen. */
const setCarrier = (isOn: boolean): Service => (call) => {
  const device = call.args.word();
  const state = read(call, device, "state");
  write(call, device, "state", isOn ? state & ~LINK_STATE.NOCARRIER : state | LINK_STATE.NOCARRIER);
};

/** The registered device of a name, where it is a module's. */
const findByName: Service = (call) => {
  const [, name] = [call.args.word(), stringAt(call.bus, call.args.word())];
  return name === "lo" ? call.images.get("loopback") ?? 0 : call.state(NetDevices).find(call, name)?.address ?? 0;
};

export const NET_DEVICE: Services = {
  alloc_netdev_mqs: allocate,
  free_netdev: (call) => release(call, call.args.word()),
  register_netdevice: (call) => register(call, call.args.word()),
  register_netdev: (call) => {
    const device = call.args.word();
    return underRtnl(call, () => register(call, device));
  },
  unregister_netdev: (call) => {
    const device = call.args.word();
    underRtnl(call, () => unregister(call, device));
  },
  unregister_netdevice_queue: (call) => queueUnregister(call, call.args.word(), call.args.word()),
  unregister_netdevice_many: (call) => unregisterQueued(call, call.args.word()),
  ether_setup: setupEthernet,
  // A list, its length, and a tree.
  __hw_addr_init: ({ bus, args }) => {
    const list = args.word();
    for (const [i, word] of [list, list, 0, 0].entries()) bus.write32(list + 4 * i, word);
  },
  dev_valid_name: (call) => isValidName(stringAt(call.bus, call.args.word())) ? 1 : 0,
  dev_alloc_name: (call) => {
    const [device, pattern] = [call.args.word(), stringAt(call.bus, call.args.word())];
    const name = validName(call, pattern);
    if (typeof name === "number") return name;
    putString(call.bus, at(call, device, "name"), name);
    return Number(/\d+/.exec(name.slice(pattern.indexOf("%")))?.[0] ?? 0);
  },
  dev_addr_mod: (call) => {
    const { bus, args } = call;
    const [device, offset, from, length] = [args.word(), args.word(), args.word(), args.word()];
    for (let i = 0; i < length; i++) bus.write8(read(call, device, "dev_addr") + offset + i, bus.read8(from + i));
  },
  __dev_get_by_name: findByName,
  dev_get_by_name: findByName,
  netif_carrier_on: setCarrier(true),
  netif_carrier_off: setCarrier(false),
};
