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
import { Name } from "./name.ts";

/** What find_symbol() found: the symbol, and its owner (undefined: the kernel itself). */
export interface FoundSymbol extends ExportedSymbol {
  readonly owner?: KernelModule;
}

/** One table of one module, in the table's order. */
interface ExportTable {
  readonly owner: KernelModule;
  readonly entries: readonly KernelModuleExport[];
}

/** A power of two. */
const FEWEST_SLOTS = 1 << 10;

/** All symbols of one name. */
interface SameName {
  readonly hash: number;
  readonly text: string;
  readonly ofKernel: FoundSymbol | undefined;
  /** Those of sorted tables; more than one only where one module exports a name in both its tables. */
  ofModules: KernelModuleExport[];
  /** Another name of the same slot. */
  next: SameName | undefined;
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

function isSorted(entries: readonly KernelModuleExport[]): boolean {
  for (let i = 1; i < entries.length; i++) if (compareNames(entries[i - 1].name, entries[i].name) >= 0) return false;
  return true;
}

export class SymbolSearch {
  /** What was asked for or exported before: a hash table. */
  #slots = new Array<SameName | undefined>(FEWEST_SLOTS).fill(undefined);
  #count = 0;
  #unsorted: ExportTable[] = [];

  constructor(readonly kernel: KernelExports) {}

  /** Makes a module's exports visible: from its COMING state on. */
  add(owner: KernelModule, tables: readonly (readonly KernelModuleExport[])[]): void {
    for (const entries of tables) {
      if (isSorted(entries)) { for (const entry of entries) this.#sameName(entry.nameInMemory).ofModules.push(entry); }
      else this.#unsorted.push({ owner, entries });
    }
  }

  remove(owner: KernelModule): void {
    this.#unsorted = this.#unsorted.filter((table) => table.owner !== owner);
    for (const entry of owner.exports) {
      const same = this.#sameName(Name.of(entry.name));
      same.ofModules = same.ofModules.filter((each) => each.owner !== owner);
    }
  }

  /**
   * find_symbol(): the kernel's own symbols first, then those of the modules.
   *
   * @param gplok whether GPL-only symbols may be used
   */
  find(name: Name, gplok: boolean): FoundSymbol | undefined {
    const { ofKernel, ofModules } = this.#sameName(name);
    if (ofKernel !== undefined && (gplok || !ofKernel.gplOnly)) return ofKernel;
    let fitting: KernelModuleExport | undefined;
    for (const each of ofModules) {
      if (usable(each, gplok) && (fitting === undefined || (fitting.gplOnly && !each.gplOnly))) fitting = each;
    }
    if (fitting !== undefined) return fitting;
    for (const table of this.#unsorted) {
      const found = bisect(table.entries, name.toString());
      if (found !== undefined && usable(found, gplok)) return found;
    }
    return undefined;
  }

  #sameName(name: Name): SameName {
    let same = this.#slots[name.hash & (this.#slots.length - 1)];
    while (same !== undefined && !(same.hash === name.hash && name.is(same.text))) same = same.next;
    return same ?? this.#add(name);
  }

  #add({ hash, text }: Name): SameName {
    const ofKernel = this.kernel.find(text);
    if (this.#count === this.#slots.length) this.#grow();
    this.#count++;
    const slot = hash & (this.#slots.length - 1);
    return this.#slots[slot] = { hash, text, ofKernel, ofModules: [], next: this.#slots[slot] };
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array<SameName | undefined>(2 * old.length).fill(undefined);
    for (let same of old) {
      while (same !== undefined) {
        const { next } = same;
        const slot = same.hash & (this.#slots.length - 1);
        same.next = this.#slots[slot];
        this.#slots[slot] = same;
        same = next;
      }
    }
  }
}

function usable(symbol: KernelModuleExport, gplok: boolean): boolean {
  return (gplok || !symbol.gplOnly) && symbol.owner.state !== MODULE_STATE.UNFORMED;
}
