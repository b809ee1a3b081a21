// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/firmware.h where the machine has no file of firmware.
 *
 * Models: request_firmware_nowait() and _request_firmware() of drivers/base/firmware_loader/main.c as far as a file that is not there.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { EINVAL, ENOENT } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import { KERN_INFO, KERN_WARNING } from "../kernel/log.ts";
import { queueOwnWork } from "./core/workqueue.ts";
import { Buses, driverName } from "./drivers/driver_core.ts";
import { stringAt } from "./memory.ts";
import { builtin } from "./registry.ts";
import type { Call, Services } from "./service.ts";

/** struct device: its kobject's name, its bus and its driver. */
const DEVICE = { name: 0, bus: 52, driver: 56 };

/** How lines about a device begin: its driver or else its bus, and its name. */
function prefixOf(call: Call, device: number): string {
  const { bus } = call;
  const [name, busType, driver] = [DEVICE.name, DEVICE.bus, DEVICE.driver].map((offset) => u32(bus.read32(device + offset)));
  if (busType === 0 || name === 0) throw new NotModelled("firmware for a device without a bus or a name");
  const holder = driver === 0 ? call.state(Buses).at(call, busType).name : driverName(call, driver);
  return `${holder} ${stringAt(bus, name)}: `;
}

/** The lines of a file that is in none of the places, plain or packed. */
function sayMissing(call: Call, device: number, name: string): void {
  const prefix = prefixOf(call, device);
  for (const _ of builtin(call, "firmware_suffixes")) {
    call.kernel.printk(KERN_INFO, `${prefix}firmware: failed to load ${name} (${-ENOENT})`);
  }
  call.kernel.printk(KERN_WARNING, `${prefix}Direct firmware load for ${name} failed with error ${-ENOENT}`);
}

export const FIRMWARE: Services = {
  request_firmware_nowait: (call) => {
    const { args } = call;
    const [, , namePointer, device, , context, callback] = Array.from({ length: 7 }, () => args.word());
    const name = stringAt(call.bus, namePointer);
    if (name === "") return -EINVAL;
    queueOwnWork(call, "struct firmware_work", (later) => {
      sayMissing(later, device, name);
      later.invoke(callback, 0, context);
    });
    return 0;
  },
  release_firmware: ({ args }) => {
    if (args.word() !== 0) throw new NotModelled("release_firmware() of what nobody has loaded");
  },
};
