// SPDX-License-Identifier: GPL-2.0-only
/**
 * A32: loads and stores, of one register, of two, of many, and exclusive.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.2.8, A5.2.10, A5.3, A5.5.
 *
 * @module
 */

import { clrex, ldm, loadExclusive, stm, storeExclusive } from "./exec_block.ts";
import {
  atConstant,
  atIndex,
  LDR,
  LDRB,
  LDRD,
  LDRH,
  LDRSB,
  LDRSH,
  pair,
  STR,
  STRB,
  STRD,
  STRH,
  userAfter,
} from "./exec_memory.ts";
import { isUndefined, nop, notModelled } from "./outcome.ts";
import { type Row, row } from "./picture.ts";

const swp = isUndefined("SWP: SCTLR.SW is 0");

/** Fields: t register, n base, i constant, m index shifted by k and i, p before the access, u upwards, w writeback, l registers. */
export const A32_LOAD_STORE: readonly Row[] = [
  row("STRT (immediate)", "cccc 0100 u010 nnnn tttt iiii iiiiiiii", userAfter(atConstant, STR), "t"),
  row("STR (immediate)", "cccc 010p u0w0 nnnn tttt iiii iiiiiiii", atConstant(STR)),
  row("STRT (register)", "cccc 0110 u010 nnnn tttt iiiii kk0 mmmm", userAfter(atIndex, STR), "t"),
  row("STR (register)", "cccc 011p u0w0 nnnn tttt iiiii kk0 mmmm", atIndex(STR)),
  row("LDRT (immediate)", "cccc 0100 u011 nnnn tttt iiii iiiiiiii", userAfter(atConstant, LDR), "t"),
  row("LDR (immediate)", "cccc 010p u0w1 nnnn tttt iiii iiiiiiii", atConstant(LDR)),
  row("LDRT (register)", "cccc 0110 u011 nnnn tttt iiiii kk0 mmmm", userAfter(atIndex, LDR), "t"),
  row("LDR (register)", "cccc 011p u0w1 nnnn tttt iiiii kk0 mmmm", atIndex(LDR)),
  row("STRBT (immediate)", "cccc 0100 u110 nnnn tttt iiii iiiiiiii", userAfter(atConstant, STRB), "t"),
  row("STRB (immediate)", "cccc 010p u1w0 nnnn tttt iiii iiiiiiii", atConstant(STRB), "t"),
  row("STRBT (register)", "cccc 0110 u110 nnnn tttt iiiii kk0 mmmm", userAfter(atIndex, STRB), "t"),
  row("STRB (register)", "cccc 011p u1w0 nnnn tttt iiiii kk0 mmmm", atIndex(STRB), "t"),
  row("LDRBT (immediate)", "cccc 0100 u111 nnnn tttt iiii iiiiiiii", userAfter(atConstant, LDRB), "t"),
  row("LDRB (immediate)", "cccc 010p u1w1 nnnn tttt iiii iiiiiiii", atConstant(LDRB)),
  row("LDRBT (register)", "cccc 0110 u111 nnnn tttt iiiii kk0 mmmm", userAfter(atIndex, LDRB), "t"),
  row("LDRB (register)", "cccc 011p u1w1 nnnn tttt iiiii kk0 mmmm", atIndex(LDRB)),
  row("STRHT (immediate)", "cccc 0000 u110 nnnn tttt iiii 1011 iiii", userAfter(atConstant, STRH), "t"),
  row("STRH (immediate)", "cccc 000p u1w0 nnnn tttt iiii 1011 iiii", atConstant(STRH), "t"),
  row("STRHT (register)", "cccc 0000 u010 nnnn tttt 0000 1011 mmmm", userAfter(atIndex, STRH), "t"),
  row("STRH (register)", "cccc 000p u0w0 nnnn tttt 0000 1011 mmmm", atIndex(STRH), "t"),
  row("LDRHT (immediate)", "cccc 0000 u111 nnnn tttt iiii 1011 iiii", userAfter(atConstant, LDRH), "t"),
  row("LDRH (immediate)", "cccc 000p u1w1 nnnn tttt iiii 1011 iiii", atConstant(LDRH), "t"),
  row("LDRHT (register)", "cccc 0000 u011 nnnn tttt 0000 1011 mmmm", userAfter(atIndex, LDRH), "t"),
  row("LDRH (register)", "cccc 000p u0w1 nnnn tttt 0000 1011 mmmm", atIndex(LDRH), "t"),
  row("LDRSBT (immediate)", "cccc 0000 u111 nnnn tttt iiii 1101 iiii", userAfter(atConstant, LDRSB), "t"),
  row("LDRSB (immediate)", "cccc 000p u1w1 nnnn tttt iiii 1101 iiii", atConstant(LDRSB), "t"),
  row("LDRSBT (register)", "cccc 0000 u011 nnnn tttt 0000 1101 mmmm", userAfter(atIndex, LDRSB), "t"),
  row("LDRSB (register)", "cccc 000p u0w1 nnnn tttt 0000 1101 mmmm", atIndex(LDRSB), "t"),
  row("LDRSHT (immediate)", "cccc 0000 u111 nnnn tttt iiii 1111 iiii", userAfter(atConstant, LDRSH), "t"),
  row("LDRSH (immediate)", "cccc 000p u1w1 nnnn tttt iiii 1111 iiii", atConstant(LDRSH), "t"),
  row("LDRSHT (register)", "cccc 0000 u011 nnnn tttt 0000 1111 mmmm", userAfter(atIndex, LDRSH), "t"),
  row("LDRSH (register)", "cccc 000p u0w1 nnnn tttt 0000 1111 mmmm", atIndex(LDRSH), "t"),
  row("LDRD (immediate)", "cccc 000p u1w0 nnnn tttt iiii 1101 iiii", pair(atConstant, LDRD), "t"),
  row("LDRD (register)", "cccc 000p u0w0 nnnn tttt 0000 1101 mmmm", pair(atIndex, LDRD), "t"),
  row("STRD (immediate)", "cccc 000p u1w0 nnnn tttt iiii 1111 iiii", pair(atConstant, STRD), "t"),
  row("STRD (register)", "cccc 000p u0w0 nnnn tttt 0000 1111 mmmm", pair(atIndex, STRD), "t"),
  row("STM", "cccc 100p u0w0 nnnn llllllllllllllll", stm, "n"),
  row("LDM", "cccc 100p u0w1 nnnn llllllllllllllll", ldm, "n"),
  row("STM (user registers)", "cccc 100- -1-0 ---- ----------------", notModelled),
  row("LDM (user registers, exception return)", "cccc 100- -1-1 ---- ----------------", notModelled),
  row("SWP", "cccc 0001 0000 ---- ---- 0000 1001 ----", swp),
  row("SWPB", "cccc 0001 0100 ---- ---- 0000 1001 ----", swp),
  row("STREX", "cccc 0001 1000 nnnn dddd 1111 1001 tttt", storeExclusive(4), "ndt"),
  row("LDREX", "cccc 0001 1001 nnnn tttt 1111 1001 1111", loadExclusive(4), "nt"),
  row("STREXD", "cccc 0001 1010 nnnn dddd 1111 1001 tttt", storeExclusive(8, true), "ndt"),
  row("LDREXD", "cccc 0001 1011 nnnn tttt 1111 1001 1111", loadExclusive(8, true), "nt"),
  row("STREXB", "cccc 0001 1100 nnnn dddd 1111 1001 tttt", storeExclusive(1), "ndt"),
  row("LDREXB", "cccc 0001 1101 nnnn tttt 1111 1001 1111", loadExclusive(1), "nt"),
  row("STREXH", "cccc 0001 1110 nnnn dddd 1111 1001 tttt", storeExclusive(2), "ndt"),
  row("LDREXH", "cccc 0001 1111 nnnn tttt 1111 1001 1111", loadExclusive(2), "nt"),
];

/** Those without a condition: hints to the cache, and CLREX. */
export const A32_LOAD_STORE_UNCONDITIONAL: readonly Row[] = [
  row("PLD (immediate)", "1111 0101 -101 ---- 1111 ---- ---- ----", nop),
  row("PLDW (immediate)", "1111 0101 -001 ---- 1111 ---- ---- ----", nop),
  row("PLI (immediate)", "1111 0100 -101 ---- 1111 ---- ---- ----", nop),
  row("PLD (register)", "1111 0111 -101 ---- 1111 ---- ---0 ----", nop),
  row("PLDW (register)", "1111 0111 -001 ---- 1111 ---- ---0 ----", nop),
  row("PLI (register)", "1111 0110 -101 ---- 1111 ---- ---0 ----", nop),
  row("CLREX", "1111 0101 0111 1111 1111 0000 0001 1111", clrex),
];
