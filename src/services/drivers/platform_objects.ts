// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/platform_device.h for devices.
 *
 * Models: platform_device_alloc(), platform_device_add(), platform_device_register_full(), __platform_create_bundle() and their undoing
 * of drivers/base/platform.c. Devices with memory or ports are not modelled: those would have to be free in the machine.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { offsetOf } from "../layout.ts";
import { bytesAt, putBytes, putString, stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { kernelFunction, unexported } from "../unexported.ts";
import { add, del, Devices, initialize, putDevice } from "./device.ts";
import { DEVICE } from "./device_fields.ts";
import { Buses } from "./driver_core.ts";
import { setName } from "../core/struct_kobject.ts";
import { Owned } from "./owned.ts";
import { driverProbe } from "./platform_device.ts";
import { IN_PLATFORM_DEVICE } from "./platform_probe.ts";

/** struct platform_device, up to where the configuration begins to decide. */
const PLATFORM_DEVICE = { name: 0, id: 4, idAuto: 8 };
/** struct platform_device_info. */
const INFO = {
  parent: 0,
  fwnode: 4,
  ofNodeReused: 8,
  name: 12,
  id: 16,
  res: 20,
  numRes: 24,
  data: 28,
  sizeData: 32,
  dmaMask: 40,
  properties: 48,
};
/** struct resource, of a kernel whose addresses have 32 bits, and the types that are looked for in the machine. */
const RESOURCE = { size: 32, name: 8, flags: 12 };
const IORESOURCE_IO_OR_MEM = 0x300;
const [DEVID_NONE, DEVID_AUTO] = [-1, -2];

/** Identifiers that were given to devices, and what is to be freed with one. */
class PlatformDevices {
  readonly identifiers = new Owned<number>();
}

function place(call: Call, device: number, name: string): number {
  return device + offsetOf(call, "platform_device", name);
}

/** A field of the struct device in it. */
function inDevice(call: Call, device: number, name: string): number {
  return device + IN_PLATFORM_DEVICE + offsetOf(call, "device", name);
}

/** setup_pdev_dma_masks(). */
function setDmaMasks(call: Call, device: number): void {
  const { bus } = call;
  bus.write32(inDevice(call, device, "dma_parms"), place(call, device, "dma_parms"));
  const coherent = inDevice(call, device, "coherent_dma_mask");
  if (bus.read32(coherent) === 0 && bus.read32(coherent + 4) === 0) bus.write32(coherent, 0xffffffff);
  const mask = inDevice(call, device, "dma_mask");
  if (bus.read32(mask) !== 0) return;
  bus.write32(place(call, device, "platform_dma_mask"), 0xffffffff);
  bus.write32(mask, place(call, device, "platform_dma_mask"));
}

/** platform_device_release(). */
function release(call: Call, device: number): void {
  const { bus, kernel } = call;
  kernel.slab.kfree(u32(bus.read32(device + IN_PLATFORM_DEVICE + DEVICE.platformData)));
  kernel.slab.kfree(u32(bus.read32(place(call, device, "resource"))));
  kernel.slab.kfree(device);
}

/** platform_device_alloc(): the name lies behind the structure. */
function allocate(call: Call, name: string, id: number): number {
  const { bus, kernel } = call;
  const size = offsetOf(call, "platform_device", "size");
  const device = kernel.slab.kmalloc(size + name.length + 1);
  putString(bus, device + size, name);
  bus.write32(device + PLATFORM_DEVICE.name, device + size);
  bus.write32(device + PLATFORM_DEVICE.id, id);
  initialize(call, device + IN_PLATFORM_DEVICE);
  bus.write32(inDevice(call, device, "release"), unexported(call, "platform_device_release"));
  call.state(Devices).allocated.set(device + IN_PLATFORM_DEVICE, (later) => release(later, device));
  setDmaMasks(call, device);
  return device;
}

function copyOf(call: Call, from: number, size: number): number {
  if (from === 0) return 0;
  const copy = call.kernel.slab.kmalloc(size);
  putBytes(call.bus, copy, bytesAt(call.bus, from, size));
  return copy;
}

/** platform_device_add_resources(). */
function addResources(call: Call, device: number, resources: number, count: number): number {
  const { bus, kernel } = call;
  kernel.slab.kfree(u32(bus.read32(place(call, device, "resource"))));
  bus.write32(place(call, device, "resource"), copyOf(call, resources, count * RESOURCE.size));
  bus.write32(place(call, device, "num_resources"), count);
  return 0;
}

/** platform_device_add_data(). */
function addData(call: Call, device: number, data: number, size: number): number {
  const at = device + IN_PLATFORM_DEVICE + DEVICE.platformData;
  call.kernel.slab.kfree(u32(call.bus.read32(at)));
  call.bus.write32(at, copyOf(call, data, size));
  return 0;
}

/** The name of a device, with the identifier that it has or gets. */
function nameOf(call: Call, device: number): string {
  const { bus } = call;
  const name = stringAt(bus, u32(bus.read32(device + PLATFORM_DEVICE.name)));
  const id = bus.read32(device + PLATFORM_DEVICE.id);
  if (id === DEVID_NONE) return name;
  if (id !== DEVID_AUTO) return `${name}.${id}`;
  const { identifiers } = call.state(PlatformDevices);
  const machine = call.state(Buses).own(call, "platform").facts.flatMap((each) => /\.(\d+)\.auto$/.exec(each.name)?.[1] ?? []);
  const taken = new Set([...identifiers.all(call), ...machine.map(Number)]);
  let free = 0;
  while (taken.has(free)) free++;
  identifiers.add(call, free, device);
  bus.write32(device + PLATFORM_DEVICE.id, free);
  bus.write8(device + PLATFORM_DEVICE.idAuto, 1);
  return `${name}.${free}.auto`;
}

/** platform_device_add(). @returns 0 or a negative errno */
function addDevice(call: Call, device: number): number {
  const { bus } = call;
  const inner = device + IN_PLATFORM_DEVICE;
  if (bus.read32(inner + DEVICE.parent) === 0) bus.write32(inner + DEVICE.parent, kernelFunction(call, "platform_bus"));
  bus.write32(inner + DEVICE.bus, call.state(Buses).own(call, "platform").address);
  setName(call, inner, nameOf(call, device));
  const resources = u32(bus.read32(place(call, device, "resource")));
  for (let i = 0; i < bus.read32(place(call, device, "num_resources")); i++) {
    const resource = resources + i * RESOURCE.size;
    if ((bus.read32(resource + RESOURCE.flags) & IORESOURCE_IO_OR_MEM) !== 0) throw new NotModelled("insert_resource()");
    if (bus.read32(resource + RESOURCE.name) === 0) bus.write32(resource + RESOURCE.name, bus.read32(inner));
  }
  return add(call, inner);
}

function delDevice(call: Call, device: number): void {
  const { bus } = call;
  if (isErrorOrNull(device)) return;
  del(call, device + IN_PLATFORM_DEVICE);
  if (bus.read8(device + PLATFORM_DEVICE.idAuto) === 0) return;
  call.state(PlatformDevices).identifiers.remove(bus.read32(device + PLATFORM_DEVICE.id));
  bus.write32(device + PLATFORM_DEVICE.id, DEVID_AUTO);
}

function isErrorOrNull(pointer: number): boolean {
  return pointer === 0 || pointer >= 0xfffff001;
}

function putPlatformDevice(call: Call, device: number): void {
  if (!isErrorOrNull(device)) putDevice(call, device + IN_PLATFORM_DEVICE);
}

/** platform_device_register_full(). @returns the device, or a negative errno */
function registerFull(call: Call, info: number): number {
  const { bus } = call;
  const field = (name: keyof typeof INFO) => u32(bus.read32(info + INFO[name]));
  if (field("properties") !== 0 || field("fwnode") !== 0) {
    throw new NotModelled("platform_device_register_full() with a firmware node");
  }
  const device = allocate(call, stringAt(bus, field("name")), field("id"));
  bus.write32(device + IN_PLATFORM_DEVICE + DEVICE.parent, field("parent"));
  const [low, high] = [field("dmaMask"), u32(bus.read32(info + INFO.dmaMask + 4))];
  if (low !== 0 || high !== 0) {
    for (const at of [place(call, device, "platform_dma_mask"), inDevice(call, device, "coherent_dma_mask")]) {
      bus.write32(at, low);
      bus.write32(at + 4, high);
    }
  }
  addResources(call, device, field("res"), field("numRes"));
  addData(call, device, field("data"), field("sizeData"));
  const error = addDevice(call, device);
  return error === 0 ? device : error;
}

/** __platform_create_bundle(). @returns the device, or a negative errno */
function createBundle(call: Call): number {
  const { args, bus } = call;
  const [driver, probe, resources, count] = [args.word(), args.word(), args.word(), args.word()];
  const [data, size, owner] = [args.word(), args.word(), args.word()];
  const device = allocate(call, stringAt(bus, u32(bus.read32(driver + 20))), DEVID_NONE);
  addResources(call, device, resources, count);
  addData(call, device, data, size);
  addDevice(call, device);
  const error = driverProbe(call, driver, probe, owner);
  if (error === 0) return device;
  delDevice(call, device);
  putPlatformDevice(call, device);
  return error;
}

export const PLATFORM_DEVICES: Services = {
  platform_device_alloc: (call) => allocate(call, stringAt(call.bus, call.args.word()), call.args.word()),
  platform_device_add_resources: (call) => addResources(call, call.args.word(), call.args.word(), call.args.word()),
  platform_device_add_data: (call) => addData(call, call.args.word(), call.args.word(), call.args.word()),
  platform_device_add: (call) => addDevice(call, call.args.word()),
  platform_device_del: (call) => delDevice(call, call.args.word()),
  platform_device_put: (call) => putPlatformDevice(call, call.args.word()),
  platform_device_register: (call) => {
    const device = call.args.word();
    initialize(call, device + IN_PLATFORM_DEVICE);
    setDmaMasks(call, device);
    return addDevice(call, device);
  },
  platform_device_unregister: (call) => {
    const device = call.args.word();
    delDevice(call, device);
    putPlatformDevice(call, device);
  },
  platform_device_register_full: (call) => registerFull(call, call.args.word()),
  __platform_create_bundle: createBundle,
};
