// SPDX-License-Identifier: GPL-2.0-only
/**
 * A bounded, read-only view of an ELF32 file for tools: `inspect`, recipes, tests. The loader engine does not use it: what the
 * kernel does with a damaged file is the engine's subject, whereas here a damaged file is an {@link ElfError}.
 *
 * @module
 */

import { EI_CLASS, EI_DATA, ELFCLASS32, ELFDATA2LSB, ELFMAG, relocationSymbol, relocationType, SHT } from "./constants.ts";
import { EHDR, type Ehdr, readRecord, type RecordLayout, REL, RELA, SHDR, type Shdr, SYM, type Sym } from "./records.ts";
import { hex32, s32 } from "./word.ts";

/** The bytes are no ELF32 file, or one that contradicts itself. */
export class ElfError extends Error {
  override readonly name = "ElfError";

  /**
   * @param offset byte offset in the file of what is wrong
   * @param problem what is wrong, in words
   */
  constructor(readonly offset: number, problem: string) {
    super(`${problem} (file offset ${hex32(offset)})`);
  }
}

/** One section. `data` is a view of the file's bytes, empty for SHT_NULL and SHT_NOBITS. */
export interface ElfSection {
  readonly index: number;
  /** One character per byte. */
  readonly name: string;
  readonly header: Readonly<Shdr>;
  readonly data: Uint8Array;
}

/** One symbol; a name has one character per byte. */
export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  readonly record: Readonly<Sym>;
}

/** One relocation: `symbol` is an index, `addend` is there for SHT_RELA alone. */
export interface ElfRelocation {
  readonly offset: number;
  readonly type: number;
  readonly symbol: number;
  readonly addend?: number;
}

/** The zero-terminated string at `at` in a string table, one character per byte. */
function readString(table: ElfSection | { header: Shdr; data: Uint8Array }, at: number, whose: string): string {
  const end = at < table.data.length ? table.data.indexOf(0, at) : -1;
  if (end < 0) throw new ElfError(table.header.sh_offset, `The name of ${whose} lies outside its string table (offset ${at})`);
  let text = "";
  for (let i = at; i < end; i++) text += String.fromCharCode(table.data[i]);
  return text;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The records that fill a section; a part of one at its end is an error. */
function* recordsOf<Name extends string>(section: ElfSection, record: RecordLayout<Name>): Generator<Record<Name, number>> {
  const { data, header, name } = section;
  if (data.length % record.size !== 0) {
    throw new ElfError(
      header.sh_offset,
      `Section ${section.index} (${name}) has ${data.length} bytes, no multiple of ${record.size}`,
    );
  }
  const view = viewOf(data);
  for (let at = 0; at < data.length; at += record.size) yield readRecord(view, at, record);
}

/** A file whose header, section headers, names and bounds hold. Symbols and relocations are read when asked for. */
export class ElfImage {
  #symbols: readonly ElfSymbol[] | undefined;

  constructor(
    readonly bytes: Uint8Array,
    readonly header: Readonly<Ehdr>,
    readonly sections: readonly ElfSection[],
  ) {}

  /** e_ident. */
  get ident(): Uint8Array {
    return this.bytes.subarray(0, 16);
  }

  /** The first section of this name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((each) => each.name === name);
  }

  /** The first section of type SHT_SYMTAB. */
  get symbolTable(): ElfSection | undefined {
    return this.sections.find((each) => each.header.sh_type === SHT.SYMTAB);
  }

  /** The symbols of {@link symbolTable}, index 0 included; none without such a section. Throws {@link ElfError}. */
  get symbols(): readonly ElfSymbol[] {
    const table = this.symbolTable;
    return this.#symbols ??= table === undefined ? [] : this.symbolsOf(table);
  }

  /** The symbols of one symbol table, index 0 included. Throws {@link ElfError}. */
  symbolsOf(table: ElfSection): ElfSymbol[] {
    const strings = this.sections[table.header.sh_link];
    if (strings === undefined) {
      throw new ElfError(
        table.header.sh_offset,
        `Section ${table.index} (${table.name}) has no string table: sh_link ${table.header.sh_link}`,
      );
    }
    const symbols: ElfSymbol[] = [];
    for (const record of recordsOf(table, SYM)) {
      const index = symbols.length;
      symbols.push({ index, name: readString(strings, record.st_name, `symbol ${index}`), record });
    }
    return symbols;
  }

  /** The relocations of a section of type SHT_REL or SHT_RELA, none of any other. Throws {@link ElfError}. */
  relocations(section: ElfSection): ElfRelocation[] {
    const relocations: ElfRelocation[] = [];
    if (section.header.sh_type === SHT.REL) {
      for (const { r_offset, r_info } of recordsOf(section, REL)) {
        relocations.push({ offset: r_offset, type: relocationType(r_info), symbol: relocationSymbol(r_info) });
      }
    } else if (section.header.sh_type === SHT.RELA) {
      for (const { r_offset, r_info, r_addend } of recordsOf(section, RELA)) {
        const symbol = relocationSymbol(r_info);
        relocations.push({ offset: r_offset, type: relocationType(r_info), symbol, addend: s32(r_addend) });
      }
    }
    return relocations;
  }
}

function readHeader(bytes: Uint8Array): Ehdr {
  for (let i = 0; i < ELFMAG.length; i++) {
    if (bytes[i] !== ELFMAG.charCodeAt(i)) throw new ElfError(0, "Not an ELF file");
  }
  if (bytes.length < EHDR.size) {
    throw new ElfError(0, `The file ends within the ELF header: ${bytes.length} bytes of ${EHDR.size}`);
  }
  if (bytes[EI_CLASS] !== ELFCLASS32) throw new ElfError(EI_CLASS, `Not a 32-bit ELF file: EI_CLASS ${bytes[EI_CLASS]}`);
  if (bytes[EI_DATA] !== ELFDATA2LSB) throw new ElfError(EI_DATA, `Not a little-endian ELF file: EI_DATA ${bytes[EI_DATA]}`);
  return readRecord(viewOf(bytes), 0, EHDR);
}

function readSectionHeaders(bytes: Uint8Array, header: Ehdr): Shdr[] {
  const { e_shoff, e_shnum, e_shentsize } = header;
  if (e_shnum === 0) return [];
  if (e_shentsize !== SHDR.size) throw new ElfError(46, `Section headers of ${e_shentsize} bytes, not ${SHDR.size}`);
  if (e_shoff + e_shnum * SHDR.size > bytes.length) {
    throw new ElfError(32, `${e_shnum} section headers at ${hex32(e_shoff)} end behind the file's ${bytes.length} bytes`);
  }
  const view = viewOf(bytes);
  return Array.from({ length: e_shnum }, (_, index) => readRecord(view, e_shoff + index * SHDR.size, SHDR));
}

/** The bytes of section `index`, which carries any unless it is SHT_NULL or SHT_NOBITS. */
function dataOf(bytes: Uint8Array, header: Ehdr, shdr: Shdr, index: number): Uint8Array {
  if (shdr.sh_type === SHT.NULL || shdr.sh_type === SHT.NOBITS) return bytes.subarray(0, 0);
  const end = shdr.sh_offset + shdr.sh_size;
  if (end > bytes.length) {
    throw new ElfError(
      header.e_shoff + index * SHDR.size,
      `Section ${index} (${shdr.sh_size} bytes at ${hex32(shdr.sh_offset)}) ends behind the file's ${bytes.length} bytes`,
    );
  }
  return bytes.subarray(shdr.sh_offset, end);
}

/**
 * Reads an ELF32 little-endian file of any type and machine.
 *
 * @param bytes any bytes at all; the image keeps views of them
 * @throws {ElfError} where they are no such file, and nothing else
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { ElfError, readImage } from "./image.ts";
 * assertThrows(() => readImage(new Uint8Array(3)), ElfError, "Not an ELF file (file offset 0x00000000)");
 * ```
 */
export function readImage(bytes: Uint8Array): ElfImage {
  const header = readHeader(bytes);
  const headers = readSectionHeaders(bytes, header);
  const contents = headers.map((shdr, index) => dataOf(bytes, header, shdr, index));
  const names = header.e_shstrndx;
  if (headers.length > 0 && names >= headers.length) {
    throw new ElfError(50, `The section names are in section ${names} of ${headers.length}`);
  }
  const sections = headers.map((shdr, index) => ({
    index,
    name: names === 0 ? "" : readString({ header: headers[names], data: contents[names] }, shdr.sh_name, `section ${index}`),
    header: shdr,
    data: contents[index],
  }));
  return new ElfImage(bytes, header, sections);
}
