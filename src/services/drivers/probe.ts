// SPDX-License-Identifier: GPL-2.0-only
/**
 * How a driver and a device come together and part.
 *
 * Models: driver_match_device(), really_probe(), __device_attach() and __device_release_driver() of drivers/base/dd.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { ENODEV, ENXIO, EPROBE_DEFER } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import type { Call } from "../service.ts";
import { BUS_NOTIFY, DEVICE, notify, uevent } from "./device_fields.ts";
import { type Bus, BUS_TYPE, type Device, DEVICE_DRIVER, driverName } from "./driver_core.ts";
import { releaseAll } from "./devres.ts";
import { probePlatform, removePlatform } from "./platform_probe.ts";

/** PROBE_PREFER_ASYNCHRONOUS of enum probe_type. */
const PREFER_ASYNCHRONOUS = 1;

/** driver_match_device(). @returns positive for a match; a negative errno is none */
export function matchDevice(call: Call, bus: Bus, driver: number, device: Device): number {
  const { bus: memory } = call;
  if (bus.own === undefined) {
    const match = u32(memory.read32(bus.address + BUS_TYPE.match));
    return match === 0 ? 1 : call.invoke(match, device.address, driver);
  }
  if (device.driver !== undefined) return 0;
  const { match } = bus.own;
  if (match === undefined) {
    throw new NotModelled(`whether driver ${driverName(call, driver)} is for ${device.name} on bus ${bus.name}`);
  }
  return match(call, driver, device) ? 1 : 0;
}

/** driver_probe_device() of a device that matches. @returns 0, or a negative errno where the device does not get the driver */
export function probeDevice(call: Call, bus: Bus, driver: number, device: Device): number {
  const { bus: memory, kernel } = call;
  if (device.driver !== undefined) return 0;
  const name = driverName(call, driver);
  if (device.address === 0) throw new NotModelled(`probe of ${device.name} by driver ${name}`);
  if (memory.read32(driver + DEVICE_DRIVER.probeType) === PREFER_ASYNCHRONOUS) {
    throw new NotModelled(`asynchronous probe of ${device.name} by driver ${name}`);
  }
  memory.write32(device.address + DEVICE.driver, driver);
  notify(call, device.address, BUS_NOTIFY.BIND_DRIVER);
  const error = callProbe(call, bus, driver, device);
  if (error === 0) {
    device.driver = name;
    notify(call, device.address, BUS_NOTIFY.BOUND_DRIVER);
    uevent(call, device.address);
    return 0;
  }
  if (error === -EPROBE_DEFER) throw new NotModelled(`probe of ${device.name} that is deferred`);
  if (error !== -ENODEV && error !== -ENXIO) {
    kernel.printk(KERN_ERR, `${name} ${device.name}: probe with driver ${name} failed with error ${error}`);
  }
  notify(call, device.address, BUS_NOTIFY.DRIVER_NOT_BOUND);
  unbind(call, device);
  return error;
}

/** call_driver_probe(): by the bus's function, or the driver's own. */
function callProbe(call: Call, bus: Bus, driver: number, device: Device): number {
  const { bus: memory } = call;
  if (bus.own === undefined) {
    const dmaConfigure = u32(memory.read32(bus.address + BUS_TYPE.dmaConfigure));
    const error = dmaConfigure === 0 ? 0 : call.invoke(dmaConfigure, device.address);
    if (error !== 0) return error;
    const probe = u32(memory.read32(bus.address + BUS_TYPE.probe)) || u32(memory.read32(driver + DEVICE_DRIVER.probe));
    return probe === 0 ? 0 : call.invoke(probe, device.address);
  }
  if (bus.name === "platform") return probePlatform(call, driver, device);
  throw new NotModelled(`probe of ${device.name} on bus ${bus.name}`);
}

/** device_unbind_cleanup(). */
function unbind(call: Call, device: Device): void {
  const { bus: memory } = call;
  releaseAll(call, device.address);
  device.driver = undefined;
  memory.write32(device.address + DEVICE.driver, 0);
  memory.write32(device.address + DEVICE.driverData, 0);
}

/** device_initial_probe(): looks for a driver for a device that has just come. */
export function attach(call: Call, bus: Bus, device: Device): void {
  const builtin = bus.builtin.find((name) => bus.own?.match === undefined || device.modalias.endsWith(`:${name}`));
  if (builtin !== undefined) throw new NotModelled(`whether ${device.name} is for driver ${builtin}, which is built in`);
  for (const { address: driver } of bus.drivers.all(call)) {
    const match = matchDevice(call, bus, driver, device);
    if (match < 0) return;
    if (match > 0 && probeDevice(call, bus, driver, device) === 0) return;
  }
}

/** device_release_driver(). */
export function detach(call: Call, bus: Bus, driver: number, device: Device): void {
  const { bus: memory } = call;
  notify(call, device.address, BUS_NOTIFY.UNBIND_DRIVER);
  if (bus.own === undefined) {
    const remove = u32(memory.read32(bus.address + BUS_TYPE.remove)) || u32(memory.read32(driver + DEVICE_DRIVER.remove));
    if (remove !== 0) call.invoke(remove, device.address);
  } else if (bus.name === "platform") removePlatform(call, driver, device);
  unbind(call, device);
  notify(call, device.address, BUS_NOTIFY.UNBOUND_DRIVER);
  uevent(call, device.address);
}
