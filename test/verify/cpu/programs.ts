// SPDX-License-Identifier: GPL-2.0-only
/**
 * Small random programs for comparing CPUs: an instruction of a given row, or a few of them where one alone shows nothing (an IT block,
 * LDREX before STREX), and registers that let it do something.
 *
 * @module
 */

import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { A32, A32_UNCONDITIONAL, findA32, findT32, T16, T32 } from "../../../src/cpu/decode.ts";
import type { Row, Table } from "../../../src/cpu/picture.ts";

/** Where the CPUs' memory is. */
export const CODE = 0x00100000;
export const CODE_SIZE = 1 << 20;
export const DATA = 0x00800000;
export const DATA_SIZE = 1 << 14;

export type InstructionSet = "A32" | "T32";

export const TABLES: Readonly<Record<InstructionSet, readonly Table[]>> = { A32: [A32, A32_UNCONDITIONAL], T32: [T16, T32] };

/** A program and the state that it starts from. */
export interface Program {
  readonly set: InstructionSet;
  /** The row it was made for. */
  readonly row: string;
  /** A32 words, or T32 halfwords, or two of them as a word. */
  readonly words: readonly number[];
  /** R0 to R14. */
  readonly registers: readonly number[];
  /** Unsigned. */
  readonly cpsr: number;
}

const CORNERS = [0, 1, -1, 0x7fffffff, -0x80000000, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7f80ff01, 31, 32, 33];

export class Programs {
  constructor(readonly random: RandomGenerator) {}

  #below(limit: number): number {
    return uniformInt(this.random, 0, limit - 1);
  }

  #word(): number {
    return uniformInt(this.random, -0x80000000, 0x7fffffff);
  }

  /** A number that an operand may be: a corner, a small one, or any. */
  #operand(): number {
    const kind = this.#below(4);
    return kind === 0 ? CORNERS[this.#below(CORNERS.length)] : kind === 1 ? this.#below(64) : this.#word();
  }

  /** A word of a row that no row before it takes; under a condition, mostly the one that always passes. */
  #wordOf(row: Row, set: InstructionSet): number {
    for (;;) {
      const free = row.width === 16 ? 0xffff : -1;
      let word = ((this.#word() & ~row.mask & free) | row.value) >>> 0;
      if (set === "A32" && row.picture.startsWith("cccc")) {
        const condition = this.#below(4) > 0 ? 14 : this.#below(15);
        word = ((word & 0x0fffffff) | (condition << 28)) >>> 0;
      }
      if (/M[CR][CR] p15$/.test(row.name)) word = ((word & ~0x00ef0fff) | 0x000d0f10 | ((2 + this.#below(3)) << 5)) >>> 0;
      if ((set === "A32" ? findA32(word) : findT32(word)) === row) return word;
    }
  }

  /** A program for a row. */
  of(row: Row, set: InstructionSet): Program {
    const word = this.#wordOf(row, set);
    const registers = Array.from({ length: 15 }, () => this.#operand());
    const { n, m, i = 0, l } = row.fields(word);
    const size = row.name.endsWith("D") || l !== undefined ? 4 : 1;
    if (/LD|ST|PLD|TB|POP|PUSH|SP/.test(row.name)) {
      const pointer = DATA + DATA_SIZE / 2 + size * this.#below(512);
      registers[13] = pointer & ~3;
      if (n !== undefined && n < 15 && this.#below(16) > 0) registers[n] = this.#below(2) === 0 ? pointer & ~7 : pointer;
      if (m !== undefined && m < 15 && m !== n) registers[m] = this.#below(8) > 0 ? this.#below(128) : registers[m];
    }
    if (/B[LX]|MOV|ADD|LDR/.test(row.name) && this.#below(2) === 0) {
      if (m !== undefined && m < 15 && m !== n) registers[m] = CODE + 4 * this.#below(1024) + (this.#below(2) as number);
    }
    const flags = this.#word() & 0xf80f0000;
    const cpsr = (flags | 0x1d3 | (set === "T32" ? 32 : 0)) >>> 0;
    return { set, row: row.name, words: this.#around(row, word, set, i), registers, cpsr };
  }

  /** The word in an IT block now and then; a store-exclusive after its load. */
  #around(row: Row, word: number, set: InstructionSet, offset: number): readonly number[] {
    const { n, d, t } = row.fields(word);
    if (row.name.startsWith("STREX")) {
      const spare = [0, 2, 4, 6].find((each) => each !== n && each + 1 !== n && each !== d) ?? 8;
      if (set === "A32") return [((word & 0x0ff00000) | 0xe0100f9f | (n << 16) | (spare << 12)) >>> 0, word];
      if (row.name === "STREX") return [(0xe8500f00 | (n << 16) | (spare << 12) | offset) >>> 0, word];
      const pair = row.name === "STREXD" ? (spare + 1) << 8 : 0xf00;
      return [(0xe8d0000f | (n << 16) | (spare << 12) | pair | (word & 0xf0)) >>> 0, word];
    }
    // What is written to a thread register is read back.
    if (row.name === "MRC p15") return [((word & ~0x0010f000) | (((word >>> 12) & 7) << 12)) >>> 0, word];
    if (row.name === "MCR p15") return [word, (word ^ 0x00101000) >>> 0];
    const branches = /^(B|BL|BX|BLX|BXJ|BKPT|TBB|TBH|CBZ|IT|CPS|SETEND|hint|LDM\w*|POP|LDC|CDP|UDF)\b/.test(row.name) ||
      (row.name.startsWith("LDR") && t === 15);
    if (set === "T32" && !branches && this.#below(3) === 0) return [0xbf08 | (this.#below(15) << 4), word];
    return [word];
  }
}

/** The register that a program starts from where nothing needs another. */
export function plainRegister(i: number): number {
  return 0x01010101 * i;
}

/** The same program with plain numbers in the registers that no field of the word names. */
export function withPlainRegisters(program: Program, row: Row): Program {
  const fields = row.fields(program.words[program.words.length - 1]);
  const named = new Set([..."nmdtehlar"].map((letter) => fields[letter]));
  const registers = program.registers.map((value, i) => named.has(i) || i === 13 ? value : plainRegister(i));
  return { ...program, registers };
}

/** The bytes of a program. */
export function bytesOf({ set, words }: Program): Uint8Array<ArrayBuffer> {
  const halves = words.flatMap((word) =>
    set === "A32" ? [word & 0xffff, word >>> 16] : word > 0xffff ? [word >>> 16, word & 0xffff] : [word]
  );
  return new Uint8Array(new Uint16Array(halves).buffer);
}
