// SPDX-License-Identifier: GPL-2.0-only
/**
 * Exported symbols by their addresses.
 *
 * @module
 */

import type { Kernel } from "../kernel/kernel.ts";

/** Farther from its start than this, an address is hardly of the object that is exported there. */
const NEAR = 1024;

/** The name of the function that the kernel exports at an address; of several, the first by name. */
export function kernelExportAt({ profile: { exports } }: Kernel, address: number): string | undefined {
  return exports.namesAt(address)[0];
}

/** `NAME+0x18` of the exported symbol that begins at an address or shortly before it. */
export function kernelExportNear({ profile: { exports } }: Kernel, address: number): string | undefined {
  let best = "";
  let offset = NEAR;
  for (const name of exports.names()) {
    const distance = address - (exports.find(name)?.value ?? 0);
    if (distance >= 0 && distance < offset) [best, offset] = [name, distance];
  }
  return best === "" ? undefined : offset === 0 ? best : `${best}+0x${offset.toString(16)}`;
}
