// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/device.h: devices that modules make.
 *
 * Models: device_initialize(), device_add(), device_del(), device_create(), root_device_register() and their like of drivers/base/core.c.
 *
 * @module
 */

import { hex32, s32, u32 } from "../../elf/word.ts";
import { EINVAL, ENODEV } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { offsetOf } from "../layout.ts";
import { putString, stringAt } from "../memory.ts";
import type { Arguments, Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";
import { vsprintf } from "../vsprintf.ts";
import { Classes, notifyInterface } from "./class.ts";
import {
  BUS_NOTIFY,
  busOf,
  DEVICE,
  deviceName,
  field,
  makeNode,
  notify,
  placedField,
  releaseOf,
  uevent,
} from "./device_fields.ts";
import { forgetResources, releaseAll } from "./devres.ts";
import { BUS_TYPE, type Device } from "./driver_core.ts";
import { Owned } from "./owned.ts";
import { get, kobjectInit, put, setFormattedName, setInSysfs, setName } from "../core/struct_kobject.ts";
import { attach, detach } from "./probe.ts";

/** What a device's field `p` points to: struct device_private, which only the driver core looks into. */
const DEVICE_PRIVATE_SIZE = 96;

/** struct kobj_uevent_env. */
const UEVENT_ENV = { envp: 12, keys: 64, envpIndex: 268, buffer: 272, room: 2048, used: 2320 };

/** Devices that modules have added, by struct device, and the directories that they are in. */
export class Devices {
  readonly added = new Owned<{ readonly device: number; readonly directory: string }>();
  /** Those that the kernel has allocated itself, with the release functions that it has for them. */
  readonly allocated = new Map<number, (call: Call) => void>();
}

/** device_initialize(). */
export function initialize(call: Call, device: number): void {
  const { bus } = call;
  kobjectInit(call, device);
  forgetResources(call, device);
  for (const list of ["dma_pools", "devres_head", "suppliers", "consumers", "defer_sync"]) {
    const head = device + offsetOf(call, "device", list);
    bus.write32(head, head);
    bus.write32(head + 4, head);
  }
}

/** Gives a device that has no name the one that it, or its bus, has ready. @returns whether it has one now */
function nameDevice(call: Call, device: number): boolean {
  const { bus } = call;
  const initial = field(call, device, "initName");
  if (initial !== 0) setName(call, device, stringAt(bus, initial));
  bus.write32(device + DEVICE.initName, 0);
  if (deviceName(call, device) !== "") return true;
  const devName = u32(bus.read32((busOf(call, device)?.address ?? 0) + BUS_TYPE.devName));
  if (devName === 0) return false;
  setName(call, device, `${stringAt(bus, devName)}${placedField(call, device, "id")}`);
  return true;
}

/** What a device's bus calls it; only the platform bus looks for drivers by that. */
function modaliasOf(call: Call, device: number, busName: string): string {
  return busName === "platform" ? `platform:${stringAt(call.bus, u32(call.bus.read32(device - 16)))}` : "";
}

/** device_add(). @returns 0 or a negative errno */
export function add(call: Call, device: number): number {
  const { bus: memory, kernel } = call;
  const bus = busOf(call, device);
  if (deviceName(call, device) === "" && field(call, device, "initName") === 0 && bus === undefined) return -EINVAL;
  if (!nameDevice(call, device)) return -EINVAL;
  const name = deviceName(call, device);
  const devices = call.state(Devices);
  const directory = `${hex32(placedField(call, device, "class"))} ${hex32(field(call, device, "parent"))} ${name}`;
  if (devices.added.all(call).some((each) => each.directory === directory)) {
    throw new NotModelled(`device ${name} a second time: "sysfs: cannot create duplicate filename" and a dump`);
  }
  if (bus !== undefined && [...bus.facts, ...bus.devices.all(call)].some((each) => each.name === name)) {
    throw new NotModelled(`a second device ${name} on bus ${bus.name}`);
  }
  get(call, device);
  memory.write32(device + DEVICE.p, kernel.slab.kmalloc(DEVICE_PRIVATE_SIZE));
  devices.added.add(call, { device, directory }, device, placedField(call, device, "class"));
  setInSysfs(call, device, true);
  const record: Device = { name, modalias: modaliasOf(call, device, bus?.name ?? ""), driver: undefined, address: device };
  bus?.devices.add(call, record, device, bus.address);
  makeNode(call, device);
  notify(call, device, BUS_NOTIFY.ADD_DEVICE);
  uevent(call, device);
  if (bus !== undefined) attach(call, bus, record);
  const known = call.state(Classes).find(call, placedField(call, device, "class"));
  known?.devices.add(call, device, device);
  for (const each of known?.interfaces.all(call) ?? []) notifyInterface(call, each, "addDev", device);
  putDevice(call, device);
  return 0;
}

/** device_del(). */
export function del(call: Call, device: number): void {
  const { bus: memory, kernel } = call;
  const { added } = call.state(Devices);
  const found = added.all(call).find((each) => each.device === device);
  if (found === undefined) throw new NotModelled(`device_del() of ${hex32(device)}, which is not there`);
  added.remove(found);
  notify(call, device, BUS_NOTIFY.DEL_DEVICE);
  const known = call.state(Classes).find(call, placedField(call, device, "class"));
  for (const each of known?.interfaces.all(call) ?? []) notifyInterface(call, each, "removeDev", device);
  known?.devices.remove(device);
  const bus = busOf(call, device);
  const record = bus?.devices.all(call).find(({ address }) => address === device);
  if (bus !== undefined && record !== undefined) {
    const driver = field(call, device, "driver");
    if (driver !== 0) detach(call, bus, driver, record);
    bus.devices.remove(record);
  }
  releaseAll(call, device);
  notify(call, device, BUS_NOTIFY.REMOVED_DEVICE);
  uevent(call, device);
  setInSysfs(call, device, false);
  kernel.slab.kfree(field(call, device, "p"));
  memory.write32(device + DEVICE.p, 0);
}

/** put_device(): the last reference frees the device by the function that it has for that. */
export function putDevice(call: Call, device: number): void {
  if (device === 0 || !put(call, device)) return;
  const { allocated } = call.state(Devices);
  const own = allocated.get(device);
  if (own !== undefined) {
    allocated.delete(device);
    return own(call);
  }
  const release = releaseOf(call, device);
  if (release === 0) {
    throw new NotModelled(`device ${deviceName(call, device)} without a release() function: a warning and a dump`);
  }
  call.invoke(release, device);
}

/** device_unregister(). */
export function unregister(call: Call, device: number): void {
  del(call, device);
  putDevice(call, device);
}

/** A device in memory of the kernel's own, which goes with it. */
export function create(
  call: Call,
  fields: { class: number; parent: number; devt: number; data: number; groups: number },
): number {
  const { bus, kernel } = call;
  const device = kernel.slab.kmalloc(offsetOf(call, "device", "size"));
  initialize(call, device);
  const put = (name: string, value: number) => bus.write32(device + offsetOf(call, "device", name), value);
  put("devt", fields.devt);
  put("class", fields.class);
  put("groups", fields.groups);
  put("release", unexported(call, "device_create_release"));
  bus.write32(device + DEVICE.parent, fields.parent);
  bus.write32(device + DEVICE.driverData, fields.data);
  call.state(Devices).allocated.set(device, () => kernel.slab.kfree(device));
  return device;
}

/** device_create() and device_create_with_groups(). @param format takes its arguments from `args` */
function deviceCreate(call: Call, withGroups: boolean): number {
  const { args } = call;
  const [of, parent, devt, data] = [args.word(), args.word(), args.word(), args.word()];
  const groups = withGroups ? args.word() : 0;
  if (of === 0 || isError(of)) return -ENODEV;
  const device = create(call, { class: of, parent, devt, data, groups });
  setFormattedName(call, device, args.word(), args);
  const error = add(call, device);
  return error === 0 ? device : error;
}

/** add_uevent_var(): a text behind those that are there, and its place in the list. */
function addUeventVar(call: Call): number {
  const { args, bus, kernel } = call;
  const [environment, format] = [args.word(), args.word()];
  const text = vsprintf(kernel, bus, stringAt(bus, format), args);
  const [index, used] = [UEVENT_ENV.envpIndex, UEVENT_ENV.used].map((at) => bus.read32(environment + at));
  if (index >= UEVENT_ENV.keys || text.length >= UEVENT_ENV.room - used) {
    throw new NotModelled("add_uevent_var() without room: a warning");
  }
  putString(bus, environment + UEVENT_ENV.buffer + used, text);
  bus.write32(environment + UEVENT_ENV.envp + 4 * index, environment + UEVENT_ENV.buffer + used);
  bus.write32(environment + UEVENT_ENV.envpIndex, index + 1);
  bus.write32(environment + UEVENT_ENV.used, used + text.length + 1);
  return 0;
}

/** IS_ERR(). */
function isError(pointer: number): boolean {
  return s32(pointer) < 0 && s32(pointer) >= -4095;
}

/** device_destroy(): the device of a class with this number. */
function deviceDestroy(call: Call): void {
  const [of, devt] = [call.args.word(), call.args.word()];
  const found = call.state(Devices).added.all(call).find(({ device }) =>
    placedField(call, device, "class") === of && placedField(call, device, "devt") === devt
  );
  if (found !== undefined) unregister(call, found.device);
}

/** dev_set_name(). */
function setDeviceName(call: Call, device: number, format: number, args: Arguments): number {
  setFormattedName(call, device, format, args);
  return 0;
}

function rootDeviceRegister(call: Call): number {
  const device = create(call, { class: 0, parent: 0, devt: 0, data: 0, groups: 0 });
  setName(call, device, stringAt(call.bus, call.args.word()));
  const error = add(call, device);
  return error === 0 ? device : error;
}

export const DEVICES: Services = {
  device_initialize: (call) => initialize(call, call.args.word()),
  device_add: (call) => add(call, call.args.word()),
  device_register: (call) => {
    const device = call.args.word();
    initialize(call, device);
    return add(call, device);
  },
  device_del: (call) => del(call, call.args.word()),
  device_unregister: (call) => unregister(call, call.args.word()),
  get_device: (call) => {
    const device = call.args.word();
    if (device !== 0) get(call, device);
    return device;
  },
  put_device: (call) => putDevice(call, call.args.word()),
  dev_set_name: (call) => setDeviceName(call, call.args.word(), call.args.word(), call.args),
  device_create: (call) => deviceCreate(call, false),
  device_create_with_groups: (call) => deviceCreate(call, true),
  device_destroy: deviceDestroy,
  __root_device_register: rootDeviceRegister,
  root_device_unregister: (call) => unregister(call, call.args.word()),
  add_uevent_var: addUeventVar,
  device_create_file: () => 0,
  device_remove_file: () => {},
  device_create_bin_file: () => 0,
  device_remove_bin_file: () => {},
};
