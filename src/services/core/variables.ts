// SPDX-License-Identifier: GPL-2.0-only
/**
 * Variables of the kernel that modules' code reads: exported ones whose values follow from how the model is made, and those that a profile
 * has from a booted kernel.
 *
 * @module
 */

import type { Kernel } from "../../kernel/kernel.ts";
import { heapArea } from "../../kernel/profile.ts";
import type { KernelObjects } from "../kernel_objects.ts";
import { Clock, showJiffies } from "./clock.ts";
import { knowPerCpuOffset } from "./percpu.ts";
import { knowSystemWorkqueues } from "./workqueue.ts";

/** kmalloc_caches[]: by NR_KMALLOC_TYPES and KMALLOC_SHIFT_HIGH of any configuration, at most so many. */
const KMALLOC_CACHES = 5 * 14;
const KMEM_CACHE_SIZE = 64;

/** _U, _L, _D, _C, _P, _S, _X and _SP of linux/ctype.h for a character. */
function ctypeOf(code: number): number {
  const text = String.fromCharCode(code);
  const isUpper = /[A-Z\u00c0-\u00d6\u00d8-\u00de]/.test(text);
  const isLower = /[a-z\u00df-\u00f6\u00f8-\u00ff]/.test(text);
  const isControl = code < 32 || code === 127;
  const isSpace = (code >= 9 && code <= 13) || code === 32 || code === 160;
  const isPunctuation = /[!-\/:-@[-`{-~\u00a0-\u00bf\u00d7\u00f7]/.test(text);
  const flags = [
    [isUpper, 0x01],
    [isLower, 0x02],
    [/[0-9]/.test(text), 0x04],
    [isControl, 0x08],
    [isPunctuation && code !== 160, 0x10],
    [isSpace, 0x20],
    [/[0-9A-Fa-f]/.test(text) && !/[0-9]/.test(text), 0x40],
    [code === 32 || code === 160, 0x80],
  ] as const;
  return flags.reduce((sum, [holds, flag]) => holds ? sum | flag : sum, 0);
}

/** Tells of the variables that every kernel has. */
export function knowVariables(kernel: Kernel, objects: KernelObjects, clock: Clock): void {
  const { exports, variables } = kernel.profile;
  const know = (name: string, bytes: ArrayLike<number>) => {
    const at = exports.find(name)?.value;
    if (at !== undefined) objects.know(at, bytes);
  };
  know("_ctype", Array.from({ length: 256 }, (_, code) => ctypeOf(code)));
  know("hex_asc", [..."0123456789abcdef\0"].map((digit) => digit.charCodeAt(0)));
  know("hex_asc_upper", [..."0123456789ABCDEF\0"].map((digit) => digit.charCodeAt(0)));
  const caches = exports.find("kmalloc_caches")?.value;
  for (let i = 0; caches !== undefined && i < KMALLOC_CACHES; i++) {
    objects.know32(caches + 4 * i, objects.reserve("struct kmem_cache of kmalloc()", KMEM_CACHE_SIZE));
  }
  knowZeroPage(kernel, objects);
  knowPerCpuOffset(kernel, objects);
  knowSystemWorkqueues(kernel, objects);
  clock.setFrequency(kernel.config);
  showJiffies(kernel, objects, clock);
  for (const [name, bytes] of variables) know(name, bytes);
  for (const [name, bytes] of variables) if (!BOUNDS.has(name)) moveHeapPointers(kernel, objects, name, bytes);
}

/** The page of zeros: a reference, and a list of itself alone. */
function knowZeroPage({ profile }: Kernel, objects: KernelObjects): void {
  const [bytes, offsets] = [profile.variables.get("empty_zero_page"), profile.offsets.get("page")];
  const [refcount, head] = [offsets?.get("_refcount"), offsets?.get("compound_head")];
  if (bytes === undefined || refcount === undefined || head === undefined) return;
  const page = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  objects.know32(page + refcount, 1);
  objects.know32(page + head, page + head);
}

/** Variables that say where memory begins or ends, or are a place in mem_map. */
const BOUNDS = new Set(["high_memory", "mem_map", "empty_zero_page"]);

/** What a variable points to in the heap has an address of the model's own there: its memory is otherwise given to others. */
function moveHeapPointers({ profile }: Kernel, objects: KernelObjects, name: string, bytes: Uint8Array): void {
  const { start, end } = heapArea(profile);
  const at = profile.exports.find(name)?.value;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let offset = 0; at !== undefined && offset + 4 <= bytes.length; offset += 4) {
    const value = view.getUint32(offset, true);
    if (value >= start && value < end) objects.know32(at + offset, objects.reserve(`what ${name} points to`, 4));
  }
}
