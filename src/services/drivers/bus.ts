// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/device/bus.h: buses that modules bring, and what is on a bus.
 *
 * Models: bus_register(), bus_register_notifier(), bus_for_each_dev(), bus_for_each_drv(), bus_find_device() of drivers/base/bus.c.
 *
 * @module
 */

import { EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Services } from "../service.ts";
import { type Bus, Buses, type Device } from "./driver_core.ts";
import { get } from "../core/struct_kobject.ts";

/** The devices behind one, or all: those that a module has put there. */
function devicesFrom(call: Call, bus: Bus, start: number): readonly Device[] {
  if (bus.facts.length > 0) throw new NotModelled(`the devices of bus ${bus.name}`);
  const devices = bus.devices.all(call);
  return devices.slice(devices.findIndex(({ address }) => address === start) + 1);
}

function forEachDevice(call: Call): number {
  const { args } = call;
  const [address, start, data, callback] = [args.word(), args.word(), args.word(), args.word()];
  return callForEach(call, call.state(Buses).find(call, address), start, data, callback);
}

function callForEach(call: Call, bus: Bus | undefined, start: number, data: number, callback: number): number {
  if (bus === undefined) return -EINVAL;
  for (const device of devicesFrom(call, bus, start)) {
    const result = call.invoke(callback, device.address, data);
    if (result !== 0) return result;
  }
  return 0;
}

/** bus_find_device(): the first device that the function likes, with a reference. */
function findDevice(call: Call): number {
  const { args } = call;
  const [address, start, data, match] = [args.word(), args.word(), args.word(), args.word()];
  const bus = call.state(Buses).find(call, address);
  if (bus === undefined) return 0;
  const found = devicesFrom(call, bus, start).find((device) => call.invoke(match, device.address, data) !== 0);
  if (found === undefined) return 0;
  get(call, found.address);
  return found.address;
}

function forEachDriver(call: Call): number {
  const { args } = call;
  const [address, start, data, callback] = [args.word(), args.word(), args.word(), args.word()];
  const bus = call.state(Buses).find(call, address);
  if (bus === undefined) return -EINVAL;
  const drivers = bus.drivers.all(call).map((driver) => driver.address);
  if (bus.builtin.length > 0) throw new NotModelled(`the drivers of bus ${bus.name}`);
  for (const driver of drivers.slice(drivers.indexOf(start) + 1)) {
    const result = call.invoke(callback, driver, data);
    if (result !== 0) return result;
  }
  return 0;
}

function registerNotifier(call: Call): number {
  const [address, block] = [call.args.word(), call.args.word()];
  const bus = call.state(Buses).find(call, address);
  if (bus === undefined) return -EINVAL;
  if (bus.notifiers.all(call).includes(block)) {
    throw new NotModelled("a notifier that is registered twice: a warning and a dump");
  }
  bus.notifiers.add(call, block, block);
  return 0;
}

function unregisterNotifier(call: Call): number {
  const [address, block] = [call.args.word(), call.args.word()];
  const bus = call.state(Buses).find(call, address);
  if (bus?.notifiers.remove(block) !== true) throw new NotModelled("bus_unregister_notifier() of one that is not there");
  return 0;
}

export const BUS: Services = {
  bus_register: (call) => {
    call.state(Buses).add(call, call.args.word());
    return 0;
  },
  bus_unregister: (call) => {
    const buses = call.state(Buses);
    buses.remove(buses.at(call, call.args.word()));
  },
  bus_register_notifier: registerNotifier,
  bus_unregister_notifier: unregisterNotifier,
  bus_for_each_dev: forEachDevice,
  i2c_for_each_dev: (call) => callForEach(call, call.state(Buses).own(call, "i2c"), 0, call.args.word(), call.args.word()),
  bus_find_device: findDevice,
  bus_for_each_drv: forEachDriver,
  bus_create_file: () => 0,
  bus_remove_file: () => {},
};
