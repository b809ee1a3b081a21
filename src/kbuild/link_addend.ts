// SPDX-License-Identifier: GPL-2.0-only
/**
 * Addends that stand in the relocated place itself, moved with the section that they point into.
 *
 * Source: aaelf32, "Addends and PC-bias": the addend of SHT_REL is in the field of the instruction or word.
 *
 * @module
 */

import { type Field, FIELDS, MOV16, THM_BRANCH24, THM_MOV16 } from "../arch_arm/fields.ts";
import { RELOCATIONS } from "../arch_arm/relocations.ts";
import { s32, u32 } from "../elf/word.ts";

const FIELD_OF = new Map<number, Field>(
  RELOCATIONS.flatMap(({ type, field }) => field === undefined ? [] : [[type, field] as const]),
);

/** Thumb-2 instructions have their first halfword on top. */
const THUMB: readonly Field[] = [THM_BRANCH24, THM_MOV16];

function readWord(view: DataView, at: number, isThumb: boolean): number {
  return isThumb ? u32(view.getUint16(at, true) << 16 | view.getUint16(at + 2, true)) : view.getUint32(at, true);
}

function writeWord(view: DataView, at: number, isThumb: boolean, word: number): void {
  if (isThumb) {
    view.setUint16(at, word >>> 16, true);
    view.setUint16(at + 2, word & 0xffff, true);
  } else view.setUint32(at, word, true);
}

/**
 * Adds to the addend of a place.
 *
 * @returns whether the type has an addend, and the sum fits into it; else nothing is changed
 */
export function moveAddend(view: DataView, at: number, type: number, by: number): boolean {
  const field = FIELD_OF.get(type);
  if (field === undefined || !FIELDS.includes(field)) return false;
  const isThumb = THUMB.includes(field);
  const word = readWord(view, at, isThumb);
  const sum = s32(field.read(word) + by);
  const moved = field.write(word, sum);
  // MOVW takes the low half of a sum and MOVT the high half: an addend beyond 16 bits would be lost to the second.
  const fits = field === MOV16 || field === THM_MOV16 ? sum >= -0x8000 && sum < 0x8000 : field.read(moved) === sum;
  if (fits) writeWord(view, at, isThumb, moved);
  return fits;
}
