// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/netdevice.h.
 *
 * Models: register_netdevice_notifier() of net/core/dev.c, which calls back for each device that there is; dev_add_pack() and
 * dev_add_offload(). The booted machine has one device, lo, which is down; no device is brought up.
 *
 * @module
 */

import { EEXIST, ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { NetDevices } from "./net_device.ts";
import { NETDEV, NetdeviceNotifiers, notify } from "./netdevice_chain.ts";
import { underRtnl } from "./rtnetlink.ts";

class PacketTypes extends Registry {}
class PacketOffloads extends Registry {}

/** The devices of init_net. */
function devices(call: Call): readonly number[] {
  const loopback = call.images.get("loopback");
  if (loopback === undefined) throw new NotModelled("the loopback device: the profile does not have it");
  return [loopback, ...call.state(NetDevices).entries(call).map(({ address }) => address)];
}

function registerNotifier(call: Call, notifier: number): number {
  const notifiers = call.state(NetdeviceNotifiers);
  if (notifiers.has(call, notifier)) return -EEXIST;
  notifiers.add(call, notifier);
  for (const device of devices(call)) {
    const error = notify(call, notifier, NETDEV.REGISTER, device);
    if (error === 0) continue;
    notifiers.remove(call, notifier);
    return error;
  }
  return 0;
}

function unregisterNotifier(call: Call, notifier: number): number {
  if (!call.state(NetdeviceNotifiers).remove(call, notifier)) return -ENOENT;
  for (const device of devices(call)) notify(call, notifier, NETDEV.UNREGISTER, device);
  return 0;
}

export const NETDEVICE: Services = {
  register_netdevice_notifier: (call) => {
    const notifier = call.args.word();
    return underRtnl(call, () => registerNotifier(call, notifier));
  },
  unregister_netdevice_notifier: (call) => {
    const notifier = call.args.word();
    return underRtnl(call, () => unregisterNotifier(call, notifier));
  },
  dev_add_pack: (call) => call.state(PacketTypes).add(call, call.args.word()),
  dev_remove_pack: (call) => void call.state(PacketTypes).remove(call, call.args.word()),
  __dev_remove_pack: (call) => void call.state(PacketTypes).remove(call, call.args.word()),
  dev_add_offload: (call) => call.state(PacketOffloads).add(call, call.args.word()),
  dev_remove_offload: (call) => void call.state(PacketOffloads).remove(call, call.args.word()),
  synchronize_net: () => {},
  netdev_class_create_file_ns: () => 0,
  netdev_class_remove_file_ns: () => {},
};
