// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/platform_device.h for drivers.
 *
 * Models: __platform_driver_register(), __platform_register_drivers() and __platform_driver_probe() of drivers/base/platform.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL, ENODEV } from "../../kernel/errno.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import type { Call, Services } from "../service.ts";
import { sprintSymbol } from "../symbol_name.ts";
import { unexported } from "../unexported.ts";
import { Buses, DEVICE_DRIVER, driverName, driverUnregister, hasDevice, registerOn } from "./driver_core.ts";

/** struct platform_driver. */
const PLATFORM_DRIVER = { probe: 0, driver: 20, preventDeferredProbe: 100 };
/** enum probe_type. */
const [PROBE_PREFER_ASYNCHRONOUS, PROBE_FORCE_SYNCHRONOUS] = [1, 2];

function register(call: Call, platformDriver: number, owner: number): number {
  const driver = platformDriver + PLATFORM_DRIVER.driver;
  call.bus.write32(driver + DEVICE_DRIVER.owner, owner);
  return registerOn(call, "platform", driver);
}

function unregister(call: Call, platformDriver: number): void {
  driverUnregister(call, platformDriver + PLATFORM_DRIVER.driver);
}

/** __platform_driver_probe(): a driver that gets no device at once is taken out again. */
export function driverProbe(call: Call, platformDriver: number, probe: number, owner: number): number {
  const { bus, kernel } = call;
  const driver = platformDriver + PLATFORM_DRIVER.driver;
  if (bus.read32(driver + DEVICE_DRIVER.probeType) === PROBE_PREFER_ASYNCHRONOUS) {
    const name = driverName(call, driver);
    kernel.printk(KERN_ERR, `${name}: drivers registered with __platform_driver_probe can not be probed asynchronously`);
    return -EINVAL;
  }
  bus.write32(driver + DEVICE_DRIVER.probeType, PROBE_FORCE_SYNCHRONOUS);
  bus.write8(platformDriver + PLATFORM_DRIVER.preventDeferredProbe, 1);
  bus.write8(driver + DEVICE_DRIVER.suppressBindAttrs, 1);
  bus.write32(platformDriver + PLATFORM_DRIVER.probe, probe);
  const error = register(call, platformDriver, owner);
  if (error !== 0) return error;
  bus.write32(platformDriver + PLATFORM_DRIVER.probe, unexported(call, "platform_probe_fail"));
  if (hasDevice(call, call.state(Buses).own(call, "platform"), driver)) return 0;
  unregister(call, platformDriver);
  return -ENODEV;
}

/** The struct platform_driver of an array of pointers, in its order. */
function* driversIn({ bus }: Call, array: number, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield u32(bus.read32(array + 4 * i));
}

function registerDrivers(call: Call): number {
  const [array, count, owner] = [call.args.word(), call.args.word(), call.args.word()];
  const done: number[] = [];
  for (const platformDriver of driversIn(call, array, count)) {
    const error = register(call, platformDriver, owner);
    if (error < 0) {
      const symbol = sprintSymbol(call.kernel, platformDriver, "no offset");
      call.kernel.printk(KERN_ERR, `failed to register platform driver ${symbol}: ${error}`);
      for (const each of done.reverse()) unregister(call, each);
      return error;
    }
    done.push(platformDriver);
  }
  return 0;
}

export const PLATFORM_DEVICE: Services = {
  __platform_driver_register: (call) => register(call, call.args.word(), call.args.word()),
  platform_driver_unregister: (call) => unregister(call, call.args.word()),
  __platform_driver_probe: (call) => driverProbe(call, call.args.word(), call.args.word(), call.args.word()),
  __platform_register_drivers: registerDrivers,
  platform_unregister_drivers: (call) => {
    const [array, count] = [call.args.word(), call.args.word()];
    for (const each of [...driversIn(call, array, count)].reverse()) unregister(call, each);
  },
};
