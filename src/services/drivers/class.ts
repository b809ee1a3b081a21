// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/device/class.h: classes of devices.
 *
 * Models: class_register(), class_create(), class_interface_register() and their undoing of drivers/base/class.c.
 *
 * @module
 */

import { hex32, s32, u32 } from "../../elf/word.ts";
import { EINVAL, ENODEV } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { get } from "../core/struct_kobject.ts";
import { Owned } from "./owned.ts";

/** struct class. */
export const CLASS = {
  size: 48,
  name: 0,
  devUevent: 12,
  devnode: 16,
  classRelease: 20,
  devRelease: 24,
  nsType: 32,
  namespace: 36,
};
/** struct class_interface. */
const CLASS_INTERFACE = { class: 8, addDev: 12, removeDev: 16 };

/** A class that a module has registered. */
export interface ClassRecord {
  readonly address: number;
  readonly name: string;
  /** struct device of each that is there. */
  readonly devices: Owned<number>;
  /** struct class_interface of each. */
  readonly interfaces: Owned<number>;
}

export class Classes {
  readonly #classes = new Owned<ClassRecord>();

  /** The class of a module at this address. */
  find(call: Call, address: number): ClassRecord | undefined {
    return this.#classes.all(call).find((each) => each.address === address);
  }

  add(call: Call, address: number): void {
    const nameAddress = u32(call.bus.read32(address + CLASS.name));
    const name = stringAt(call.bus, nameAddress);
    const { devices } = call.kernel.profile.machine;
    if (devices === undefined) throw new NotModelled("the kernel's own classes, which the profile does not tell");
    if (devices.classes.includes(name) || this.#classes.all(call).some((each) => each.name === name)) {
      throw new NotModelled(`class ${name} a second time: "sysfs: cannot create duplicate filename" and a dump`);
    }
    this.#classes.add(call, { address, name, devices: new Owned(), interfaces: new Owned() }, address, nameAddress);
  }

  /** @returns whether it was there */
  remove(call: Call, address: number): boolean {
    const known = this.find(call, address);
    return known !== undefined && this.#classes.remove(known);
  }
}

/** class_register(). @returns 0 or a negative errno */
function classRegister(call: Call, address: number): number {
  const { bus, kernel } = call;
  const has = (offset: number) => bus.read32(address + offset) !== 0;
  if (has(CLASS.nsType) !== has(CLASS.namespace)) {
    const name = stringAt(bus, u32(bus.read32(address + CLASS.name)));
    kernel.printk(KERN_ERR, `class_register: class '${name}' does not have ${has(CLASS.nsType) ? "namespace" : "ns_type"}`);
    return -EINVAL;
  }
  call.state(Classes).add(call, address);
  return 0;
}

function classUnregister(call: Call, address: number): void {
  if (!call.state(Classes).remove(call, address)) {
    throw new NotModelled(`class_unregister() of ${hex32(address)}, which is no class`);
  }
}

/** class_create(): in memory of its own, with a release function of the kernel's own. */
function classCreate(call: Call): number {
  const { args, bus, kernel, objects } = call;
  const address = kernel.slab.kmalloc(CLASS.size);
  bus.write32(address + CLASS.name, args.word());
  bus.write32(address + CLASS.classRelease, objects.reserve("class_create_release()", 4));
  classRegister(call, address);
  return address;
}

/** IS_ERR_OR_NULL(). */
function isErrorOrNull(pointer: number): boolean {
  return pointer === 0 || (s32(pointer) < 0 && s32(pointer) >= -4095);
}

function interfaceRegister(call: Call): number {
  const { args, bus } = call;
  const address = args.word();
  const of = address === 0 ? 0 : u32(bus.read32(address + CLASS_INTERFACE.class));
  if (of === 0) return -ENODEV;
  const known = call.state(Classes).find(call, of);
  if (known === undefined) throw new NotModelled(`the devices of the class at ${hex32(of)}`);
  known.interfaces.add(call, address, address);
  for (const device of known.devices.all(call)) notifyInterface(call, address, "addDev", device);
  return 0;
}

function interfaceUnregister(call: Call): void {
  const { args, bus } = call;
  const address = args.word();
  const known = call.state(Classes).find(call, u32(bus.read32(address + CLASS_INTERFACE.class)));
  if (known === undefined) return;
  known.interfaces.remove(address);
  for (const device of known.devices.all(call)) notifyInterface(call, address, "removeDev", device);
}

/** Calls an interface's function for a device, where it has one. */
export function notifyInterface(call: Call, address: number, which: "addDev" | "removeDev", device: number): void {
  const callback = u32(call.bus.read32(address + CLASS_INTERFACE[which]));
  if (callback !== 0) call.invoke(callback, device);
}

/** class_for_each_device(): until the function does not return 0. */
function forEachDevice(call: Call): number {
  const { args } = call;
  const [of, start, data, callback] = [args.word(), args.word(), args.word(), args.word()];
  const known = call.state(Classes).find(call, of);
  if (known === undefined || start !== 0) throw new NotModelled(`class_for_each_device() of the class at ${hex32(of)}`);
  for (const device of known.devices.all(call)) {
    const result = call.invoke(callback, device, data);
    if (result !== 0) return result;
  }
  return 0;
}

/** class_find_device(): the first device that the function likes, with a reference. */
function findDevice(call: Call): number {
  const { args } = call;
  const [of, start, data, match] = [args.word(), args.word(), args.word(), args.word()];
  const known = call.state(Classes).find(call, of);
  if (known === undefined || start !== 0) throw new NotModelled(`class_find_device() of the class at ${hex32(of)}`);
  const found = known.devices.all(call).find((device) => call.invoke(match, device, data) !== 0);
  if (found === undefined) return 0;
  get(call, found);
  return found;
}

export const DEVICE_CLASS: Services = {
  class_register: (call) => classRegister(call, call.args.word()),
  class_unregister: (call) => classUnregister(call, call.args.word()),
  class_create: classCreate,
  class_destroy: (call) => {
    const address = call.args.word();
    if (isErrorOrNull(address)) return;
    classUnregister(call, address);
    call.kernel.slab.kfree(address);
  },
  class_create_file_ns: () => 0,
  class_remove_file_ns: () => {},
  class_interface_register: interfaceRegister,
  class_interface_unregister: interfaceUnregister,
  class_for_each_device: forEachDevice,
  class_find_device: findDevice,
};
