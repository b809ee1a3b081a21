// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/netlink.h.
 *
 * Models: __netlink_kernel_create() and netlink_kernel_release() of net/netlink/af_netlink.c, for init_net.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import { offsetOf } from "../layout.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";
import { initNet } from "./net_namespace.ts";

/** The kernel's sockets, by their addresses; their keys are their protocols. */
class KernelSockets extends Registry {}
const KERNEL_SOCKETS: Kind = { type: KernelSockets, builtin: "netlink_units", taken: 1 };
/** Protocols that netlink has room for. */
const MAX_LINKS = 32;
const MAX_SCHEDULE_TIMEOUT = 0x7fffffff;
const GFP_KERNEL = 0xcc0;

/** What is known of a socket that is new: its timeouts, and how memory is allocated for it. */
function prepared({ kernel, objects }: Call, socket: number): number {
  const fields = {
    sk_sndtimeo: MAX_SCHEDULE_TIMEOUT,
    sk_rcvtimeo: MAX_SCHEDULE_TIMEOUT,
    sk_allocation: GFP_KERNEL,
    sk_user_data: 0,
  };
  for (const [field, value] of Object.entries(fields)) objects.know32(socket + offsetOf({ kernel }, "sock", field), value);
  return socket;
}

function createSocket(call: Call): number {
  const [net, unit] = [call.args.word(), call.args.word()];
  if (net !== initNet(call)) throw new NotModelled("__netlink_kernel_create() for another namespace than init_net");
  if (unit >= MAX_LINKS) return 0;
  const name = `struct sock of netlink protocol ${unit}`;
  const socket = unexported(call, name, offsetOf(call, "sock", "size"));
  return registerUnique(call, KERNEL_SOCKETS, socket, String(unit)) === 0 ? prepared(call, socket) : 0;
}

export const NETLINK: Services = {
  __netlink_kernel_create: createSocket,
  netlink_kernel_release: (call) => void call.state(KernelSockets).remove(call, call.args.word()),
};
