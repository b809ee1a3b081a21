// SPDX-License-Identifier: GPL-2.0-only
/**
 * struct kobject, as far as modules look into it: alone, and at the beginning of devices and cdevs.
 *
 * Models: kobject_init(), kobject_set_name_vargs() and the reference count of lib/kobject.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { putString, stringAt } from "../memory.ts";
import type { Arguments, Call } from "../service.ts";
import { vsprintf } from "../vsprintf.ts";

/** struct kobject. `state` is the word of its bit-fields. */
export const KOBJECT = { size: 36, name: 0, entry: 4, parent: 12, kset: 16, ktype: 20, sd: 24, kref: 28, state: 32 };
/** Bits of `state`. */
export const STATE_INITIALIZED = 1;
export const STATE_IN_SYSFS = 2;

type Memory = Pick<Call, "bus">;

/** kobject_init_internal(). */
export function kobjectInit({ bus }: Memory, kobject: number): void {
  bus.write32(kobject + KOBJECT.kref, 1);
  bus.write32(kobject + KOBJECT.entry, kobject + KOBJECT.entry);
  bus.write32(kobject + KOBJECT.entry + 4, kobject + KOBJECT.entry);
  bus.write32(kobject + KOBJECT.state, STATE_INITIALIZED);
}

/** The name; undefined before it has one. */
export function kobjectName({ bus }: Memory, kobject: number): string | undefined {
  const name = u32(bus.read32(kobject + KOBJECT.name));
  return name === 0 ? undefined : stringAt(bus, name);
}

/** Gives a name, in memory of its own. A `/` in it becomes `!`. */
export function setName(call: Call, kobject: number, name: string): void {
  const { bus, kernel } = call;
  const old = u32(bus.read32(kobject + KOBJECT.name));
  const address = kernel.slab.kmalloc(name.length + 1);
  putString(bus, address, name.replaceAll("/", "!"));
  bus.write32(kobject + KOBJECT.name, address);
  if (old !== 0) kernel.slab.kfree(old);
}

/** As {@link setName}, for a format and its arguments. */
export function setFormattedName(call: Call, kobject: number, format: number, args: Arguments): void {
  setName(call, kobject, vsprintf(call.kernel, call.bus, stringAt(call.bus, format), args));
}

/** Whether it is in sysfs. */
export function setInSysfs({ bus }: Memory, kobject: number, isIn: boolean): void {
  const state = bus.read32(kobject + KOBJECT.state) & ~STATE_IN_SYSFS;
  bus.write32(kobject + KOBJECT.state, isIn ? state | STATE_IN_SYSFS : state);
}

/** kobject_get(). */
export function get({ bus }: Memory, kobject: number): void {
  bus.write32(kobject + KOBJECT.kref, bus.read32(kobject + KOBJECT.kref) + 1);
}

/** kobject_put(). @returns whether that was the last reference */
export function put({ bus }: Memory, kobject: number): boolean {
  const references = bus.read32(kobject + KOBJECT.kref) - 1;
  if (references < 0) throw new NotModelled("refcount_t: underflow; use-after-free of a kobject");
  bus.write32(kobject + KOBJECT.kref, references);
  return references === 0;
}
