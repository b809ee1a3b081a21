// SPDX-License-Identifier: GPL-2.0-only
/**
 * Turns a finished module back into the object that modpost was given: without what `.mod.c` adds, and with the section
 * .export_symbol again.
 *
 * @module
 */

import { SHF, SHN, SHT, STB } from "../../src/elf/constants.ts";
import { type ElfImage, type ElfSection, readImage } from "../../src/elf/image.ts";
import { describe, encodeName, type SectionDescription, type SymbolDescription, writeElf } from "../../src/elf/writer.ts";
import { decodeBytes } from "../../src/elf/text.ts";
import { stringAt } from "../../src/kbuild/elf_info.ts";

/** An export of a module. */
interface Export {
  readonly name: string;
  readonly namespace: string;
  readonly gpl: boolean;
  readonly crc: number;
  /** Index of its symbol. */
  readonly symbol: number;
}

/** An object, and the CRCs that stand in its `.cmd` file. */
export interface ObjectOfModule {
  readonly object: Uint8Array;
  /** Text of `.NAME.o.cmd`. */
  readonly command: string;
}

/** Sections that the second half of a module brings, or its last link. */
const ADDED =
  /^(__ksymtab(_gpl)?|__kcrctab(_gpl)?|__ksymtab_strings|__versions|\.gnu\.linkonce\.this_module|\.note\.gnu\.build-id|\.note\.Linux|\.plt|\.init\.plt)$/;
/** Symbols that the last link makes. */
const LINKERS = /^__(start|stop)_alloc_tags$/;

/** Tags that the second half brings. */
const ADDED_TAGS = /^(name|vermagic|depends|intree|retpoline|srcversion|staging|test)=/;

function isAdded(image: ElfImage, section: ElfSection): boolean {
  const target = section.header.sh_type === SHT.REL ? image.sections[section.header.sh_info] : section;
  return ADDED.test(target.name);
}

/** The exports of one table. */
function exportsOf(image: ElfImage, gpl: boolean): Export[] {
  const suffix = gpl ? "_gpl" : "";
  const table = image.section(`__ksymtab${suffix}`);
  const strings = image.section("__ksymtab_strings");
  const crcs = image.section(`__kcrctab${suffix}`);
  if (table === undefined || strings === undefined) return [];
  const relocations = image.sections.find(({ header }) => header.sh_type === SHT.REL && header.sh_info === table.index);
  if (relocations === undefined) return [];
  const words = new DataView(table.data.buffer, table.data.byteOffset, table.data.length);
  const byOffset = new Map(image.relocations(relocations).map((each) => [each.offset, each.symbol]));
  const textAt = (offset: number) => {
    const symbol = image.symbols[byOffset.get(offset) ?? 0];
    return stringAt(strings.data, symbol.record.st_value + words.getUint32(offset, true));
  };
  return Array.from({ length: table.data.length / 12 }, (_, i) => ({
    name: textAt(i * 12 + 4),
    namespace: textAt(i * 12 + 8),
    gpl,
    crc: crcs === undefined ? 0 : new DataView(crcs.data.buffer, crcs.data.byteOffset).getUint32(i * 4, true),
    symbol: byOffset.get(i * 12) ?? 0,
  }));
}

function withoutAddedTags(data: Uint8Array): Uint8Array {
  const tags = decodeBytes(data).split("\0").filter((tag) => tag !== "" && !ADDED_TAGS.test(tag));
  return encodeName(tags.map((tag) => `${tag}\0`).join(""));
}

/**
 * The object of a module.
 *
 * @throws {ElfError} where the module is no ELF file, or is damaged
 */
export function objectOfModule(module: Uint8Array, path: string): ObjectOfModule {
  const image = readImage(module);
  const exports = [...exportsOf(image, false), ...exportsOf(image, true)];
  const description = describe(image);
  const kept = image.sections.slice(1).filter((section) => !isAdded(image, section));
  const newIndex = new Map(kept.map((section, i) => [section.index, i + 1]));
  const exportSection = kept.length + 1;

  const labels: SymbolDescription[] = [];
  let data = "";
  for (const { name, namespace, gpl } of exports) {
    labels.push({ name: `__export_symbol_${name}`, value: data.length, section: exportSection, bind: STB.LOCAL });
    data += `${gpl ? "GPL" : ""}\0${namespace}\0`;
    data = data.padEnd((data.length + 3 & ~3) + 4, "\0");
  }

  const oldSymbols = image.symbols.slice(1);
  const symbolIndex = new Map<number, number>([[0, 0]]);
  const symbols: SymbolDescription[] = [];
  const take = (wanted: (bind: number) => boolean) => {
    for (const { index, name, record } of oldSymbols) {
      const bind = record.st_info >>> 4;
      if (!wanted(bind) || LINKERS.test(name)) continue;
      const special = record.st_shndx === SHN.UNDEF || record.st_shndx >= SHN.LORESERVE;
      const section = special ? record.st_shndx : newIndex.get(record.st_shndx);
      const goes = section === undefined && name !== "__this_module";
      if (goes) continue;
      symbols.push({
        name,
        value: section === undefined ? 0 : record.st_value,
        size: section === undefined ? 0 : record.st_size,
        bind,
        type: section === undefined ? 0 : record.st_info & 0xf,
        other: record.st_other,
        section: section ?? SHN.UNDEF,
      });
      symbolIndex.set(index, symbols.length);
    }
  };
  take((bind) => bind === STB.LOCAL);
  symbols.push(...labels);
  take((bind) => bind !== STB.LOCAL);

  const remap = (section: SectionDescription): SectionDescription => {
    const { content } = section;
    const link = newIndex.get(Number(section.link)) ?? 0;
    const changed = { ...section, link };
    if ("symbols" in content) {
      const { info: _info, ...rest } = changed;
      return { ...rest, content: { symbols } };
    }
    if ("relocations" in content) {
      const relocations = content.relocations.map((each) => ({ ...each, symbol: symbolIndex.get(Number(each.symbol)) ?? 0 }));
      return { ...changed, info: newIndex.get(Number(section.info)) ?? 0, content: { relocations } };
    }
    if (section.name === ".modinfo" && "data" in content) {
      return { ...changed, content: { data: withoutAddedTags(content.data) } };
    }
    return changed;
  };
  const sections = kept.map(({ index }) => remap(description.sections[index - 1]));
  if (exports.length > 0) {
    sections.push({
      name: ".export_symbol",
      type: SHT.PROGBITS,
      flags: SHF.ALLOC,
      align: 4,
      content: { data: encodeName(data) },
    });
    sections.push({
      name: ".rel.export_symbol",
      type: SHT.REL,
      flags: SHF.INFO_LINK,
      align: 4,
      info: exportSection,
      content: {
        relocations: exports.map(({ symbol }, i) => ({
          offset: (labels[i].value ?? 0) + labelGap(exports[i]),
          type: 2,
          symbol: symbolIndex.get(symbol) ?? 0,
        })),
      },
    });
  }
  const shstrndx = newIndex.get(image.header.e_shstrndx) ?? 0;
  const object = writeElf({ ...description, header: { ...description.header, e_shstrndx: shstrndx }, sections });
  const lines = exports.map(({ name, crc }) => `#SYMVER ${name} 0x${crc.toString(16).padStart(8, "0")}\n`);
  return { object, command: `savedcmd_${path} := gcc\n\nsource_${path} := ${path.replace(/\.o$/, ".c")}\n\n${lines.join("")}` };
}

/** Bytes between a label in .export_symbol and the pointer behind its two texts. */
function labelGap({ gpl, namespace }: Export): number {
  return (gpl ? 3 : 0) + 1 + namespace.length + 1 + 3 & ~3;
}
