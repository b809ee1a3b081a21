// SPDX-License-Identifier: GPL-2.0-only
/**
 * From an instruction word to its executor, by the tables.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, chapters A5 and A6.
 *
 * @module
 */

import { A32_DATA_PROCESSING } from "./a32_data.ts";
import { A32_LOAD_STORE, A32_LOAD_STORE_UNCONDITIONAL } from "./a32_load_store.ts";
import { A32_MEDIA } from "./a32_media.ts";
import { A32_MULTIPLY } from "./a32_multiply.ts";
import { A32_SYSTEM, A32_SYSTEM_UNCONDITIONAL } from "./a32_system.ts";
import { AL, conditional } from "./exec_branch.ts";
import { undefinedOp, unpredictableOp } from "./outcome.ts";
import { type Place, type Row, Table } from "./picture.ts";
import type { Op } from "./state.ts";
import { T32_DATA_PROCESSING } from "./t32_data.ts";
import { T32_LOAD_STORE } from "./t32_load_store.ts";
import { T32_MEDIA } from "./t32_media.ts";
import { T16 as T16_ROWS } from "./t32_narrow.ts";
import { T32_SYSTEM } from "./t32_system.ts";
import { A32_SIMD, A32_VFP, T32_SIMD, T32_VFP } from "./vfp.ts";

/** A32 with a condition. */
export const A32 = new Table(
  [...A32_DATA_PROCESSING, ...A32_MULTIPLY, ...A32_MEDIA, ...A32_LOAD_STORE, ...A32_VFP, ...A32_SYSTEM],
  0x0ff000f0,
);
/** A32 with 1111 where the condition stands. */
export const A32_UNCONDITIONAL = new Table(
  [...A32_LOAD_STORE_UNCONDITIONAL, ...A32_SYSTEM_UNCONDITIONAL, ...A32_SIMD],
  0x0ff000f0,
);

/** T32 of one halfword. */
export const T16 = new Table(T16_ROWS, 0xffc0);
/** T32 of two halfwords, the first one on top. */
export const T32 = new Table(
  [...T32_DATA_PROCESSING, ...T32_MEDIA, ...T32_LOAD_STORE, ...T32_VFP, ...T32_SYSTEM, ...T32_SIMD],
  0xfff080f0,
);

/** The row that a word of A32 belongs to. */
export function findA32(word: number): Row | undefined {
  return (word >>> 28 === 15 ? A32_UNCONDITIONAL : A32).find(word);
}

/** The row that a T32 word belongs to. @param word a halfword, or two with the first one on top */
export function findT32(word: number): Row | undefined {
  return word > 0xffff ? T32.find(word) : T16.find(word);
}

/** What a row makes of a word. */
function build(row: Row | undefined, place: Omit<Place, "name">): Op {
  const named = { ...place, name: row?.name ?? "unknown" };
  if (row === undefined) return undefinedOp(named, "no such instruction");
  const fields = row.fields(place.word);
  const pc = [...row.notPc].find((letter) => fields[letter] === 15);
  return pc !== undefined ? unpredictableOp(named, `the PC as register ${pc}`) : row.build(fields, named);
}

/**
 * The executor of an A32 word.
 *
 * @param word 32 bits unsigned
 * @param address of the instruction; branches and literals are relative to it
 */
export function decodeA32(word: number, address: number): Op {
  const op = build(findA32(word), { word, address, thumb: false, inIt: false });
  return conditional(Math.min(word >>> 28, AL), op);
}

/** Whether a halfword is the first one of two. */
export function isWide(halfword: number): boolean {
  return halfword >>> 11 >= 0b11101;
}

/**
 * The executor of a T32 instruction.
 *
 * @param word a halfword, or two with the first one on top
 * @param inIt whether it stands in an IT block, where narrow instructions set no flags; the condition is the caller's to hold
 */
export function decodeT32(word: number, address: number, inIt: boolean): Op {
  return build(findT32(word), { word, address, thumb: true, inIt });
}
