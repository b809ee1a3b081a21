// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bit pictures of instructions, as the manual draws them, and tables of them. A picture has a character for each bit, highest first:
 * `0` and `1` are fixed, `-` is free, a letter is a bit of the field of that name. Equal letters make one number, highest bit first,
 * wherever they stand. A field of capitals, `NNNN`, is the field `n` of a row that has no word with ones alone there: the manual sends
 * such words to another row. Blanks are for the eye.
 *
 * @module
 */

import type { Op } from "./state.ts";

/** The fields of an instruction word by their letters. */
export type Fields = Readonly<Record<string, number>>;

/** What an instruction is decoded at. */
export interface Place {
  readonly name: string;
  readonly word: number;
  readonly address: number;
  readonly thumb: boolean;
  /** Inside an IT block, where narrow T32 instructions set no flags. */
  readonly inIt: boolean;
}

/** Makes the executor of one instruction word. */
export type Build = (fields: Fields, place: Place) => Op;

/** A line of an instruction table. */
export interface Row {
  readonly name: string;
  readonly picture: string;
  /** Bits that are fixed. */
  readonly mask: number;
  /** What they are. */
  readonly value: number;
  readonly width: number;
  readonly build: Build;
  /** Bits that are not all ones: those of fields in capitals. */
  readonly notOnes: readonly number[];
  /** Fields that are UNPREDICTABLE as 15, the PC. */
  readonly notPc: string;
  fields(word: number): Fields;
}

/**
 * A line of an instruction table.
 *
 * @param notPc letters of the register fields that may not be the PC
 *
 * @example
 * ```ts
 * import { row } from "./picture.ts";
 *
 * const { fields } = row("MOV", "cccc 0001 1010 0000 dddd 0000 0000 mmmm", () => () => {});
 * if (fields(0xe1a01002).d !== 1) throw new Error("mov r1, r2");
 * ```
 */
export function row(name: string, picture: string, build: Build, notPc = ""): Row {
  const bits = picture.replaceAll(" ", "");
  if ((bits.length !== 16 && bits.length !== 32) || /[^01a-zA-Z-]/.test(bits)) {
    throw new Error(`${name}: no picture: ${picture}`);
  }
  const where: [letter: string, shift: number][] = [];
  const notOnes = new Map<string, number>();
  let mask = 0;
  let value = 0;
  // Some hundred rows are made at each start.
  for (let i = 0, shift = bits.length - 1; shift >= 0; i++, shift--) {
    const char = bits[i];
    if (char === "-") continue;
    if (char === "0" || char === "1") {
      mask |= 1 << shift;
      if (char === "1") value |= 1 << shift;
    } else {
      const letter = char.toLowerCase();
      where.push([letter, shift]);
      if (letter !== char) notOnes.set(char, (notOnes.get(char) ?? 0) | (1 << shift));
    }
  }
  const fields = (word: number) => {
    const numbers: Record<string, number> = {};
    for (const [letter, shift] of where) numbers[letter] = ((numbers[letter] ?? 0) << 1) | ((word >>> shift) & 1);
    return numbers;
  };
  return {
    name,
    picture,
    mask: mask >>> 0,
    value: value >>> 0,
    width: bits.length,
    notOnes: [...notOnes.values()],
    build,
    notPc,
    fields,
  };
}

/** The executor with fields that the picture does not have, since they are the same in all of the row's words. */
export function given(build: Build, fixed: Fields): Build {
  return (fields, place) => build({ ...fields, ...fixed }, place);
}

/** Whether a word is of a row. */
export function fits({ mask, value, notOnes }: Row, word: number): boolean {
  return ((word ^ value) & mask) === 0 && notOnes.every((ones) => (word & ones) !== ones);
}

/** Whether the other row has ones in all bits of a field that this one has in capitals. */
function excludes({ notOnes }: Row, { mask, value }: Row): boolean {
  return notOnes.some((ones) => (mask & value & ones) === ones);
}

/** Whether some word is of both rows. */
export function overlap(one: Row, other: Row): boolean {
  return ((one.value ^ other.value) & one.mask & other.mask) === 0 && !excludes(one, other) && !excludes(other, one);
}

/** Whether each word of `one` is of `other`, too, and not the other way round: then `one` has to stand first. */
export function moreSpecific(one: Row, other: Row): boolean {
  return overlap(one, other) && (other.mask & ~one.mask) === 0 && (one.mask & ~other.mask) !== 0;
}

/** A table of rows of one width: the first row that fits a word is its instruction. */
export class Table {
  readonly #buckets = new Map<number, Row[]>();

  /** @param key bits by which rows are sorted into buckets */
  constructor(readonly rows: readonly Row[], readonly key: number) {}

  find(word: number): Row | undefined {
    const key = word & this.key;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = this.rows.filter(({ mask, value }) => ((key ^ value) & mask & this.key) === 0);
      this.#buckets.set(key, bucket);
    }
    return bucket.find((row) => fits(row, word));
  }
}
