// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a module gives to others and what it needs from them.
 *
 * Models: struct kernel_symbol of kernel/module/internal.h and the `__kcrctab` beside it; struct modversion_info of
 * include/linux/module.h.
 *
 * @module
 */

import { R_ARM, SHN, SHT, STB, symbolBinding } from "../elf/constants.ts";
import { ElfError, type ElfImage, type ElfSection } from "../elf/image.ts";
import { hex32, u32 } from "../elf/word.ts";
import { KERNEL_SYMBOL_SIZE } from "../module/sections.ts";
import { allocatedSection, placeName, readable, type Subject, viewOf } from "./inspect_subject.ts";
import { symbolName } from "./inspect_symbols.ts";

/** One exported symbol. */
export interface ExportFacts {
  name: string;
  gplOnly: boolean;
  /** Absent where there is no table of CRCs. */
  crc?: string;
  namespace: string;
  /** The symbol that it is the address of. */
  symbol: string;
}

export interface ImportFacts {
  /** Undefined symbols; `crc` is what __versions expects, absent where it has no entry. */
  symbols: { name: string; weak: boolean; crc?: string }[];
  /** Entries of __versions that no symbol asks for, such as module_layout, which stands for struct module. */
  otherVersions: { name: string; crc: string }[];
}

/** struct modversion_info: the CRC, then 60 bytes of name. */
const MODVERSION_INFO_SIZE = 64;
/** SHN_ABS, or the section's index; where in it. */
interface Pointer {
  shndx: number;
  offset: number;
  symbol: string;
}

/** The words of a section that a linker has filled in: what stands there, and the symbol that is added to it. */
function pointersOf(image: ElfImage, section: ElfSection): (offset: number) => Pointer {
  const view = viewOf(section);
  const symbols = new Map<number, number>();
  for (const each of image.sections) {
    if (each.header.sh_type !== SHT.REL || each.header.sh_info !== section.index) continue;
    for (const { offset, type, symbol } of image.relocations(each)) {
      if (type === R_ARM.ABS32 || type === R_ARM.TARGET1) symbols.set(offset, symbol);
    }
  }
  return (offset) => {
    const word = view.getUint32(offset, true);
    const index = symbols.get(offset);
    const symbol = index === undefined ? undefined : image.symbols[index];
    if (symbol === undefined) return { shndx: SHN.ABS, offset: word, symbol: "" };
    const { st_shndx, st_value } = symbol.record;
    return { shndx: st_shndx, offset: u32(word + st_value), symbol: symbolName(image, symbol) };
  };
}

/** The string that a pointer leads to; "" for a null pointer. */
function stringAt(image: ElfImage, { shndx, offset }: Pointer, from: ElfSection, at: number): string {
  if (shndx === SHN.ABS && offset === 0) return "";
  const data = image.sections[shndx]?.data;
  const end = data === undefined || offset >= data.length ? -1 : data.indexOf(0, offset);
  if (data === undefined || end < 0) {
    const place = `${placeName(image, shndx)}+0x${offset.toString(16)}`;
    throw new ElfError(
      u32(from.header.sh_offset + at),
      `The string of ${readable(from.name)}+0x${at.toString(16)} is not at ${place}`,
    );
  }
  return readable(Array.from(data.subarray(offset, end), (byte) => String.fromCharCode(byte)).join(""));
}

function exportTable(image: ElfImage, suffix: "" | "_gpl"): ExportFacts[] {
  const section = allocatedSection(image, "__ksymtab" + suffix);
  if (section === undefined) return [];
  const crcs = allocatedSection(image, "__kcrctab" + suffix);
  const pointer = pointersOf(image, section);
  const crcPointer = crcs === undefined ? undefined : pointersOf(image, crcs);
  return Array.from({ length: Math.floor(section.data.length / KERNEL_SYMBOL_SIZE) }, (_, i) => {
    const at = i * KERNEL_SYMBOL_SIZE;
    const hasCrc = crcs !== undefined && crcPointer !== undefined && 4 * i + 4 <= crcs.data.length;
    return {
      name: stringAt(image, pointer(at + 4), section, at + 4),
      gplOnly: suffix === "_gpl",
      ...(hasCrc ? { crc: hex32(crcPointer(4 * i).offset) } : {}),
      namespace: stringAt(image, pointer(at + 8), section, at + 8),
      symbol: pointer(at).symbol,
    };
  });
}

/** The entries of `__ksymtab`, then those of `__ksymtab_gpl`. Throws ElfError. */
export function exportsOf({ image }: Pick<Subject, "image">): ExportFacts[] {
  return [...exportTable(image, ""), ...exportTable(image, "_gpl")];
}

/** __versions by name; of two entries for one name the first counts. */
function versionsOf(image: ElfImage): Map<string, string> {
  const versions = new Map<string, string>();
  const section = allocatedSection(image, "__versions");
  if (section === undefined) return versions;
  const view = viewOf(section);
  for (let at = 0; at + MODVERSION_INFO_SIZE <= section.data.length; at += MODVERSION_INFO_SIZE) {
    const field = section.data.subarray(at + 4, at + MODVERSION_INFO_SIZE);
    const end = field.indexOf(0);
    const name = String.fromCharCode(...(end < 0 ? field : field.subarray(0, end)));
    if (!versions.has(name)) versions.set(name, hex32(view.getUint32(at, true)));
  }
  return versions;
}

/** The undefined symbols with the CRCs that they must have. Throws ElfError. */
export function importsOf({ image }: Pick<Subject, "image">): ImportFacts {
  const versions = versionsOf(image);
  const symbols = image.symbols.slice(1).filter(({ record }) => record.st_shndx === SHN.UNDEF).map(({ name, record }) => {
    const crc = versions.get(name);
    const weak = symbolBinding(record.st_info) === STB.WEAK;
    return { raw: name, name: readable(name), weak, ...(crc === undefined ? {} : { crc }) };
  });
  for (const { raw } of symbols) versions.delete(raw);
  return {
    symbols: symbols.map(({ raw: _raw, ...rest }) => rest),
    otherVersions: [...versions].map(([name, crc]) => ({ name: readable(name), crc })),
  };
}
