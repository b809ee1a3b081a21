// SPDX-License-Identifier: GPL-2.0-only
/**
 * Chains of notifiers that the kernel has, of which modules register with: a block that is registered is called when something happens later,
 * and never while it is registered.
 *
 * Models: notifier_chain_register() and notifier_chain_unregister() of kernel/notifier.c. The blocks' links are not written.
 *
 * @module
 */

import { ENOENT } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import { Registry } from "./registry.ts";
import type { Service, Services } from "./service.ts";

/** What follows register_ and unregister_ in the functions' names. */
const CHAINS = [
  "blocking_lsm_notifier",
  "dcbevent_notifier",
  "fb_client",
  "inet6addr_notifier",
  "inet6addr_validator_notifier",
  "inetaddr_notifier",
  "inetaddr_validator_notifier",
  "keyboard_notifier",
  "netevent_notifier",
  "oom_notifier",
  "pm_notifier",
  "random_vmfork_notifier",
  "reboot_notifier",
  "restart_handler",
  "switchdev_blocking_notifier",
  "switchdev_notifier",
  "vt_notifier",
];

/** The functions of one chain. */
function chainServices(register: string, unregister: string): [string, Service][] {
  class Chain extends Registry {}
  return [
    [register, (call) => {
      const [chain, block] = [call.state(Chain), call.args.word()];
      if (chain.has(call, block)) throw new NotModelled("the warning of notifier_chain_register()");
      chain.add(call, block);
      return 0;
    }],
    [unregister, (call) => call.state(Chain).remove(call, call.args.word()) ? 0 : -ENOENT],
  ];
}

export const NOTIFIERS: Services = Object.fromEntries([
  ...CHAINS.flatMap((name) => chainServices(`register_${name}`, `unregister_${name}`)),
  ...chainServices("netlink_register_notifier", "netlink_unregister_notifier"),
]);
