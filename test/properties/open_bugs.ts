// SPDX-License-Identifier: GPL-2.0-only
/**
 * Faults of the model that these properties found and that are not mended yet. Each has its reproduction in found_bugs_test.ts, which
 * fails as soon as the fault is gone: then its line here goes too.
 *
 * @module
 */

/** By the reproduction's name: what an answer or an exception that comes of it says. */
export const OPEN_BUGS: ReadonlyMap<string, RegExp> = new Map([
  ["the symbols' tables run out of memory whose size wrapped around", /^RangeError: offset is out of bounds/],
  ["the PLT runs out of memory", /^RangeError: Offset is outside the bounds of the DataView/],
  ["symbol 0 names a section that there is not", /^TypeError: Cannot destructure property 'sh_flags'/],
  ["a section's offset runs into its memory type", /^TypeError: Cannot read properties of undefined \(reading 'area'\)/],
  ["the name of a section without bytes lies outside of the file", /^0$/],
  ["an empty section without a type starts outside of the file", /^KernelFault: .*when read/],
  ["relocations of section 0 are counted", /^0$/],
  ["a load that is not modelled leaves its module behind", /waits for ever/],
]);

/** Whether an exception is that of an open bug. */
export function isOpenBug(error: unknown): boolean {
  return [...OPEN_BUGS.values()].some((symptom) => symptom.source.includes("Error:") && symptom.test(String(error)));
}
