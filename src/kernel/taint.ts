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

/** The letters of those flags that a module can carry, in the order of their bits. */
const MODULE_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [TAINT.PROPRIETARY_MODULE, "P"],
  [TAINT.FORCED_MODULE, "F"],
  [TAINT.CRAP, "C"],
  [TAINT.OOT_MODULE, "O"],
  [TAINT.UNSIGNED_MODULE, "E"],
  [TAINT.LIVEPATCH, "K"],
  [TAINT.AUX, "X"],
  [TAINT.RANDSTRUCT, "T"],
  [TAINT.TEST, "N"],
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
  return MODULE_LETTERS.filter(([bit]) => taints & (1 << bit)).map(([, letter]) => letter).join("");
}
