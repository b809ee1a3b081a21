// SPDX-License-Identifier: GPL-2.0-only
/**
 * The fields of ARM and Thumb-2 instructions that relocations read and write: for each a picture of its bits, and both directions side by
 * side. A writer changes the field's bits only.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, chapters A6 and A8.
 *
 * @module
 */

import { s32, signExtend, u32 } from "../elf/word.ts";

/** One field: the number in an instruction word, and the word with another number. Numbers are signed. */
export interface Field {
  readonly name: string;
  /** Bits of the word that belong to the field. */
  readonly mask: number;
  read(word: number): number;
  write(word: number, value: number): number;
}

/**
 * B, BL: 31-28 cond, 27-25 101, 24 L, 23-0 imm24. The branch goes to PC + 4 x imm24; the value is in bytes, a multiple of four.
 */
export const BRANCH24: Field = {
  name: "branch24",
  mask: 0x00ffffff,
  read: (word) => signExtend(word << 2, 26),
  write: (word, value) => u32((word & 0xff000000) | ((value >> 2) & 0x00ffffff)),
};

/** MOVW, MOVT: 31-28 cond, 27-20 0011 0x00, 19-16 imm4, 15-12 Rd, 11-0 imm12. The value is imm4:imm12. */
export const MOV16: Field = {
  name: "mov16",
  mask: 0x000f0fff,
  read: (word) => signExtend(((word & 0xf0000) >> 4) | (word & 0xfff), 16),
  write: (word, value) => u32((word & 0xfff0f000) | ((value & 0xf000) << 4) | (value & 0x0fff)),
};

/** A data word whose bit 31 is not part of the number: the entries of .ARM.exidx. */
export const PREL31: Field = {
  name: "prel31",
  mask: 0x7fffffff,
  read: (word) => signExtend(word, 31),
  write: (word, value) => u32((word & 0x80000000) | (value & 0x7fffffff)),
};

/** A whole data word. */
export const WORD: Field = {
  name: "word",
  mask: 0xffffffff,
  read: (word) => s32(word),
  write: (_word, value) => u32(value),
};

/**
 * Thumb-2 BL and B.W, as one word with the first halfword on top:
 * 31-27 11110, 26 S, 25-16 imm10, 15-14 1x, 13 J1, 12 x, 11 J2, 10-0 imm11. The value is S:I1:I2:imm10:imm11:0, where I1 = not(J1 xor S)
 * and I2 = not(J2 xor S).
 */
export const THM_BRANCH24: Field = {
  name: "thm branch24",
  mask: 0x07ff2fff,
  read: (word) => {
    const sign = (word >>> 26) & 1;
    const i1 = ~((word >>> 13) ^ sign) & 1;
    const i2 = ~((word >>> 11) ^ sign) & 1;
    return signExtend((sign << 24) | (i1 << 23) | (i2 << 22) | ((word >>> 4) & 0x3ff000) | ((word & 0x7ff) << 1), 25);
  },
  write: (word, value) => {
    const sign = (value >>> 24) & 1;
    const j1 = sign ^ (~(value >>> 23) & 1);
    const j2 = sign ^ (~(value >>> 22) & 1);
    const upper = (sign << 26) | (((value >>> 12) & 0x3ff) << 16);
    return u32((word & 0xf800d000) | upper | (j1 << 13) | (j2 << 11) | ((value >>> 1) & 0x7ff));
  },
};

/**
 * Thumb-2 MOVW and MOVT, first halfword on top: 31-27 11110, 26 i, 25-20 10x100, 19-16 imm4, 15 0, 14-12 imm3, 11-8 Rd, 7-0 imm8.
 * The value is imm4:i:imm3:imm8.
 */
export const THM_MOV16: Field = {
  name: "thm mov16",
  mask: 0x040f70ff,
  read: (word) =>
    signExtend(((word >>> 4) & 0xf000) | ((word >>> 15) & 0x0800) | ((word >>> 4) & 0x0700) | (word & 0x00ff), 16),
  write: (word, value) =>
    u32((word & 0xfbf08f00) | ((value & 0xf000) << 4) | ((value & 0x0800) << 15) | ((value & 0x0700) << 4) | (value & 0x00ff)),
};

/** All fields, for tests that walk them. */
export const FIELDS: readonly Field[] = [BRANCH24, MOV16, PREL31, WORD, THM_BRANCH24, THM_MOV16];
