// SPDX-License-Identifier: GPL-2.0-only
/**
 * T32: wide branches, status registers, hints, barriers, coprocessors.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A6.3.4, A6.3.18.
 *
 * @module
 */

import { branchIf, branchLinkWide, branchWide } from "./exec_branch.ts";
import { cps, mcr15, mrc15, mrs, msr, udf } from "./exec_system.ts";
import { isUndefined, nop, notModelled } from "./outcome.ts";
import { type Row, row } from "./picture.ts";

const absent = isUndefined("no such coprocessor");

/** Fields: o distance, s, j and k its upper bits, c condition; those of system registers as in A32. */
export const T32_SYSTEM: readonly Row[] = [
  row("B", "11110 s oooooooooo 10 j 1 k ooooooooooo", branchWide),
  row("BL", "11110 s oooooooooo 11 j 1 k ooooooooooo", branchLinkWide(false)),
  row("BLX (immediate)", "11110 s oooooooooo 11 j 0 k oooooooooo 0", branchLinkWide(true)),
  row("MSR (register)", "11110 0 1110 00 nnnn 1000 ffff 0000 0000", msr, "n"),
  row("MSR (SPSR)", "11110 0 1110 01 ---- 1000 ---- 0000 0000", notModelled),
  row("MSR (banked)", "11110 0 1110 0- ---- 1000 ---- 001- 0000", notModelled),
  row("hint (NOP, YIELD, WFE, WFI, SEV, DBG)", "11110 0 1110 10 1111 1000 0000 --------", nop),
  row("CPS", "11110 0 1110 10 1111 1000 0 ee m aaa ooooo", cps),
  row("DSB", "11110 0 1110 11 1111 1000 1111 0100 ----", nop),
  row("DMB", "11110 0 1110 11 1111 1000 1111 0101 ----", nop),
  row("ISB", "11110 0 1110 11 1111 1000 1111 0110 ----", nop),
  row("BXJ", "11110 0 1111 00 ---- 1000 1111 0000 0000", notModelled),
  row("MRS", "11110 0 1111 10 1111 1000 dddd 0000 0000", mrs, "d"),
  row("MRS (SPSR)", "11110 0 1111 11 1111 1000 ---- 0000 0000", notModelled),
  row("MRS (banked)", "11110 0 1111 1- ---- 1000 ---- 001- 0000", notModelled),
  row("HVC", "11110 1 1111 10 ---- 1000 ---- ---- ----", notModelled),
  row("SMC", "11110 1 1111 11 ---- 1000 0000 0000 0000", notModelled),
  row("UDF", "11110 1 1111 11 ---- 1010 ---- ---- ----", udf),
  row("B (conditional)", "11110 s cccc oooooo 10 j 0 k ooooooooooo", branchIf(20)),
  row("MCR p15", "1110 1110 ooo0 nnnn tttt 1111 qqq1 mmmm", mcr15),
  row("MRC p15", "1110 1110 ooo1 nnnn tttt 1111 qqq1 mmmm", mrc15),
  row("MCRR p15", "1110 1100 0100 ---- ---- 1111 ---- ----", notModelled),
  row("MRRC p15", "1110 1100 0101 ---- ---- 1111 ---- ----", notModelled),
  row("MCR or MRC p14 (debug)", "1110 1110 ---- ---- ---- 1110 ---1 ----", notModelled),
  row("LDC, STC, MCRR or MRRC of an absent coprocessor", "1110 110- ---- ---- ---- ---- ---- ----", absent),
  row("CDP, MCR or MRC of an absent coprocessor", "1110 1110 ---- ---- ---- ---- ---- ----", absent),
];
