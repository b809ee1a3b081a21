// SPDX-License-Identifier: GPL-2.0-only
/**
 * Addresses of the kernel's functions and objects that it does not export, where a service writes one into a module's memory. They are the
 * model's own; code that goes there stops by their names.
 *
 * @module
 */

import type { Call } from "./service.ts";

class Unexported {
  readonly addresses = new Map<string, number>();
}

/**
 * The address of something in the kernel that has no address in a profile: the same for the same name.
 *
 * @param name as in the kernel's source: `shash_default_finup`
 * @param size bytes; nothing in them is known
 */
export function unexported(call: Call, name: string, size = 4): number {
  const { addresses } = call.state(Unexported);
  const address = addresses.get(name) ?? call.objects.reserve(name, size);
  addresses.set(name, address);
  return address;
}

/** The address of a function of the kernel: of its export, or as {@link unexported}. */
export function kernelFunction(call: Call, name: string): number {
  return call.kernel.profile.exports.find(name)?.value ?? unexported(call, name);
}
