// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbols that the kernel image exports.
 *
 * Models: the sections __ksymtab, __ksymtab_gpl and their __kcrctab of vmlinux, as find_symbol() searches them.
 *
 * @module
 */

import type { AddressRange } from "./execmem.ts";

/** One exported symbol (`struct kernel_symbol` with its CRC and licence). */
export interface ExportedSymbol {
  readonly name: string;
  /** Its address. */
  readonly value: number;
  /** Its CRC, or undefined where the exporter has none. */
  readonly crc: number | undefined;
  readonly gplOnly: boolean;
  /** The namespace, or "". */
  readonly namespace: string;
}

/** Names that are searched one by one before it costs less to read the whole table: some modules' worth. */
const MANY = 500;

/**
 * The exports of one kernel, read from the text of `exports.tsv`: a line each of name, address, CRC, GPL-only (0 or 1),
 * namespace and owner, between tabs, numbers in hex without 0x, in the order of the names' bytes. Like the kernel's own, the table is
 * searched by bisection, so one that is never asked for costs nothing; each answer is remembered. Where many are asked for, all of it is
 * read at once.
 */
export class KernelExports {
  /** What was asked for before; null: there is none. */
  readonly #found = new Map<string, ExportedSymbol | null>();
  /** Whether all names are in the map. */
  #isComplete = false;

  constructor(readonly text: string) {}

  /** Addresses that stand in for those that nobody told; undefined where all are known. */
  get standIns(): AddressRange | undefined {
    return undefined;
  }

  /** All names, in the file's order. */
  *names(): Generator<string> {
    const { text } = this;
    for (let start = 0; start < text.length; start = text.indexOf("\n", start) + 1 || text.length) {
      yield text.slice(start, text.indexOf("\t", start));
    }
  }

  find(name: string): ExportedSymbol | undefined {
    const known = this.#found.get(name);
    if (known !== undefined) return known ?? undefined;
    if (this.#isComplete) return undefined;
    if (this.#found.size === MANY) {
      this.#readAll();
      return this.#found.get(name) ?? undefined;
    }
    const symbol = this.#search(name);
    this.#found.set(name, symbol ?? null);
    return symbol;
  }

  /** The names that are exported at an address, Thumb's bit 0 left aside. The text is searched, so that few questions cost little. */
  namesAt(address: number): string[] {
    const { text } = this;
    return [address & ~1, address | 1].flatMap((value) => {
      const column = `\t${(value >>> 0).toString(16)}\t`;
      const names: string[] = [];
      for (let at = text.indexOf(column); at >= 0; at = text.indexOf(column, at + 1)) {
        const name = text.slice(text.lastIndexOf("\n", at) + 1, at);
        if (!name.includes("\t")) names.push(name);
      }
      return names;
    });
  }

  /** What is told of an export, though a module may be who exports it. */
  told(name: string): ExportedSymbol | undefined {
    return this.find(name);
  }

  /** What a line says. */
  protected read(line: string, _start: number): ExportedSymbol {
    return readLine(line);
  }

  #readAll(): void {
    let start = 0;
    for (const line of this.text.trimEnd().split("\n")) {
      const symbol = this.read(line, start);
      if (!this.#found.has(symbol.name)) this.#found.set(symbol.name, symbol);
      start += line.length + 1;
    }
    this.#isComplete = true;
  }

  #search(name: string): ExportedSymbol | undefined {
    const { text } = this;
    // Both are the start of a line, or the end of the text.
    let low = 0;
    let high = text.length;
    while (low < high) {
      const start = text.lastIndexOf("\n", ((low + high) >> 1) - 1) + 1;
      const end = text.indexOf("\n", start);
      const found = text.slice(start, text.indexOf("\t", start));
      if (found === name) return this.read(text.slice(start, end < 0 ? undefined : end), start);
      if (found > name) high = start;
      else low = end < 0 ? text.length : end + 1;
    }
    return undefined;
  }
}

function readLine(line: string): ExportedSymbol {
  const [name, value, crc, gpl, namespace] = line.split("\t");
  return {
    name,
    value: parseInt(value, 16),
    crc: crc === "" ? undefined : parseInt(crc, 16),
    gplOnly: gpl === "1",
    namespace,
  };
}

const ROW = /^([^\t]+)\t[0-9a-f]{1,8}\t(?:[0-9a-f]{1,8})?\t[01]\t[^\t]*\t[^\t]*$/;
/** The same where any column but the name may be unknown. */
const LEARNT_ROW = /^([^\t]+)\t(?:[0-9a-f]{1,8}|\?)\t(?:[0-9a-f]{1,8}|\?)?\t[01?]\t[^\t]*\t[^\t]*$/;

/**
 * What is wrong with the text of `exports.tsv`: the first line that is no row, or not in the order of names.
 *
 * @param isLearnt whether columns may be unknown, and rows missing
 * @returns undefined where nothing is
 */
export function findBadRow(text: string, isLearnt = false): string | undefined {
  if (text === "") return isLearnt ? undefined : "it has no rows";
  const row = isLearnt ? LEARNT_ROW : ROW;
  let before = "";
  for (const [i, line] of text.replace(/\n$/, "").split("\n").entries()) {
    const name = row.exec(line)?.[1];
    if (name === undefined) {
      return `line ${i + 1} is ${JSON.stringify(line.slice(0, 80))}; it must be name, address, CRC, 0 or 1, namespace, owner`;
    }
    if (name <= before) return `line ${i + 1}: ${name} stands behind ${before}; rows are in the order of their names' bytes`;
    before = name;
  }
  return undefined;
}
