// SPDX-License-Identifier: GPL-2.0-only
/**
 * An object file as modpost sees it: section headers, symbols and .modinfo, read in place and without an object per symbol.
 *
 * Models: parse_elf(), get_secindex(), sec_name(), sym_name(), remove_dot() and get_modinfo() of scripts/mod/modpost.c,
 * is_valid_name() of scripts/mod/modpost.h, is_mapping_symbol() of include/linux/module_symbol.h.
 *
 * @module
 */

import { EI_CLASS, EI_DATA, ELFCLASS32, ELFDATA2LSB, ELFMAG, EM, ET, nameOf, SHN, SHT } from "../elf/constants.ts";
import { decodeBytes } from "../elf/text.ts";
import { EHDR, readRecord, SHDR, type Shdr, SYM } from "../elf/records.ts";

/** Bytes that are no object that modpost for 32-bit ARM can work on. */
export class ObjectError extends Error {
  override readonly name = "ObjectError";
}

/** Words of a symbol. */
const SYM_WORDS = SYM.size / 4;

const DOT = ".".charCodeAt(0);
const DOLLAR = "$".charCodeAt(0);
const UPPER_L = "L".charCodeAt(0);
const ZERO = "0".charCodeAt(0);

/** Bytes as text, one character each, up to the first zero or the limit. */
export function stringAt(bytes: Uint8Array, at: number, limit = bytes.length): string {
  let end = at;
  while (end < limit && bytes[end] !== 0) end++;
  return decodeBytes(bytes.subarray(at, end));
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Whether there is a digit behind a dot anywhere but at the beginning of a string. */
function hasNumberBehindDot(strings: Uint8Array): boolean {
  for (let at = strings.indexOf(DOT, 1); at >= 0; at = strings.indexOf(DOT, at + 1)) {
    if (strings[at - 1] !== 0 && isDigit(strings[at + 1])) return true;
  }
  return false;
}

/** Why these bytes are no relocatable object of 32-bit ARM; nothing where they are. */
function objection(bytes: Uint8Array): string | undefined {
  if (stringAt(bytes, 0, 8) === "!<arch>\n") return "it is an archive; name the objects in it, not the archive";
  if (stringAt(bytes, 0, 4) !== ELFMAG) return "it is no ELF file";
  if (bytes.length < EHDR.size) return `it ends within the ELF header: ${bytes.length} bytes of ${EHDR.size}`;
  if (bytes[EI_DATA] !== ELFDATA2LSB) return `it is not little-endian: EI_DATA ${bytes[EI_DATA]}`;
  const machine = bytes[18] | bytes[19] << 8;
  if (machine !== EM.ARM) return `it is for the machine ${nameOf(EM, machine)}, not ARM; take the object that ARCH=arm built`;
  if (bytes[EI_CLASS] !== ELFCLASS32) return `it is not a 32-bit file: EI_CLASS ${bytes[EI_CLASS]}`;
  const type = bytes[16] | bytes[17] << 8;
  if (type !== ET.REL) return `it is no relocatable object: e_type ${nameOf(ET, type)}`;
  return undefined;
}

/** A relocatable object; see {@link readObject}. */
export class ElfInfo {
  readonly view: DataView;
  /** Names of sections, in their order. */
  readonly names: readonly string[];
  /** Number of symbols, the empty one at index 0 included. */
  readonly symbolCount: number;
  /** Index of .export_symbol, or 0. */
  readonly exportSymbolSection: number;
  /** The symbol table in words, SYM_WORDS for each symbol: st_name, st_value, st_size, and st_info, st_other and st_shndx in one. */
  readonly #symbols: Uint32Array;
  /** A copy, because {@link removeDot} writes into it. */
  readonly #strings: Uint8Array;
  /** Whether {@link removeDot} can find anything at all. */
  readonly #hasNumbers: boolean;
  readonly #modinfo: Uint8Array | undefined;
  #tags: readonly string[] | undefined;

  constructor(readonly bytes: Uint8Array, readonly sections: readonly SectionHeader[], shstrndx: number) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const strings = sections[shstrndx].sh_offset;
    this.names = sections.map(({ sh_name }) => stringAt(bytes, strings + sh_name));
    const table = sections.findLast(({ sh_type }) => sh_type === SHT.SYMTAB);
    if (table === undefined) throw new ObjectError("it has no symbol table");
    if (table.sh_link >= sections.length) throw new ObjectError(`its symbol table names string table ${table.sh_link}`);
    this.symbolCount = Math.floor(table.sh_size / SYM.size);
    const symbols = bytes.slice(table.sh_offset, table.sh_offset + this.symbolCount * SYM.size);
    this.#symbols = new Uint32Array(symbols.buffer);
    const { sh_offset, sh_size } = sections[table.sh_link];
    this.#strings = bytes.slice(sh_offset, sh_offset + sh_size);
    this.#hasNumbers = hasNumberBehindDot(this.#strings);
    this.exportSymbolSection = Math.max(0, this.names.lastIndexOf(".export_symbol"));
    const modinfo = this.names.lastIndexOf(".modinfo");
    this.#modinfo = modinfo < 1 ? undefined : this.dataOf(modinfo);
  }

  /** The bytes of a section; none where it has none in the file. */
  dataOf(section: number): Uint8Array {
    const { sh_type, sh_offset, sh_size } = this.sections[section];
    return sh_type === SHT.NOBITS ? this.bytes.subarray(0, 0) : this.bytes.subarray(sh_offset, sh_offset + sh_size);
  }

  /** sec_name(): empty where there is no section of that index. */
  sectionName(section: number): string {
    return this.names[section] ?? "";
  }

  symbolValue(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS + 1];
  }

  symbolSize(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS + 2];
  }

  symbolBinding(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS + 3] >>> 4 & 0xf;
  }

  symbolType(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS + 3] & 0xf;
  }

  /** st_shndx, as it stands. */
  symbolShndx(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS + 3] >>> 16;
  }

  /** get_secindex(): the section of a symbol; an index that no section has for SHN_ABS and its kind. */
  symbolSection(symbol: number): number {
    const index = this.symbolShndx(symbol);
    return index >= SHN.LORESERVE ? 0xffff0000 + index : index;
  }

  #nameOffset(symbol: number): number {
    return this.#symbols[symbol * SYM_WORDS];
  }

  symbolName(symbol: number): string {
    return stringAt(this.#strings, this.#nameOffset(symbol));
  }

  /** Whether a symbol's name begins with `text`, or is it. Cheaper than {@link symbolName}. */
  nameIs(symbol: number, text: string, how: "whole" | "start" = "whole"): boolean {
    const strings = this.#strings;
    const at = this.#nameOffset(symbol);
    if (strings[at] !== text.charCodeAt(0)) return false;
    for (let i = 1; i < text.length; i++) if (strings[at + i] !== text.charCodeAt(i)) return false;
    return how === "start" || strings[at + text.length] === 0;
  }

  /** is_valid_name(): whether a symbol has a name, and not that of a mapping symbol or of a label of the compiler. */
  hasValidName(symbol: number): boolean {
    const at = this.#nameOffset(symbol);
    const first = this.#strings[at];
    if (first === 0 || first === undefined) return false;
    const second = this.#strings[at + 1];
    return !(first === DOT && second === UPPER_L || first === UPPER_L && second === ZERO || first === DOLLAR);
  }

  /**
   * remove_dot(): cuts `.123` off a symbol's name, as the compiler appends it to local names. The string table itself changes, so
   * that what shares the bytes is cut as well.
   */
  removeDot(symbol: number): void {
    if (!this.#hasNumbers) return;
    const strings = this.#strings;
    const at = this.#nameOffset(symbol);
    let dot = at;
    while (strings[dot] !== 0 && strings[dot] !== DOT && dot < strings.length) dot++;
    if (dot === at || strings[dot] !== DOT) return;
    let end = dot + 1;
    while (isDigit(strings[end])) end++;
    if (end > dot + 1 && (strings[end] === DOT || strings[end] === 0)) strings[dot] = 0;
  }

  /** The values of `tag=` in .modinfo. */
  modinfo(tag: string): string[] {
    this.#tags ??= this.#modinfo === undefined ? [] : decodeBytes(this.#modinfo).split("\0").filter((each) => each !== "");
    return this.#tags.filter((each) => each.startsWith(`${tag}=`)).map((each) => each.slice(tag.length + 1));
  }
}

/** What of a section header modpost looks at. */
export type SectionHeader = Pick<Shdr, "sh_name" | "sh_type" | "sh_flags" | "sh_offset" | "sh_size" | "sh_link" | "sh_info">;

/** readRecord() of these fields, written out: there are a hundred headers in an object. */
function readSection(view: DataView, at: number): SectionHeader {
  return {
    sh_name: view.getUint32(at, true),
    sh_type: view.getUint32(at + 4, true),
    sh_flags: view.getUint32(at + 8, true),
    sh_offset: view.getUint32(at + 16, true),
    sh_size: view.getUint32(at + 20, true),
    sh_link: view.getUint32(at + 24, true),
    sh_info: view.getUint32(at + 28, true),
  };
}

/**
 * parse_elf(): an object and where its parts are.
 *
 * @throws {ObjectError} where the bytes are no relocatable object of 32-bit ARM, or are cut off
 */
export function readObject(bytes: Uint8Array): ElfInfo {
  const why = objection(bytes);
  if (why !== undefined) throw new ObjectError(why);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { e_shoff, e_shnum, e_shstrndx } = readRecord(view, 0, EHDR);
  if (e_shoff + e_shnum * SHDR.size > bytes.length) {
    throw new ObjectError(`it is cut off: ${e_shnum} section headers at ${e_shoff} end behind its ${bytes.length} bytes`);
  }
  if (e_shstrndx >= e_shnum) throw new ObjectError(`its section names are in section ${e_shstrndx} of ${e_shnum}`);
  const sections = Array.from({ length: e_shnum }, (_, i) => readSection(view, e_shoff + i * SHDR.size));
  for (const [i, { sh_type, sh_offset, sh_size }] of sections.entries()) {
    if (sh_type === SHT.NOBITS || sh_type === SHT.NULL || sh_offset + sh_size <= bytes.length) continue;
    throw new ObjectError(`it is cut off: section ${i} ends at ${sh_offset + sh_size}, behind its ${bytes.length} bytes`);
  }
  return new ElfInfo(bytes, sections, e_shstrndx);
}
