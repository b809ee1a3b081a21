// SPDX-License-Identifier: GPL-2.0-only
/**
 * Small objects for modpost, described by what matters to it.
 *
 * @module
 */

import { R_ARM, SHF, SHT, STB, STT } from "../../src/elf/constants.ts";
import { encodeName, type SectionDescription, type SymbolDescription, writeElf } from "../../src/elf/writer.ts";

/** A section with some bytes, zeros where none are given. */
export interface SmallSection {
  readonly name: string;
  readonly flags?: number;
  readonly type?: number;
  readonly data?: Uint8Array;
}

/** A relocation in a section, at an offset, against a symbol. */
export interface SmallRelocation {
  readonly in: string;
  readonly at: number;
  readonly type?: number;
  readonly to: string;
}

/** An EXPORT_SYMBOL; `label` and `license` where they are not what it writes. */
export interface SmallExport {
  readonly name: string;
  readonly license?: string;
  readonly namespace?: string;
  readonly label?: string;
}

/** An object; .text, .data, .init.text and .exit.text are there anyway. */
export interface SmallObject {
  readonly modinfo?: readonly string[];
  readonly sections?: readonly SmallSection[];
  /** Symbols; global ones unless `bind` says otherwise, undefined unless `section` is given. */
  readonly symbols?: readonly SymbolDescription[];
  readonly relocations?: readonly SmallRelocation[];
  readonly exports?: readonly SmallExport[];
}

const USUAL: readonly SmallSection[] = [
  { name: ".text", flags: SHF.ALLOC | SHF.EXECINSTR },
  { name: ".data", flags: SHF.ALLOC | SHF.WRITE },
  { name: ".init.text", flags: SHF.ALLOC | SHF.EXECINSTR },
  { name: ".exit.text", flags: SHF.ALLOC | SHF.EXECINSTR },
];

/** Bytes of a section that none are given for. */
const ROOM = 64;

function exportSection(exports: readonly SmallExport[]) {
  const labels: SymbolDescription[] = [];
  const relocations: SmallRelocation[] = [];
  let text = "";
  for (const { name, license = "", namespace = "", label = `__export_symbol_${name}` } of exports) {
    labels.push({ name: label, value: text.length, section: ".export_symbol", bind: STB.LOCAL });
    text += `${license}\0${namespace}\0`;
    text = text.padEnd(text.length + 3 & ~3, "\0");
    relocations.push({ in: ".export_symbol", at: text.length, to: name });
    text += "\0\0\0\0";
  }
  return { labels, relocations, section: { name: ".export_symbol", flags: SHF.ALLOC, data: encodeName(text) } };
}

/** Writes an object. */
export function smallObject(
  { modinfo = ["license=GPL"], sections = [], symbols = [], relocations = [], exports = [] }: SmallObject,
): Uint8Array {
  const exported = exportSection(exports);
  const all: SmallSection[] = [
    ...USUAL.filter(({ name }) => !sections.some((each) => each.name === name)),
    ...sections,
    { name: ".modinfo", flags: SHF.ALLOC, data: encodeName(modinfo.map((tag) => `${tag}\0`).join("")) },
    ...(exports.length > 0 ? [exported.section] : []),
  ].filter(({ name }) => name !== ".modinfo" || modinfo.length > 0);
  const table = [...symbols.map((each) => ({ bind: STB.GLOBAL, ...each })), ...exported.labels];
  const ordered = [...table.filter(({ bind }) => bind === STB.LOCAL), ...table.filter(({ bind }) => bind !== STB.LOCAL)];
  const places = [...relocations, ...exported.relocations];
  const described: SectionDescription[] = all.map(({ name, type = SHT.PROGBITS, flags = 0, data = new Uint8Array(ROOM) }) => ({
    name,
    type,
    flags,
    align: 4,
    content: type === SHT.NOBITS ? { size: data.length } : { data },
  }));
  for (const { name } of all) {
    const own = places.filter((each) => each.in === name);
    if (own.length === 0) continue;
    described.push({
      name: `.rel${name}`,
      type: SHT.REL,
      flags: SHF.INFO_LINK,
      align: 4,
      info: name,
      content: { relocations: own.map(({ at, type = R_ARM.ABS32, to }) => ({ offset: at, type, symbol: to })) },
    });
  }
  return writeElf({
    sections: [
      ...described,
      { name: ".symtab", type: SHT.SYMTAB, align: 4, content: { symbols: ordered } },
      { name: ".strtab", type: SHT.STRTAB, content: { strings: true } },
      { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
    ],
  });
}

/** A function of a section. */
export function fn(name: string, section = ".text", value = 0, bind: number = STB.GLOBAL): SymbolDescription {
  return { name, section, value, size: 8, type: STT.FUNC, bind };
}

/** A device table, with the section that holds it. */
export function deviceTable(bus: string, data: Uint8Array): SmallObject {
  const name = `.rodata.${bus}`;
  return {
    sections: [{ name, flags: SHF.ALLOC, data }],
    symbols: [{
      name: `__mod_${bus}__ids_device_table`,
      section: name,
      size: data.length,
      type: STT.OBJECT,
      bind: STB.LOCAL,
    }],
  };
}
