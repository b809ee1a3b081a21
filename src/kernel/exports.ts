// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbols that the kernel image exports.
 *
 * Models: the sections __ksymtab, __ksymtab_gpl and their __kcrctab of vmlinux, as find_symbol() searches them.
 *
 * @module
 */

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

/**
 * The exports of one kernel, read from the text of `exports.tsv`: a line each of name, address, CRC, GPL-only (0 or 1),
 * namespace and owner, between tabs, numbers in hex without 0x. Only lines that are asked for become objects.
 */
export class KernelExports {
  #text: string;
  #starts: Map<string, number> | undefined;
  #found = new Map<string, ExportedSymbol>();

  constructor(text: string) {
    this.#text = text;
  }

  /** How many there are. */
  get size(): number {
    return this.#index().size;
  }

  /** All names, in the file's order. */
  names(): Iterable<string> {
    return this.#index().keys();
  }

  find(name: string): ExportedSymbol | undefined {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const start = this.#index().get(name);
    if (start === undefined) return undefined;
    const end = this.#text.indexOf("\n", start);
    const [, value, crc, gpl, namespace] = this.#text.slice(start, end < 0 ? undefined : end).split("\t");
    const symbol = {
      name,
      value: parseInt(value, 16),
      crc: crc === "" ? undefined : parseInt(crc, 16),
      gplOnly: gpl === "1",
      namespace,
    };
    this.#found.set(name, symbol);
    return symbol;
  }

  #index(): Map<string, number> {
    if (this.#starts !== undefined) return this.#starts;
    const starts = new Map<string, number>();
    const text = this.#text;
    for (let start = 0; start < text.length;) {
      const tab = text.indexOf("\t", start);
      if (tab < 0) break;
      starts.set(text.slice(start, tab), start);
      const end = text.indexOf("\n", tab);
      if (end < 0) break;
      start = end + 1;
    }
    return this.#starts = starts;
  }
}
