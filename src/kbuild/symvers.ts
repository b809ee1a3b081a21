// SPDX-License-Identifier: GPL-2.0-only
/**
 * Module.symvers: one export per line, columns between tabs: CRC, symbol, module, EXPORT_SYMBOL or EXPORT_SYMBOL_GPL, namespace.
 *
 * Models: read_dump() and write_dump() of scripts/mod/modpost.c. Kernels before 5.4 had four columns, before 2.6.18 three.
 *
 * @module
 */

/** One line. What an older format has no column for is undefined. */
export interface SymversEntry {
  readonly name: string;
  /** The module's path without its suffix; `vmlinux` for the kernel. */
  readonly module: string;
  readonly crc: number;
  readonly gpl: boolean | undefined;
  readonly namespace: string | undefined;
}

/** One line with five columns. */
export interface FullSymversEntry extends SymversEntry {
  readonly gpl: boolean;
  readonly namespace: string;
}

/** A line that is none of Module.symvers. */
export class SymversError extends Error {
  override readonly name = "SymversError";

  /** @param line its number, from 1 */
  constructor(readonly line: number, readonly problem: string) {
    super(`line ${line}: ${problem}`);
  }
}

const EXPORTS: Readonly<Record<string, boolean>> = { EXPORT_SYMBOL: false, EXPORT_SYMBOL_GPL: true };

function shorten(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

function parseLine(line: string, number: number): SymversEntry {
  const columns = line.split("\t");
  const [crc, name, module, kind, namespace] = columns;
  if (columns.length < 3 || columns.length > 5) {
    throw new SymversError(number, `${columns.length} columns where there are 3 to 5 between tabs: ${shorten(line)}`);
  }
  if (!/^(0[xX])?[0-9a-fA-F]{1,8}$/.test(crc)) {
    throw new SymversError(number, `the CRC ${shorten(crc)} is no number of 32 bits`);
  }
  if (name === "") throw new SymversError(number, "the symbol has no name");
  if (module === "") throw new SymversError(number, `the symbol "${name}" has no module`);
  if (kind !== undefined && !Object.hasOwn(EXPORTS, kind)) {
    throw new SymversError(number, `"${name}" is exported by ${shorten(kind)}, not by EXPORT_SYMBOL or EXPORT_SYMBOL_GPL`);
  }
  return { name, module, crc: parseInt(crc, 16), gpl: EXPORTS[kind], namespace };
}

/**
 * The lines of a Module.symvers of any format.
 *
 * @throws {SymversError} for the first line that is none
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseSymvers } from "./symvers.ts";
 * assertEquals(parseSymvers("0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"), [
 *   { name: "_printk", module: "vmlinux", crc: 0x92997ed8, gpl: false, namespace: "" },
 * ]);
 * ```
 */
export function parseSymvers(text: string): SymversEntry[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => parseLine(line, i + 1));
}

/**
 * The lines of a Module.symvers as modpost of 6.12 reads it.
 *
 * @throws {SymversError} for the first line that is none, or has not five columns
 */
export function parseFullSymvers(text: string): FullSymversEntry[] {
  const entries = parseSymvers(text);
  const short = entries.findIndex(({ namespace }) => namespace === undefined);
  if (short < 0) return entries as FullSymversEntry[];
  const columns = entries[short].gpl === undefined ? 3 : 4;
  throw new SymversError(short + 1, `${columns} columns, as an older kernel wrote them, where modpost of 6.12 needs 5`);
}

/** write_dump()'s line for one export, newline included. */
export function symversLine({ crc, name, module, gpl, namespace }: SymversEntry): string {
  const hex = crc.toString(16).padStart(8, "0");
  return `0x${hex}\t${name}\t${module}\tEXPORT_SYMBOL${gpl ? "_GPL" : ""}\t${namespace ?? ""}\n`;
}
