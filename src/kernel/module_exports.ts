// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbols that loaded modules export, and the search through them.
 *
 * Models: find_exported_symbol_in_section() and find_symbol() of kernel/module/main.c. The kernel searches each table by bisection; a
 * table that the linker script sorted gives the same answer through a map, one that is not in order is bisected here too.
 *
 * @module
 */

import type { ExportedSymbol, KernelExports } from "./exports.ts";
import { type KernelModule, type KernelModuleExport, MODULE_STATE } from "./module.ts";

/** What find_symbol() found: the symbol, and its owner (undefined: the kernel itself). */
export interface FoundSymbol {
  readonly symbol: ExportedSymbol;
  readonly owner: KernelModule | undefined;
}

/** One table of one module, in the table's order. */
interface ExportTable {
  readonly owner: KernelModule;
  readonly entries: readonly KernelModuleExport[];
  readonly sorted: boolean;
}

/** strcmp() order of two latin-1 strings. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The kernel's bsearch(). */
function bisect(entries: readonly KernelModuleExport[], name: string): KernelModuleExport | undefined {
  let base = 0;
  for (let count = entries.length; count > 0; count >>= 1) {
    const pivot = base + (count >> 1);
    const order = compareNames(name, entries[pivot].name);
    if (order === 0) return entries[pivot];
    if (order > 0) {
      base = pivot + 1;
      count--;
    }
  }
  return undefined;
}

export class SymbolSearch {
  /** Symbols of sorted tables by name; more than one entry only where one module exports a name in both its tables. */
  #byName = new Map<string, KernelModuleExport[]>();
  #unsorted: ExportTable[] = [];

  constructor(readonly kernel: KernelExports) {}

  /** Makes a module's exports visible: from its COMING state on. */
  add(owner: KernelModule, tables: readonly (readonly KernelModuleExport[])[]): void {
    for (const entries of tables) {
      let sorted = true;
      for (let i = 1; i < entries.length; i++) if (compareNames(entries[i - 1].name, entries[i].name) >= 0) sorted = false;
      if (!sorted) {
        this.#unsorted.push({ owner, entries, sorted });
        continue;
      }
      for (const entry of entries) {
        const known = this.#byName.get(entry.name);
        if (known === undefined) this.#byName.set(entry.name, [entry]);
        else known.push(entry);
      }
    }
  }

  remove(owner: KernelModule): void {
    this.#unsorted = this.#unsorted.filter((table) => table.owner !== owner);
    for (const entry of owner.exports) {
      const rest = this.#byName.get(entry.name)?.filter((each) => each.owner !== owner);
      if (rest === undefined) continue;
      if (rest.length === 0) this.#byName.delete(entry.name);
      else this.#byName.set(entry.name, rest);
    }
  }

  /**
   * find_symbol(): the kernel's own symbols first, then those of the modules.
   *
   * @param gplok whether GPL-only symbols may be used
   */
  find(name: string, gplok: boolean): FoundSymbol | undefined {
    const own = this.kernel.find(name);
    if (own !== undefined && (gplok || !own.gplOnly)) return { symbol: own, owner: undefined };
    const candidates = this.#byName.get(name);
    const fitting = candidates?.find((each) => usable(each, gplok) && !each.gplOnly) ??
      candidates?.find((each) => usable(each, gplok));
    if (fitting !== undefined) return { symbol: fitting, owner: fitting.owner };
    for (const table of this.#unsorted) {
      const found = bisect(table.entries, name);
      if (found !== undefined && usable(found, gplok)) return { symbol: found, owner: found.owner };
    }
    return undefined;
  }
}

function usable(symbol: KernelModuleExport, gplok: boolean): boolean {
  return (gplok || !symbol.gplOnly) && symbol.owner.state !== MODULE_STATE.UNFORMED;
}
