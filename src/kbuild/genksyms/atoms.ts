// SPDX-License-Identifier: GPL-2.0-only
/**
 * Spellings, each kept once: a token's text is an object, two equal texts are the same object, and what is declared under a
 * name hangs on it. So looking a name up, for every token of the source, is reading a field.
 *
 * Models: the hash table behind find_symbol() and __add_symbol() of scripts/genksyms/genksyms.c.
 *
 * @module
 */

import { decodeBytes } from "../../elf/text.ts";
import { encodeName } from "../../elf/writer.ts";
import { KEYWORDS, TOKEN } from "./tokens.ts";
import type { GenksymsSymbol } from "./symbol_table.ts";

/** One spelling. */
export class Atom {
  /** The keyword that it is, or -1. */
  keyword = -1;
  /** What the name means among variables, functions, types and enumerators, whether declared or only in a reference file. */
  ordinary: GenksymsSymbol | undefined = undefined;
  /** What the name means behind struct, union or enum. */
  tag: GenksymsSymbol | undefined = undefined;

  /**
   * @param start where its bytes stand in the table
   * @param chain the next atom in its bucket
   */
  constructor(
    readonly table: AtomTable,
    readonly start: number,
    readonly length: number,
    readonly hash: number,
    readonly chain: Atom | undefined,
  ) {}

  /** The spelling, one character for each byte. */
  get text(): string {
    return decodeBytes(this.table.bytes.subarray(this.start, this.start + this.length));
  }
}

const BUCKETS = 1 << 15;

/** All spellings of a run. */
export class AtomTable {
  /** The spellings' bytes; a larger array takes its place when it is full. */
  bytes = new Uint8Array(1 << 18);
  #size = 0;
  readonly #buckets: (Atom | undefined)[] = Array(BUCKETS).fill(undefined);

  constructor() {
    for (const [name, token] of KEYWORDS) this.of(name).keyword = TOKEN[token];
  }

  /** The atom of the bytes from start to end. */
  intern(source: Uint8Array, start: number, end: number): Atom {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + source[at] | 0;
    const bucket = (hash ^ hash >>> 15) & BUCKETS - 1;
    const first = this.#buckets[bucket];
    for (let atom = first; atom !== undefined; atom = atom.chain) {
      if (atom.hash === hash && atom.length === end - start && this.#same(atom.start, source, start, end)) return atom;
    }
    const place = this.#size;
    this.#reserve(end - start);
    for (let at = start; at < end; at++) this.bytes[this.#size++] = source[at];
    return this.#buckets[bucket] = new Atom(this, place, end - start, hash, first);
  }

  /** The atom of a text, one byte for each character. */
  of(text: string): Atom {
    return this.intern(encodeName(text), 0, text.length);
  }

  #same(place: number, source: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    for (let at = start; at < end; at++) if (bytes[place++] !== source[at]) return false;
    return true;
  }

  #reserve(length: number): void {
    if (this.#size + length <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.#size + length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
