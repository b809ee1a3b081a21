// SPDX-License-Identifier: GPL-2.0-only
/**
 * From a symbol to its checksum: its definition, with each type that it names expanded in place where it is first met.
 *
 * Models: expand_and_crc_sym() of scripts/genksyms/genksyms.c.
 *
 * @module
 */

import { decodeBytes } from "../../elf/text.ts";
import type { Atom } from "./atoms.ts";
import { crc32Update, CRC_ALL_ONES } from "./crc32.ts";
import type { Messages } from "./messages.ts";
import { inOrder, SYM, SYMBOL_TYPES, type SymbolType, type TokenNode } from "./node.ts";
import type { GenksymsSymbol, SymbolTable } from "./symbol_table.ts";

/** A part of a definition: plain tokens, or a name to be expanded. Its bytes are those of the pool from start to end. */
export interface Part {
  readonly start: number;
  readonly end: number;
  /** What the name refers to; the bytes stand for it where it was met before. */
  readonly name: Atom | undefined;
  readonly type: SymbolType;
  symbol: GenksymsSymbol | undefined;
}

/** A definition refers to a name that nothing declares: a damaged dump of types can do that, no source. */
export class DanglingReference extends Error {
  override name = "DanglingReference";
}

/** Expands symbols. What a name means never changes once it has been expanded, so each definition is made ready once. */
export class Expander {
  /** All symbols that were met, each once, in the order in which they were complete. */
  readonly visited: GenksymsSymbol[] = [];
  #pool = new Uint8Array(1 << 20);
  #size = 0;
  /** The symbols met in the expansion under way. */
  #trail: GenksymsSymbol[] = [];
  readonly #symbols: SymbolTable;
  readonly #messages: Messages;
  readonly #dump: boolean;

  /** @param dump -D: the expansion is written as text too */
  constructor(symbols: SymbolTable, messages: Messages, dump: boolean) {
    this.#symbols = symbols;
    this.#messages = messages;
    this.#dump = dump;
  }

  /**
   * The checksum of an exported symbol.
   *
   * @returns the CRC, unsigned, and the symbols that went into it, the last one first
   */
  checksum(symbol: GenksymsSymbol): { crc: number; trail: readonly GenksymsSymbol[] } {
    this.#enter(symbol);
    const crc = ~this.#expand(symbol, CRC_ALL_ONES) >>> 0;
    const trail = this.#trail.reverse();
    this.#trail = [];
    for (const met of trail) met.isInTrail = false;
    return { crc, trail };
  }

  #enter(symbol: GenksymsSymbol): void {
    symbol.isInTrail = true;
    this.#trail.push(symbol);
  }

  #expand(symbol: GenksymsSymbol, crc: number): number {
    if (symbol.definition === undefined) return crc;
    for (const part of symbol.parts ??= this.#partsOf(symbol.definition)) {
      if (part.name !== undefined) {
        const named = part.symbol ??= this.#resolve(part.name, part.type);
        if (!named.isInTrail) {
          this.#enter(named);
          crc = this.#expand(named, crc);
          continue;
        }
      }
      if (this.#dump) this.#messages.text(decodeBytes(this.#pool.subarray(part.start, part.end)));
      crc = crc32Update(crc, this.#pool, part.start, part.end);
    }
    if (!symbol.isVisited) {
      symbol.isVisited = true;
      this.visited.push(symbol);
    }
    return crc;
  }

  #resolve(name: Atom, type: SymbolType): GenksymsSymbol {
    const symbol = this.#symbols.find(name, type);
    if (symbol !== undefined) return symbol;
    if (type === SYM.TYPEDEF || type === SYM.ENUM_CONST) {
      throw new DanglingReference(`${SYMBOL_TYPES[type].name} ${name.text} is named, but nothing declares it`);
    }
    this.#messages.error(`expand undefined ${SYMBOL_TYPES[type].name} ${name.text}`);
    return this.#symbols.addUnknown(name, type);
  }

  #partsOf(definition: TokenNode): Part[] {
    const parts: Part[] = [];
    let start = this.#size;
    const add = (name: Atom | undefined, type: SymbolType) => {
      if (this.#size > start) parts.push({ start, end: this.#size, name, type, symbol: undefined });
      start = this.#size;
    };
    for (const { tag, atom } of inOrder(definition)) {
      if (tag === SYM.NORMAL) {
        this.#write(atom);
        continue;
      }
      add(undefined, SYM.NORMAL);
      if (tag !== SYM.TYPEDEF && tag !== SYM.ENUM_CONST) this.#write(atom.table.of(SYMBOL_TYPES[tag].name));
      this.#write(atom);
      add(atom, tag);
    }
    add(undefined, SYM.NORMAL);
    return parts;
  }

  /** Puts a token and a blank into the pool. */
  #write({ table, start, length }: Atom): void {
    if (this.#size + length >= this.#pool.length) {
      const larger = new Uint8Array(2 * (this.#size + length + 1));
      larger.set(this.#pool);
      this.#pool = larger;
    }
    const { bytes } = table;
    for (let at = start; at < start + length; at++) this.#pool[this.#size++] = bytes[at];
    this.#pool[this.#size++] = 32;
  }
}
