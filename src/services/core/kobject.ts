// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/kobject.h and linux/sysfs.h, for kobjects that a module makes itself.
 *
 * Models: lib/kobject.c; fs/sysfs/ as far as names go. Nobody listens to uevents.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { VaList } from "../service.ts";
import { initList } from "./list.ts";
import { get, KOBJECT, kobjectInit, put, setFormattedName, setInSysfs, setName, STATE_IN_SYSFS } from "./struct_kobject.ts";
import { words } from "./words.ts";

/** Offsets in struct kset, and its size. */
const KSET = { list: 0, lock: 8, kobj: 12, size: 52 };
/** Offset of release in struct kobj_type. */
const KTYPE_RELEASE = 0;
/** Room for a struct kernfs_node of any configuration, bytes. */
const KERNFS_NODE_SIZE = 256;

class Sysfs {
  /** Kobjects that are there, as parent's address and name. */
  readonly names = new Set<string>();
  /** Kobjects that kobject_create() allocated, and ksets of kset_create_and_add(): memory that goes with them. */
  readonly allocated = new Map<number, number>();
}

function field({ bus }: Call, kobject: number, offset: number): number {
  return u32(bus.read32(kobject + offset));
}

function keyOf(call: Call, kobject: number): string {
  return `${field(call, kobject, KOBJECT.parent)} ${stringAt(call.bus, field(call, kobject, KOBJECT.name))}`;
}

function init(call: Call, kobject: number, ktype: number): void {
  kobjectInit(call, kobject);
  call.bus.write32(kobject + KOBJECT.ktype, ktype);
}

/** kobject_add_internal(). */
function add(call: Call, kobject: number): number {
  const { bus, objects } = call;
  const kset = field(call, kobject, KOBJECT.kset);
  if (kset !== 0 && field(call, kobject, KOBJECT.parent) === 0) bus.write32(kobject + KOBJECT.parent, kset + KSET.kobj);
  const key = keyOf(call, kobject);
  const { names } = call.state(Sysfs);
  if (names.has(key)) throw new NotModelled(`sysfs: cannot create duplicate filename, '${key}'`);
  names.add(key);
  bus.write32(kobject + KOBJECT.sd, objects.reserve("struct kernfs_node", KERNFS_NODE_SIZE));
  setInSysfs(call, kobject, true);
  return 0;
}

function removeFromSysfs(call: Call, kobject: number): void {
  if ((call.bus.read32(kobject + KOBJECT.state) & STATE_IN_SYSFS) === 0) return;
  call.state(Sysfs).names.delete(keyOf(call, kobject));
  call.bus.write32(kobject + KOBJECT.sd, 0);
  setInSysfs(call, kobject, false);
}

/** kobject_cleanup(): the last reference has gone. */
function cleanup(call: Call, kobject: number): void {
  const name = field(call, kobject, KOBJECT.name);
  removeFromSysfs(call, kobject);
  const ktype = field(call, kobject, KOBJECT.ktype);
  const callback = ktype === 0 ? 0 : u32(call.bus.read32(ktype + KTYPE_RELEASE));
  const memory = call.state(Sysfs).allocated.get(kobject);
  if (memory !== undefined) {
    call.state(Sysfs).allocated.delete(kobject);
    call.kernel.slab.kfree(memory);
  } else if (callback !== 0) call.invoke(callback, kobject);
  call.kernel.slab.kfree(name);
}

function release(call: Call, kobject: number): void {
  if (kobject !== 0 && put(call, kobject)) cleanup(call, kobject);
}

function initAndAdd(call: Call): number {
  const [kobject, ktype, parent, format] = words(call, 4);
  init(call, kobject, ktype);
  setFormattedName(call, kobject, format, call.args);
  call.bus.write32(kobject + KOBJECT.parent, parent);
  return add(call, kobject);
}

/** A new kobject, of dynamic_kobj_ktype, with a name. @param room bytes, and where in them it lies */
function create(call: Call, room: { size: number; offset: number }, name: number, parent: number): number {
  const memory = call.kernel.slab.kmalloc(room.size);
  const kobject = memory + room.offset;
  call.state(Sysfs).allocated.set(kobject, memory);
  init(call, kobject, 0);
  setName(call, kobject, stringAt(call.bus, name));
  call.bus.write32(kobject + KOBJECT.parent, parent);
  return kobject;
}

function registerKset(call: Call, kset: number): number {
  if (kset === 0) return -EINVAL;
  const { bus } = call;
  const ktype = field(call, kset + KSET.kobj, KOBJECT.ktype);
  init(call, kset + KSET.kobj, ktype);
  initList(bus, kset + KSET.list);
  bus.write32(kset + KSET.lock, 0);
  return add(call, kset + KSET.kobj);
}

const zero: Service = () => 0;
const nothing: Service = () => {};

export const KOBJECTS: Services = {
  kobject_init: (call) => {
    const [kobject, ktype] = words(call, 2);
    init(call, kobject, ktype);
  },
  kobject_set_name: (call) => {
    const [kobject, format] = words(call, 2);
    setFormattedName(call, kobject, format, call.args);
    return 0;
  },
  kobject_set_name_vargs: (call) => {
    const [kobject, format, list] = words(call, 3);
    setFormattedName(call, kobject, format, new VaList(call.bus, list));
    return 0;
  },
  kobject_add: (call) => {
    const [kobject, parent, format] = words(call, 3);
    setFormattedName(call, kobject, format, call.args);
    call.bus.write32(kobject + KOBJECT.parent, parent);
    return add(call, kobject);
  },
  kobject_init_and_add: initAndAdd,
  kobject_create_and_add: (call) => {
    const [name, parent] = words(call, 2);
    const kobject = create(call, { size: KOBJECT.size, offset: 0 }, name, parent);
    add(call, kobject);
    return kobject;
  },
  kset_create_and_add: (call) => {
    const [name, , parent] = words(call, 3);
    const kobject = create(call, { size: KSET.size, offset: KSET.kobj }, name, parent);
    initList(call.bus, kobject - KSET.kobj + KSET.list);
    add(call, kobject);
    return kobject - KSET.kobj;
  },
  kset_register: (call) => registerKset(call, call.args.word()),
  kset_unregister: (call) => {
    const kset = call.args.word();
    if (kset === 0) return;
    removeFromSysfs(call, kset + KSET.kobj);
    release(call, kset + KSET.kobj);
  },
  kobject_get: (call) => {
    const kobject = call.args.word();
    if (kobject !== 0) get(call, kobject);
    return kobject;
  },
  kobject_put: (call) => release(call, call.args.word()),
  kobject_del: (call) => {
    const kobject = call.args.word();
    if (kobject !== 0) removeFromSysfs(call, kobject);
  },
  kobject_uevent: zero,
  kobject_uevent_env: zero,
  driver_create_file: zero,
  driver_remove_file: nothing,
  sysfs_create_file_ns: zero,
  sysfs_create_files: zero,
  sysfs_create_group: zero,
  sysfs_create_groups: zero,
  sysfs_update_group: zero,
  sysfs_create_bin_file: zero,
  sysfs_create_link: zero,
  sysfs_create_mount_point: zero,
  sysfs_remove_file_ns: nothing,
  sysfs_remove_files: nothing,
  sysfs_remove_group: nothing,
  sysfs_remove_groups: nothing,
  sysfs_remove_bin_file: nothing,
  sysfs_remove_link: nothing,
  sysfs_remove_mount_point: nothing,
  sysfs_notify: nothing,
};
