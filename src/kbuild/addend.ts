// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where a relocation points to, within the section of its symbol.
 *
 * Models: addend_arm_rel() of scripts/mod/modpost.c.
 *
 * @module
 */

import { R_ARM } from "../elf/constants.ts";
import { signExtend, u32 } from "../elf/word.ts";

/** R_ARM_THM_JUMP19, which only modpost knows. */
const THM_JUMP19 = 51;

function movwOffset(view: DataView, at: number): number {
  const inst = view.getUint32(at, true);
  return signExtend((inst & 0xf0000) >> 4 | inst & 0xfff, 16);
}

function branchOffset(view: DataView, at: number): number {
  return signExtend((view.getUint32(at, true) & 0x00ffffff) << 2, 26) + 8;
}

function thumbMovwOffset(view: DataView, at: number): number {
  const upper = view.getUint16(at, true);
  const lower = view.getUint16(at + 2, true);
  return signExtend((upper & 0x000f) << 12 | (upper & 0x0400) << 1 | (lower & 0x7000) >> 4 | lower & 0x00ff, 16);
}

/** Encoding T3: S:J2:J1:imm6:imm11:'0'. */
function thumbJump19Offset(view: DataView, at: number): number {
  const upper = view.getUint16(at, true);
  const lower = view.getUint16(at + 2, true);
  const [sign, j1, j2] = [upper >> 10 & 1, lower >> 13 & 1, lower >> 11 & 1];
  return signExtend(sign << 20 | j2 << 19 | j1 << 18 | (upper & 0x03f) << 12 | (lower & 0x07ff) << 1, 21) + 4;
}

/** Encoding T4: S:I1:I2:imm10:imm11:'0', where I is the negation of J exclusive-or S. */
function thumbBranchOffset(view: DataView, at: number): number {
  const upper = view.getUint16(at, true);
  const lower = view.getUint16(at + 2, true);
  const sign = upper >> 10 & 1;
  const i1 = ~(lower >> 13 ^ sign) & 1;
  const i2 = ~(lower >> 11 ^ sign) & 1;
  return signExtend(sign << 24 | i1 << 23 | i2 << 22 | (upper & 0x03ff) << 12 | (lower & 0x07ff) << 1, 25) + 4;
}

/** By type of relocation: the offset that stands in the bytes. */
const OFFSETS: Readonly<Record<number, (view: DataView, at: number) => number>> = {
  [R_ARM.ABS32]: (view, at) => view.getUint32(at, true),
  [R_ARM.REL32]: (view, at) => view.getUint32(at, true),
  [R_ARM.MOVW_ABS_NC]: movwOffset,
  [R_ARM.MOVT_ABS]: movwOffset,
  [R_ARM.PC24]: branchOffset,
  [R_ARM.CALL]: branchOffset,
  [R_ARM.JUMP24]: branchOffset,
  [R_ARM.THM_MOVW_ABS_NC]: thumbMovwOffset,
  [R_ARM.THM_MOVT_ABS]: thumbMovwOffset,
  [THM_JUMP19]: thumbJump19Offset,
  [R_ARM.THM_CALL]: thumbBranchOffset,
  [R_ARM.THM_JUMP24]: thumbBranchOffset,
};

/**
 * addend_arm_rel(): the address that a relocation of SHT_REL refers to.
 *
 * @param at offset of the place in the file
 * @param value st_value of the symbol
 * @returns 0xffffffff for a type that modpost does not know
 */
export function relocationTarget(view: DataView, at: number, value: number, type: number): number {
  const offset = OFFSETS[type];
  return offset === undefined ? 0xffffffff : u32(offset(view, at) + value);
}
