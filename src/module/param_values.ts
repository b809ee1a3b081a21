// SPDX-License-Identifier: GPL-2.0-only
/**
 * The standard types of module parameters: how a value is set from its text, shown, and freed.
 *
 * Models: param_set_*(), param_get_*() and param_free_charp() of kernel/params.c, each under the name that the kernel
 * exports. Arrays are in param_ops.ts.
 *
 * @module
 */

import { signExtend, u32 } from "../elf/word.ts";
import type { CharPointer } from "../kernel/cmdline.ts";
import { ENOMEM, ENOSPC, EROFS } from "../kernel/errno.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";
import { pageFault } from "../kernel/fault.ts";
import { type IntegerType, kstrto, kstrtobool, S16, S32, U16, U32, U64, U8 } from "../kernel/kstrtox.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { AddressSpace } from "../kernel/memory.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import type { Slab } from "../kernel/slab.ts";

/** What module parameters need of a kernel. */
export interface ParamKernel {
  readonly space: AddressSpace;
  readonly slab: Slab;
  /** kmalloced_params: the addresses of the strings that kmalloc_parameter() handed out. */
  readonly kmallocedParams: Set<number>;
  readonly profile: Pick<KernelProfile, "exports">;
  config(name: string): boolean;
  printk(level: number, text: string): void;
  addTaint(flag: number): void;
}

/** What ops->set() and ops->get() see of a struct kernel_param: the module's, or one made up for an element of an array. */
export interface ParamTarget {
  readonly name: string;
  /** Address of the variable. */
  readonly arg: number;
}

/** ops->set(): 0 or minus the errno; `val` is undefined for NULL. */
export type ParamSet = (kernel: ParamKernel, val: CharPointer | undefined, kp: ParamTarget) => number;
/** ops->get(): the text, with its newline. */
export type ParamGet = (kernel: ParamKernel, kp: ParamTarget) => string;
/** ops->free(). */
export type ParamFree = (kernel: ParamKernel, arg: number) => void;

/** The bytes of struct list_head that precede a kmalloced string; the model leaves them zero. */
const KMALLOCED_PARAM_VAL = 8;

/** The text that `val` points to. */
function read(val: CharPointer | undefined): string {
  if (val === undefined) throw pageFault(0, "read");
  return val.toString();
}

/** snprintf("%s\n") into the page that sysfs gives. */
function showString(kernel: ParamKernel, address: number): string {
  let text = "(null)";
  if (address !== 0) text = address < PAGE_SIZE || address > 0xfffff000 ? "(efault)" : kernel.space.cstring(address);
  return `${text}\n`.slice(0, PAGE_SIZE - 1);
}

/** STANDARD_PARAM_DEF()'s setter. */
function integerSetter(type: IntegerType): ParamSet {
  return (kernel, val, kp) => {
    const value = kstrto(read(val), 0, type);
    if (typeof value === "number") return value;
    writeInteger(kernel.space, kp.arg, type, value);
    return 0;
  };
}

/** STANDARD_PARAM_DEF()'s getter with its format. */
function integerGetter(type: IntegerType, format: (value: bigint) => string = String): ParamGet {
  return (kernel, kp) => `${format(readInteger(kernel.space, kp.arg, type))}\n`;
}

function writeInteger(space: AddressSpace, address: number, type: IntegerType, value: bigint): void {
  if (type.bits === 8) return space.write8(address, Number(value));
  if (type.bits === 16) return space.write16(address, Number(value));
  space.write32(address, Number(BigInt.asUintN(32, value)));
  if (type.bits === 64) space.write32(address + 4, Number(BigInt.asUintN(32, value >> 32n)));
}

function readInteger(space: AddressSpace, address: number, type: IntegerType): bigint {
  if (type.bits === 64) return BigInt(space.read32(address)) | BigInt(space.read32(address + 4)) << 32n;
  const bits = type.bits === 8 ? space.read8(address) : type.bits === 16 ? space.read16(address) : space.read32(address);
  return BigInt(type.signed ? signExtend(bits, type.bits) : bits);
}

/** param_set_bool() up to the store. */
function parseBool(val: CharPointer | undefined): boolean | number {
  return kstrtobool(val?.toString() ?? "1");
}

/** A setter that stores a bool somehow. */
function boolSetter(store: (space: AddressSpace, arg: number, value: boolean) => void): ParamSet {
  return (kernel, val, kp) => {
    const value = parseBool(val);
    if (typeof value === "number") return value;
    store(kernel.space, kp.arg, value);
    return 0;
  };
}

/** param_get_bool(), param_get_invbool(). */
function boolGetter(yes: string, no: string): ParamGet {
  return (kernel, kp) => `${kernel.space.read8(kp.arg) !== 0 ? yes : no}\n`;
}

/** param_set_bool_enable_only(): what is set stays set. */
function setBoolEnableOnly(kernel: ParamKernel, val: CharPointer | undefined, kp: ParamTarget): number {
  const before = kernel.space.read8(kp.arg) !== 0;
  const value = parseBool(val);
  if (typeof value === "number") return value;
  if (!value && before) return -EROFS;
  if (value) kernel.space.write8(kp.arg, 1);
  return 0;
}

function writeString(space: AddressSpace, address: number, text: string): void {
  for (let at = 0; at < text.length; at++) space.write8(address + at, text.charCodeAt(at));
  space.write8(address + text.length, 0);
}

function setCharp(kernel: ParamKernel, val: CharPointer | undefined, kp: ParamTarget): number {
  const text = read(val);
  if (text.length > 1024) {
    kernel.printk(KERN_ERR, `${kp.name}: string parameter too long`);
    return -ENOSPC;
  }
  freeCharp(kernel, kp.arg);
  const param = kernel.slab.kmalloc(KMALLOCED_PARAM_VAL + text.length + 1);
  const copy = param === 0 ? 0 : param + KMALLOCED_PARAM_VAL;
  kernel.space.write32(kp.arg, copy);
  if (copy === 0) return -ENOMEM;
  kernel.kmallocedParams.add(copy);
  writeString(kernel.space, copy, text);
  return 0;
}

/** param_free_charp() with maybe_kfree_parameter(): a string of the module's own is left alone. */
function freeCharp(kernel: ParamKernel, arg: number): void {
  const copy = kernel.space.read32(arg);
  if (kernel.kmallocedParams.delete(copy)) kernel.slab.kfree(copy - KMALLOCED_PARAM_VAL);
}

/** param_set_copystring(): `arg` is a struct kparam_string: maxlen, string. */
function setCopystring(kernel: ParamKernel, val: CharPointer | undefined, kp: ParamTarget): number {
  const maxlen = kernel.space.read32(kp.arg);
  const text = read(val);
  if (text.length >= maxlen) {
    kernel.printk(KERN_ERR, `${kp.name}: string doesn't fit in ${u32(maxlen - 1)} chars.`);
    return -ENOSPC;
  }
  writeString(kernel.space, kernel.space.read32(kp.arg + 4), text);
  return 0;
}

/** param_set_uint_minmax() wants two arguments more than ops->set() gets. */
export const SETTERS: ReadonlyMap<string, ParamSet> = new Map<string, ParamSet>([
  ["param_set_byte", integerSetter(U8)],
  ["param_set_short", integerSetter(S16)],
  ["param_set_ushort", integerSetter(U16)],
  ["param_set_int", integerSetter(S32)],
  ["param_set_uint", integerSetter(U32)],
  ["param_set_long", integerSetter(S32)],
  ["param_set_ulong", integerSetter(U32)],
  ["param_set_ullong", integerSetter(U64)],
  ["param_set_hexint", integerSetter(U32)],
  ["param_set_charp", setCharp],
  ["param_set_bool", boolSetter((space, arg, value) => space.write8(arg, Number(value)))],
  ["param_set_bool_enable_only", setBoolEnableOnly],
  ["param_set_invbool", boolSetter((space, arg, value) => space.write8(arg, Number(!value)))],
  ["param_set_bint", boolSetter((space, arg, value) => space.write32(arg, Number(value)))],
  ["param_set_copystring", setCopystring],
]);

export const GETTERS: ReadonlyMap<string, ParamGet> = new Map<string, ParamGet>([
  ["param_get_byte", integerGetter(U8)],
  ["param_get_short", integerGetter(S16)],
  ["param_get_ushort", integerGetter(U16)],
  ["param_get_int", integerGetter(S32)],
  ["param_get_uint", integerGetter(U32)],
  ["param_get_long", integerGetter(S32)],
  ["param_get_ulong", integerGetter(U32)],
  ["param_get_ullong", integerGetter(U64)],
  ["param_get_hexint", integerGetter(U32, (value) => `0x${value.toString(16).padStart(6, "0")}`)],
  ["param_get_charp", (kernel, kp) => showString(kernel, kernel.space.read32(kp.arg))],
  ["param_get_bool", boolGetter("Y", "N")],
  ["param_get_invbool", boolGetter("N", "Y")],
  ["param_get_string", (kernel, kp) => showString(kernel, kernel.space.read32(kp.arg + 4))],
]);

export const FREERS: ReadonlyMap<string, ParamFree> = new Map<string, ParamFree>([["param_free_charp", freeCharp]]);
