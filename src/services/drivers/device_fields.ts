// SPDX-License-Identifier: GPL-2.0-only
/**
 * struct device as the driver core reads and writes it, and the callbacks that it makes with one.
 *
 * Models: the events of drivers/base/core.c: dev_uevent(), device_get_devnode(), bus_notify(). What a callback adds to an event goes to
 * programs that listen, and nowhere else.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { stringAt } from "../memory.ts";
import type { Call } from "../service.ts";
import { CLASS, Classes } from "./class.ts";
import { type Bus, BUS_TYPE, Buses } from "./driver_core.ts";
import { KOBJECT } from "../core/struct_kobject.ts";
import { offsetOf } from "../layout.ts";

/** struct device, up to where the configuration begins to decide; its kobject is at 0. */
export const DEVICE = { parent: 36, p: 40, initName: 44, type: 48, bus: 52, driver: 56, platformData: 60, driverData: 64 };
/** struct device_type. */
const DEVICE_TYPE = { name: 0, uevent: 8, devnode: 12, release: 16 };
/** struct kobj_uevent_env. */
const UEVENT_ENV_SIZE = 2324;
/** struct notifier_block. */
const NOTIFIER_BLOCK = { call: 0, priority: 8 };

/** enum bus_notifier_event. */
export const BUS_NOTIFY = {
  ADD_DEVICE: 0,
  DEL_DEVICE: 1,
  REMOVED_DEVICE: 2,
  BIND_DRIVER: 3,
  BOUND_DRIVER: 4,
  UNBIND_DRIVER: 5,
  UNBOUND_DRIVER: 6,
  DRIVER_NOT_BOUND: 7,
};
/** NOTIFY_STOP_MASK. */
const STOP = 0x8000;

/** A pointer in a struct device that is at the same place in each kernel. */
export function field({ bus }: Pick<Call, "bus">, device: number, name: keyof typeof DEVICE): number {
  return u32(bus.read32(device + DEVICE[name]));
}

/** As {@link field}, for what the configuration has a say in. */
export function placedField(call: Call, device: number, name: string): number {
  return u32(call.bus.read32(device + offsetOf(call, "device", name)));
}

/** dev_name(). */
export function deviceName({ bus }: Pick<Call, "bus">, device: number): string {
  const name = u32(bus.read32(device + KOBJECT.name));
  return name === 0 ? "" : stringAt(bus, name);
}

/** bus_notify(): the notifier with the highest priority first, of several the one that came first. */
export function notify(call: Call, device: number, event: number): void {
  const blocks = busOf(call, device)?.notifiers.all(call) ?? [];
  const priority = (at: number) => call.bus.read32(at + NOTIFIER_BLOCK.priority);
  for (const block of blocks.toSorted((a, b) => priority(b) - priority(a))) {
    const result = call.invoke(u32(call.bus.read32(block + NOTIFIER_BLOCK.call)), block, event, device);
    if ((result & STOP) !== 0) return;
  }
}

/** The bus that a device is on. */
export function busOf(call: Call, device: number): Bus | undefined {
  const address = field(call, device, "bus");
  return address === 0 ? undefined : call.state(Buses).at(call, address);
}

/** The functions of a module that a device's type, class or bus has at these places. */
function callbacks(call: Call, device: number, places: { type?: number; class?: number; bus?: number }): number[] {
  const { bus: memory } = call;
  const type = field(call, device, "type");
  const classAddress = placedField(call, device, "class");
  const bus = busOf(call, device);
  const owners: readonly (readonly [number, number | undefined])[] = [
    [bus !== undefined && bus.own === undefined ? bus.address : 0, places.bus],
    [call.state(Classes).find(call, classAddress) === undefined ? 0 : classAddress, places.class],
    [call.kernel.space.isKernel(type) ? 0 : type, places.type],
  ];
  return owners.flatMap(([owner, place]) => owner === 0 || place === undefined ? [] : [u32(memory.read32(owner + place))])
    .filter((callback) => callback !== 0);
}

/** device_get_devnode(), whose answer nobody here looks at. */
function askDevnode(call: Call, device: number): void {
  const [byType] = callbacks(call, device, { type: DEVICE_TYPE.devnode });
  const [byClass] = callbacks(call, device, { class: CLASS.devnode });
  const callback = byType ?? byClass;
  if (callback === undefined) return;
  const scratch = call.kernel.slab.kmalloc(12);
  call.kernel.slab.kfree(u32(call.invoke(callback, device, scratch, scratch + 4, scratch + 8)));
  call.kernel.slab.kfree(scratch);
}

/** kobject_uevent() of a device: those that have something to add to the event are asked. */
export function uevent(call: Call, device: number): void {
  if (field(call, device, "bus") === 0 && placedField(call, device, "class") === 0) return;
  if (hasNode(call, device)) askDevnode(call, device);
  const asked = callbacks(call, device, { bus: BUS_TYPE.uevent, class: CLASS.devUevent, type: DEVICE_TYPE.uevent });
  if (asked.length === 0) return;
  const environment = call.kernel.slab.kmalloc(UEVENT_ENV_SIZE);
  for (const callback of asked) call.invoke(callback, device, environment);
  call.kernel.slab.kfree(environment);
}

/** Whether the device has a number, and with it a node in /dev. */
function hasNode(call: Call, device: number): boolean {
  return placedField(call, device, "devt") >>> 20 !== 0;
}

/** devtmpfs_create_node(). */
export function makeNode(call: Call, device: number): void {
  if (hasNode(call, device)) askDevnode(call, device);
}

/** device_release(): the function that frees a device, of the device itself, its type or its class. */
export function releaseOf(call: Call, device: number): number {
  const own = placedField(call, device, "release");
  if (own !== 0) return own;
  const [byType] = callbacks(call, device, { type: DEVICE_TYPE.release });
  const [byClass] = callbacks(call, device, { class: CLASS.devRelease });
  return byType ?? byClass ?? 0;
}
