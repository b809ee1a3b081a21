// SPDX-License-Identifier: GPL-2.0-only
/**
 * How the platform bus calls its drivers.
 *
 * Models: platform_probe() and platform_remove() of drivers/base/platform.c, for devices of modules, which have no clocks, no power domain
 * and no node in the device tree.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import type { Call } from "../service.ts";
import type { Device } from "./driver_core.ts";

/** struct device in struct platform_device; struct device_driver in struct platform_driver, and two of its functions before that. */
export const IN_PLATFORM_DEVICE = 16;
export const IN_PLATFORM_DRIVER = 20;
const [PROBE, REMOVE] = [0, 4];

function invokeDriver(call: Call, driver: number, place: number, { address }: Device): number {
  const callback = u32(call.bus.read32(driver - IN_PLATFORM_DRIVER + place));
  return callback === 0 ? 0 : call.invoke(callback, address - IN_PLATFORM_DEVICE);
}

/** platform_probe(). @returns 0 or a negative errno */
export function probePlatform(call: Call, driver: number, device: Device): number {
  return invokeDriver(call, driver, PROBE, device);
}

/** platform_remove(). */
export function removePlatform(call: Call, driver: number, device: Device): void {
  invokeDriver(call, driver, REMOVE, device);
}
