// SPDX-License-Identifier: GPL-2.0-only
/**
 * The exports of a kernel as far as its user could tell them. A column of which nobody told anything is `?`.
 *
 * @module
 */

import type { AddressRange } from "./execmem.ts";
import { type ExportedSymbol, KernelExports } from "./exports.ts";
import { UnknownFact } from "./fault.ts";

const SYMVERS = "the kernel's Module.symvers or its image";

/** How far above PAGE_OFFSET stand-ins begin, and how far they may go: not so far that a module's branch would miss one. */
const STAND_INS = { from: 0x100000, size: 0x800000 };

function known(column: string, name: string, what: string, source: string): string {
  if (column === "?") throw new UnknownFact(what, source, name);
  return column;
}

/** A row; a column that is not known is an {@link UnknownFact} when it is asked for. */
export class LearntExport implements ExportedSymbol {
  readonly #columns: readonly string[];

  constructor(readonly name: string, readonly value: number, columns: readonly string[]) {
    this.#columns = columns;
  }

  get crc(): number | undefined {
    const crc = known(this.#columns[0], this.name, "the exported CRC of", SYMVERS);
    return crc === "" ? undefined : parseInt(crc, 16);
  }
  get gplOnly(): boolean {
    return known(this.#columns[1], this.name, "whether modules under any licence may use", SYMVERS) === "1";
  }
  get namespace(): string {
    return known(this.#columns[2], this.name, "the namespace of", SYMVERS);
  }
  /** Whether it is known that the kernel exports it, and not a module. */
  get isKernels(): boolean {
    return this.#columns[3] !== "?";
  }
}

/**
 * Exports of which some facts, or some rows, may be missing.
 *
 * An address that is not known is stood in for by one that no other export has, so that whatever goes by identity (a parameter's ops) or
 * only copies it can go on; what would depend on its value asks {@link standIns} first.
 */
export class LearntExports extends KernelExports {
  readonly #standIns: AddressRange | undefined;

  /**
   * @param hasAll whether a name that is not there is exported by no part of the kernel
   * @param pageOffset PAGE_OFFSET, or what stands in for it
   */
  constructor(text: string, readonly hasAll: boolean, readonly pageOffset: number) {
    super(text);
    const start = pageOffset + STAND_INS.from;
    this.#standIns = /^[^\t]+\t\?\t/m.test(text) ? { start, end: start + STAND_INS.size } : undefined;
  }

  override get standIns(): AddressRange | undefined {
    return this.#standIns;
  }

  protected override read(line: string, start: number): LearntExport {
    const [name, value, ...columns] = line.split("\t");
    // Rows are longer than the eight bytes that a stand-in is aligned to.
    const standIn = this.pageOffset + STAND_INS.from + (start & ~7);
    return new LearntExport(name, value === "?" ? standIn : parseInt(value, 16), columns);
  }

  override find(name: string): ExportedSymbol | undefined {
    const symbol = this.told(name);
    const isKnown = symbol === undefined ? this.hasAll : symbol.isKernels;
    if (!isKnown) throw new UnknownFact("whether the kernel itself exports", SYMVERS, name);
    return symbol;
  }

  override told(name: string): LearntExport | undefined {
    return super.find(name) as LearntExport | undefined;
  }
}
