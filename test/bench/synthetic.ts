// SPDX-License-Identifier: GPL-2.0-only
/**
 * Modules of any size, made from nothing.
 *
 * @module
 */

import { R_ARM, SHF, SHT, STB, STT } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { describe, type RelocationDescription, type SectionDescription, writeElf } from "../../src/elf/writer.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { buildMinimal } from "../../src/suite/build/minimal.ts";
import { Table } from "../../src/suite/build/table.ts";
import { kernelFacts } from "../../src/suite/case_modules.ts";

/** How much of each a module has. */
export interface Measures {
  /** Relocations: one in four a call of a kernel's function, one in four a call of its own, the others addresses in data. */
  readonly relocations: number;
  /** Functions of its own, each with a name. */
  readonly symbols: number;
  /** Symbols of the kernel that it uses. */
  readonly imports: number;
  /** Further bytes of data. */
  readonly data: number;
}

const BL = 0xebfffffe;

/** Exports of the kernel that any module may use. */
function importable(profile: KernelProfile, count: number): string[] {
  const names: string[] = [];
  for (const name of profile.exports.names()) {
    if (names.length === count) break;
    if (name !== "module_layout" && profile.exports.find(name)?.namespace === "") names.push(name);
  }
  return names;
}

/** Builds a module of these measures. */
export function syntheticModule(profile: KernelProfile, { relocations, symbols, imports, data }: Measures): Uint8Array {
  const values = { name: "synthetic", imports: importable(profile, imports) };
  const base = buildMinimal(new Table("bench", values), "synthetic", kernelFacts(profile), () => new Uint8Array());
  const description = describe(readImage(base));
  const symtab = description.sections.find((each) => "symbols" in each.content);
  if (symtab === undefined || !("symbols" in symtab.content)) throw new Error("The minimal module has no symbol table");
  const table = symtab.content.symbols;
  // Symbol 0 is not in the table.
  const undefinedSymbols = table.flatMap(({ section }, i) => section === 0 ? [i + 1] : []);

  const branches = relocations >> 1;
  const code = new Uint32Array(branches + symbols).fill(BL);
  const firstOwn = table.length + 1;
  for (let i = 0; i < symbols; i++) {
    const name = `synthetic_function_number_${i}`;
    table.push({ name, value: 4 * (branches + i), size: 4, bind: STB.GLOBAL, type: STT.FUNC, section: ".text.synthetic" });
  }
  const calls: RelocationDescription[] = [];
  for (let i = 0; i < branches; i++) {
    const symbol = i % 2 === 0 ? undefinedSymbols[i % undefinedSymbols.length] : firstOwn + i % symbols;
    calls.push({ offset: 4 * i, type: R_ARM.CALL, symbol });
  }
  const addresses: RelocationDescription[] = [];
  for (let i = 0; i < relocations - branches; i++) {
    addresses.push({ offset: 4 * i, type: R_ARM.ABS32, symbol: firstOwn + i % symbols });
  }
  const bytes = new Uint8Array(4 * addresses.length + data);
  const progbits = (name: string, flags: number, data: Uint8Array): SectionDescription => {
    return { name, type: SHT.PROGBITS, flags, align: 4, content: { data } };
  };
  const rel = (name: string, info: string, relocations: RelocationDescription[]): SectionDescription => {
    return { name, type: SHT.REL, flags: SHF.INFO_LINK, align: 4, info, link: symtab.name, content: { relocations } };
  };
  description.sections.push(
    progbits(".text.synthetic", SHF.ALLOC | SHF.EXECINSTR, new Uint8Array(code.buffer)),
    progbits(".data.synthetic", SHF.ALLOC | SHF.WRITE, bytes),
    rel(".rel.text.synthetic", ".text.synthetic", calls),
    rel(".rel.data.synthetic", ".data.synthetic", addresses),
  );
  return writeElf(description);
}
