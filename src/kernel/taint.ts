// SPDX-License-Identifier: GPL-2.0-only
/**
 * Taint flags of the kernel and of its modules.
 *
 * Models: taint_flags[] and add_taint() of kernel/panic.c, module_flags_taint() of kernel/module/main.c.
 *
 * @module
 */

/** Bit numbers (include/linux/panic.h). */
export const TAINT = {
  PROPRIETARY_MODULE: 0,
  FORCED_MODULE: 1,
  FORCED_RMMOD: 3,
  USER: 6,
  DIE: 7,
  WARN: 9,
  CRAP: 10,
  OOT_MODULE: 12,
  UNSIGNED_MODULE: 13,
  LIVEPATCH: 15,
  AUX: 16,
  RANDSTRUCT: 17,
  TEST: 18,
} as const;

/** taint_flags[]: letter and name of each bit, and the letter that stands for its absence, a space unless given. */
export const TAINT_FLAGS: readonly (readonly [set: string, name: string, clear?: string])[] = [
  ["P", "PROPRIETARY_MODULE", "G"],
  ["F", "FORCED_MODULE"],
  ["S", "CPU_OUT_OF_SPEC"],
  ["R", "FORCED_RMMOD"],
  ["M", "MACHINE_CHECK"],
  ["B", "BAD_PAGE"],
  ["U", "USER"],
  ["D", "DIE"],
  ["A", "OVERRIDDEN_ACPI_TABLE"],
  ["W", "WARN"],
  ["C", "CRAP"],
  ["I", "FIRMWARE_WORKAROUND"],
  ["O", "OOT_MODULE"],
  ["E", "UNSIGNED_MODULE"],
  ["L", "SOFTLOCKUP"],
  ["K", "LIVEPATCH"],
  ["X", "AUX"],
  ["T", "RANDSTRUCT"],
  ["N", "TEST"],
];

/** The flags that a module can carry, in the order of their bits. */
const MODULE_FLAGS = [
  TAINT.PROPRIETARY_MODULE,
  TAINT.FORCED_MODULE,
  TAINT.CRAP,
  TAINT.OOT_MODULE,
  TAINT.UNSIGNED_MODULE,
  TAINT.LIVEPATCH,
  TAINT.AUX,
  TAINT.RANDSTRUCT,
  TAINT.TEST,
];

/**
 * The letters of a module's taints, as /proc/modules and Oops reports show them.
 *
 * @param taints a bit mask
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moduleFlagsTaint } from "./taint.ts";
 * assertEquals(moduleFlagsTaint(1 << 12 | 1 << 13), "OE");
 * ```
 */
export function moduleFlagsTaint(taints: number): string {
  return MODULE_FLAGS.filter((bit) => taints & (1 << bit)).map((bit) => TAINT_FLAGS[bit][0]).join("");
}
