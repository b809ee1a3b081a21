// SPDX-License-Identifier: GPL-2.0-only
/**
 * Places of the network stack that one module at a time fills with its functions, and what nothing else is asked for.
 *
 * Models: vlan_ioctl_set() and brioctl_set() of net/socket.c, ethtool_set_ethtool_phy_ops() and ethtool_forced_speed_maps_init() of
 * net/ethtool/common.c, lwtunnel_encap_add_ops() of net/core/lwtunnel.c, drop_reasons_register_subsys() of net/core/skbuff.c,
 * sock_diag_register_inet_compat() of net/core/sock_diag.c, l3mdev_table_lookup_register() of net/l3mdev/l3mdev.c,
 * xfrm_if_register_cb() of net/xfrm/xfrm_policy.c, and register_nexthop_notifier() of net/ipv4/nexthop.c where there are no nexthops.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EBUSY, EINVAL, ENOENT, EPERM, ERANGE } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { isRtnlHeld } from "./rtnetlink.ts";

class Encapsulations extends Registry {}
class DropReasons extends Registry {}
class L3mdevLookups extends Registry {}
class NexthopNotifiers extends Registry {}
const L3MDEV_LOOKUPS: Kind = { type: L3mdevLookups, taken: EBUSY };
const L3MDEV_TYPE_VRF = 1;
const ENCAPSULATIONS: Kind = { type: Encapsulations, builtin: "encapsulations", taken: EPERM };
/** LWTUNNEL_ENCAP_MAX. */
const ENCAP_MAX = 10;
/** SKB_DROP_REASON_SUBSYS_CORE, and how many there are. */
const DROP_SUBSYS = { core: 0, count: 4 };

/** struct ethtool_forced_speed_map. */
const SPEED_MAP = { caps: 4, modes: 20, count: 24, size: 28 };
function initSpeedMaps({ bus, args }: Call): void {
  const [maps, size] = [args.word(), args.word()];
  for (let i = 0; i < size; i++) {
    const map = maps + i * SPEED_MAP.size;
    const [modes, count] = [SPEED_MAP.modes, SPEED_MAP.count].map((offset) => u32(bus.read32(map + offset)));
    for (let k = 0; k < count; k++) {
      const mode = u32(bus.read32(modes + 4 * k));
      const word = map + SPEED_MAP.caps + 4 * (mode >>> 5);
      bus.write32(word, bus.read32(word) | (1 << (mode & 31)));
    }
    bus.write32(map + SPEED_MAP.modes, 0);
    bus.write32(map + SPEED_MAP.count, 0);
  }
}

export const NET_HOOKS: Services = {
  vlan_ioctl_set: () => {},
  brioctl_set: () => {},
  sock_diag_register_inet_compat: () => {},
  sock_diag_unregister_inet_compat: () => {},
  ethtool_set_ethtool_phy_ops: (call) => {
    if (!isRtnlHeld(call)) throw new NotModelled("the warning of ethtool_set_ethtool_phy_ops()");
  },
  ethtool_forced_speed_maps_init: initSpeedMaps,
  lwtunnel_encap_add_ops: (call) => {
    const [ops, number] = [call.args.word(), call.args.word()];
    return number > ENCAP_MAX ? -ERANGE : registerUnique(call, ENCAPSULATIONS, ops, String(number));
  },
  lwtunnel_encap_del_ops: (call) => call.state(Encapsulations).remove(call, call.args.word()) ? 0 : -EPERM,
  drop_reasons_register_subsys: (call) => {
    const [subsystem, list] = [call.args.word(), call.args.word()];
    if (subsystem <= DROP_SUBSYS.core || subsystem >= DROP_SUBSYS.count) {
      throw new NotModelled("the warning of drop_reasons_register_subsys()");
    }
    call.state(DropReasons).add(call, list, String(subsystem));
  },
  drop_reasons_unregister_subsys: (call) => {
    const reasons = call.state(DropReasons);
    const entry = reasons.find(call, String(call.args.word()));
    if (entry !== undefined) reasons.remove(call, entry.address);
  },
  l3mdev_table_lookup_register: (call) => {
    const [type, lookup] = [call.args.word(), call.args.word()];
    return type === L3MDEV_TYPE_VRF ? registerUnique(call, L3MDEV_LOOKUPS, lookup, String(type)) : -EINVAL;
  },
  l3mdev_table_lookup_unregister: (call) => {
    const [, lookup] = [call.args.word(), call.args.word()];
    call.state(L3mdevLookups).remove(call, lookup);
  },
  register_nexthop_notifier: (call) => {
    const [, block] = [call.args.word(), call.args.word()];
    call.state(NexthopNotifiers).add(call, block);
    return 0;
  },
  unregister_nexthop_notifier: (call) => {
    const [, block] = [call.args.word(), call.args.word()];
    return call.state(NexthopNotifiers).remove(call, block) ? 0 : -ENOENT;
  },
  xfrm_if_register_cb: () => {},
  xfrm_if_unregister_cb: () => {},
};
