// SPDX-License-Identifier: GPL-2.0-only
/**
 * The chain of notifiers of network devices.
 *
 * Models: call_netdevice_notifier() of net/core/dev.c.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { withWordsOnStack } from "../on_stack.ts";
import { Registry } from "../registry.ts";
import type { Call } from "../service.ts";

export class NetdeviceNotifiers extends Registry {}

/** Events, as enum netdev_cmd numbers them. */
export const NETDEV = { REGISTER: 5, UNREGISTER: 6, POST_INIT: 17 };
const NOTIFY_STOP_MASK = 0x8000;
/** struct notifier_block's priority. */
const PRIORITY = 8;

/** Tells one notifier, with struct netdev_notifier_info on the stack. @returns minus an errno, or 0 */
export function notify(call: Call, notifier: number, event: number, device: number): number {
  const result = withWordsOnStack(
    call,
    [device, 0],
    (info) => call.invoke(u32(call.bus.read32(notifier)), notifier, event, info),
  );
  // notifier_to_errno().
  const value = result & ~NOTIFY_STOP_MASK;
  return value > 1 ? 1 - value : 0;
}

/** The modules' notifiers, the most urgent first. */
function chain(call: Call): number[] {
  const priority = (address: number) => s32(call.bus.read32(address + PRIORITY));
  const notifiers = call.state(NetdeviceNotifiers).entries(call).map(({ address }) => address);
  return notifiers.sort((a, b) => priority(b) - priority(a));
}

/** Tells all until one refuses. @returns its errno, negative, or 0 */
export function notifyAll(call: Call, event: number, device: number): number {
  for (const notifier of chain(call)) {
    const error = notify(call, notifier, event, device);
    if (error !== 0) return error;
  }
  return 0;
}

/** Tells all that a device goes, whatever they say. */
export function withdrawAll(call: Call, device: number): void {
  for (const notifier of chain(call)) notify(call, notifier, NETDEV.UNREGISTER, device);
}
