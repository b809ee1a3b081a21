// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where the model and the reference differ knowingly, with the reason.
 *
 * @module
 */

import type { InstructionSet, Program } from "./programs.ts";

/** One such difference. */
export interface Known {
  readonly sets: readonly InstructionSet[];
  /** The row's name. */
  readonly row: RegExp;
  /** Words it is about; all where there is none. */
  readonly word?: (word: number) => boolean;
  readonly reason: string;
}

export const KNOWN: readonly Known[] = [
  {
    sets: ["A32"],
    row: /^SWPB?$/,
    reason: "Linux leaves SCTLR.SW at 0, so that SWP is undefined on a Cortex-A7; QEMU runs it always",
  },
  {
    sets: ["A32", "T32"],
    row: /^hint/,
    word: (word) => [1, 2, 3].includes(word > 0xffff ? word & 255 : word >> 4 & 15),
    reason: "WFE, WFI and YIELD end the reference's run, or count there as undefined; here they do nothing",
  },
  {
    sets: ["T32"],
    row: /^STR[BH]? \(PC\)$/,
    reason: "a store relative to the PC is undefined in T32; QEMU stores",
  },
  {
    sets: ["A32", "T32"],
    row: /^LDC, STC/,
    word: (word) => (word & 0xe00) === 0xe00,
    reason: "here LDC and STC of CP14 and CP15 are undefined; QEMU takes some of them for MRRC and MCRR",
  },
];

/** Why a program is not compared, if there is a reason. */
export function known({ set, row, words }: Program): string | undefined {
  const word = words[words.length - 1];
  return KNOWN.find((each) => each.sets.includes(set) && each.row.test(row) && each.word?.(word) !== false)?.reason;
}
