// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbol nearest to an address.
 *
 * Models: scripts/mod/symsearch.c. The table is sorted when it is first asked, which for most objects is never.
 *
 * @module
 */

import { STT } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import type { ElfInfo } from "./elf_info.ts";

interface Entry {
  symbol: number;
  readonly section: number;
  readonly address: number;
}

/** The named symbols of an object by section and address; of several at one address the first in the symbol table counts. */
export class SymbolSearch {
  #table: readonly Entry[] | undefined;

  constructor(readonly elf: ElfInfo) {}

  /** symsearch_init(). */
  #entries(): readonly Entry[] {
    if (this.#table !== undefined) return this.#table;
    const { elf } = this;
    const table: Entry[] = [];
    for (let symbol = 0; symbol < elf.symbolCount; symbol++) {
      if (!elf.hasValidName(symbol)) continue;
      const value = elf.symbolValue(symbol);
      const address = elf.symbolType(symbol) === STT.FUNC ? u32(value & ~1) : value;
      table.push({ symbol, section: elf.symbolSection(symbol), address });
    }
    table.sort((a, b) => a.section - b.section || a.address - b.address || a.symbol - b.symbol);
    for (let i = 1; i < table.length; i++) {
      const { address, section, symbol } = table[i - 1];
      if (table[i].address === address && table[i].section === section) table[i].symbol = symbol;
    }
    return this.#table = table;
  }

  /**
   * symsearch_find_nearest().
   *
   * @param allowNegative a symbol behind the address will do
   * @param distance bytes that it may be away
   * @returns the symbol's index
   */
  nearest(address: number, section: number, allowNegative: boolean, distance: number): number | undefined {
    const table = this.#entries();
    let low = 0;
    let high = table.length;
    while (high > low) {
      const middle = low + Math.floor((high - low) / 2);
      const entry = table[middle];
      if (entry.section > section || entry.section === section && entry.address > address) high = middle;
      else low = middle + 1;
    }
    let limit = distance;
    let found: number | undefined;
    const behind = table[high];
    if (allowNegative && behind?.section === section && u32(behind.address - address) <= limit) {
      limit = u32(behind.address - address);
      found = behind.symbol;
    }
    const before = table[high - 1];
    if (before?.section === section && u32(address - before.address) <= limit) found = before.symbol;
    return found;
  }
}
