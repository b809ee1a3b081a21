// SPDX-License-Identifier: GPL-2.0-only
/**
 * A32: branches, status registers, hints, barriers, coprocessors.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.2.11, A5.2.12, A5.5 to A5.7.
 *
 * @module
 */

import { branch, branchExchange, branchLink, branchLinkExchange, branchLinkToThumb } from "./exec_branch.ts";
import { bkpt, cps, mcr15, mrc15, mrs, msr, msrImmediate, svc } from "./exec_system.ts";
import { isUndefined, nop, notModelled } from "./outcome.ts";
import { type Row, row } from "./picture.ts";
import { armImmediate } from "./shift.ts";

const absent = isUndefined("no such coprocessor");

export const A32_SYSTEM: readonly Row[] = [
  row("B", "cccc 1010 oooooooooooooooooooooooo", branch(24, 4)),
  row("BL", "cccc 1011 oooooooooooooooooooooooo", branchLink),
  row("BX", "cccc 0001 0010 1111 1111 1111 0001 mmmm", branchExchange),
  row("BXJ", "cccc 0001 0010 1111 1111 1111 0010 mmmm", branchExchange, "m"),
  row("BLX (register)", "cccc 0001 0010 1111 1111 1111 0011 mmmm", branchLinkExchange, "m"),
  row("MRS", "cccc 0001 0000 1111 dddd 0000 0000 0000", mrs, "d"),
  row("MRS (SPSR)", "cccc 0001 0100 1111 dddd 0000 0000 0000", notModelled),
  row("MRS (banked)", "cccc 0001 0-00 ---- ---- 001- 0000 0000", notModelled),
  row("MSR (register)", "cccc 0001 0010 ffff 1111 0000 0000 nnnn", msr, "n"),
  row("MSR (SPSR, register)", "cccc 0001 0110 ---- 1111 0000 0000 ----", notModelled),
  row("MSR (banked)", "cccc 0001 0-10 ---- 1111 001- 0000 ----", notModelled),
  row("hint (NOP, YIELD, WFE, WFI, SEV, DBG)", "cccc 0011 0010 0000 1111 ---- ---- ----", nop),
  row("MSR (immediate)", "cccc 0011 0010 ffff 1111 iiii iiiiiiii", msrImmediate(armImmediate)),
  row("MSR (SPSR, immediate)", "cccc 0011 0110 ---- 1111 ---- --------", notModelled),
  row("BKPT", "1110 0001 0010 iiii iiii iiii 0111 iiii", bkpt),
  row("HVC", "1110 0001 0100 ---- ---- ---- 0111 ----", notModelled),
  row("SMC", "cccc 0001 0110 0000 0000 0000 0111 ----", notModelled),
  row("ERET", "cccc 0001 0110 0000 0000 0000 0110 1110", notModelled),
  row("SVC", "cccc 1111 iiiiiiiiiiiiiiiiiiiiiiii", svc),
  row("MCR p15", "cccc 1110 ooo0 nnnn tttt 1111 qqq1 mmmm", mcr15),
  row("MRC p15", "cccc 1110 ooo1 nnnn tttt 1111 qqq1 mmmm", mrc15),
  row("MCRR p15", "cccc 1100 0100 ---- ---- 1111 ---- ----", notModelled),
  row("MRRC p15", "cccc 1100 0101 ---- ---- 1111 ---- ----", notModelled),
  row("MCR or MRC p14 (debug)", "cccc 1110 ---- ---- ---- 1110 ---1 ----", notModelled),
  row("LDC, STC, MCRR or MRRC of an absent coprocessor", "cccc 110- ---- ---- ---- ---- ---- ----", absent),
  row("CDP, MCR or MRC of an absent coprocessor", "cccc 1110 ---- ---- ---- ---- ---- ----", absent),
];

export const A32_SYSTEM_UNCONDITIONAL: readonly Row[] = [
  row("BLX (immediate)", "1111 101h oooooooooooooooooooooooo", branchLinkToThumb),
  row("CPS", "1111 0001 0000 eem0 0000 000a aa0o oooo", cps),
  row("SETEND", "1111 0001 0000 0001 0000 00-0 0000 0000", notModelled),
  row("DSB", "1111 0101 0111 1111 1111 0000 0100 ----", nop),
  row("DMB", "1111 0101 0111 1111 1111 0000 0101 ----", nop),
  row("ISB", "1111 0101 0111 1111 1111 0000 0110 ----", nop),
  row("SRS", "1111 100- -1-0 ---- ---- ---- ---- ----", notModelled),
  row("RFE", "1111 100- -0-1 ---- ---- ---- ---- ----", notModelled),
];
