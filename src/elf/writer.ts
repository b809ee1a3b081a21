// SPDX-License-Identifier: GPL-2.0-only
/**
 * Builds ELF32 files from a description, and describes an image in the same terms. The layout depends on the description alone:
 * header, sections in their order, section headers at the end.
 *
 * @module
 */

import {
  EF_ARM,
  EI_CLASS,
  EI_DATA,
  ELFCLASS32,
  ELFDATA2LSB,
  ELFMAG,
  EM,
  ET,
  SHT,
  STB,
  symbolBinding,
  symbolType,
} from "./constants.ts";
import { ElfError, type ElfImage, type ElfSection } from "./image.ts";
import { EHDR, type Ehdr, REL, RELA, SHDR, type Shdr, SYM, writeRecord } from "./records.ts";
import { encodeName, StringTable } from "./string_table.ts";
import { align, u32 } from "./word.ts";

export { encodeName };

/** A section by its index, or by its name: the first one that has it. */
export type SectionRef = number | string;

/** A symbol of a symbol table; what is left out is 0 or empty. `section` is st_shndx. */
export interface SymbolDescription {
  name: string;
  value?: number;
  size?: number;
  bind?: number;
  type?: number;
  other?: number;
  section?: SectionRef;
}

/** A relocation. `symbol` is an index or, within the table that the section's `link` names, a name. */
export interface RelocationDescription {
  offset: number;
  type: number;
  symbol: number | string;
  /** Of SHT_RELA. */
  addend?: number;
}

/**
 * What a section holds: bytes; a size without bytes (SHT_NOBITS, SHT_NULL); symbols behind the null symbol; relocations; or the
 * strings that section names and symbol tables put there, where with `sharesTails` a name lies at the end of a longer one, as GNU ld has it.
 */
export type Content =
  | { data: Uint8Array }
  | { size: number }
  | { symbols: SymbolDescription[] }
  | { relocations: RelocationDescription[] }
  | { strings: true; sharesTails?: true };

/** A section; `link`, `info` and `entsize` are derived for symbol and relocation tables where they are left out. */
export interface SectionDescription {
  name: string;
  type: number;
  flags?: number;
  address?: number;
  align?: number;
  link?: SectionRef;
  info?: SectionRef;
  entsize?: number;
  content: Content;
}

/** A file. Section 0 and symbol 0 are not listed. */
export interface ElfDescription {
  /** e_ident; that of ARM, little-endian, where it is left out. */
  ident?: Uint8Array;
  /** Fields that differ from those of a relocatable file for ARM; offsets and counts need not follow from the layout. */
  header?: Partial<Ehdr>;
  /** Fields of section 0 that are not zero. */
  nullSection?: Partial<Shdr>;
  sections: SectionDescription[];
}

const DEFAULT_HEADER: Partial<Ehdr> = {
  e_type: ET.REL,
  e_machine: EM.ARM,
  e_version: 1,
  e_entry: 0,
  e_phoff: 0,
  e_flags: EF_ARM.EABI_VER5,
  e_ehsize: EHDR.size,
  e_phentsize: 0,
  e_phnum: 0,
  e_shentsize: SHDR.size,
};

function defaultIdent(): Uint8Array {
  const ident = new Uint8Array(16);
  ident.set(encodeName(ELFMAG));
  ident[EI_CLASS] = ELFCLASS32;
  ident[EI_DATA] = ELFDATA2LSB;
  ident[6] = 1; // EI_VERSION
  return ident;
}

/** Where a section's bytes may begin: a multiple of its alignment, as far as that is one that a file can follow. */
export function fileAlignment(sh_addralign: number): number {
  const followed = sh_addralign > 0 && sh_addralign <= 0x10000 && (sh_addralign & (sh_addralign - 1)) === 0;
  return followed ? sh_addralign : sh_addralign === 0 ? 1 : 4;
}

/** One run of the writer: the description with its references resolved. */
class Writer {
  readonly #sections: SectionDescription[];
  readonly #strings = new Map<number, StringTable>();
  readonly #names: number;

  constructor(readonly description: ElfDescription) {
    this.#sections = description.sections;
    if (this.#sections.length >= 0xfeff) throw new Error(`Cannot write ${this.#sections.length} sections: e_shnum has 16 bits`);
    this.#sections.forEach((section, i) => {
      if ("strings" in section.content) this.#strings.set(i + 1, new StringTable());
    });
    const own = this.#sections.findIndex((each) => each.name === ".shstrtab" && "strings" in each.content);
    this.#names = description.header?.e_shstrndx ?? own + 1;
  }

  #index(ref: SectionRef): number {
    if (typeof ref === "number") return ref;
    const found = this.#sections.findIndex((each) => each.name === ref);
    if (found < 0) throw new Error(`Cannot write the file: no section "${ref}"`);
    return found + 1;
  }

  #name(table: number, name: string): number {
    if (name === "") return 0;
    const strings = this.#strings.get(table);
    if (strings === undefined) throw new Error(`Cannot write the name "${name}": section ${table} is no string table`);
    return strings.add(name);
  }

  /** sh_link: a symbol table's strings, a relocation section's symbols. */
  #link(section: SectionDescription): number {
    if (section.link !== undefined) return this.#index(section.link);
    if ("symbols" in section.content) return this.#index(".strtab");
    if ("relocations" in section.content) return this.#sections.findIndex((each) => "symbols" in each.content) + 1;
    return 0;
  }

  /** sh_info: of a symbol table the number of local symbols in front. */
  #info(section: SectionDescription): number {
    if (section.info !== undefined) return this.#index(section.info);
    if (!("symbols" in section.content)) return 0;
    const { symbols } = section.content;
    const firstOther = symbols.findIndex((each) => (each.bind ?? 0) !== STB.LOCAL);
    return 1 + (firstOther < 0 ? symbols.length : firstOther);
  }

  #symbols(section: SectionDescription, symbols: SymbolDescription[]): Uint8Array {
    const strings = this.#link(section);
    const bytes = new Uint8Array((symbols.length + 1) * SYM.size);
    const view = new DataView(bytes.buffer);
    symbols.forEach((symbol, i) =>
      writeRecord(view, (i + 1) * SYM.size, SYM, {
        st_name: this.#name(strings, symbol.name),
        st_value: symbol.value ?? 0,
        st_size: symbol.size ?? 0,
        st_info: (symbol.bind ?? 0) << 4 | (symbol.type ?? 0),
        st_other: symbol.other ?? 0,
        st_shndx: this.#index(symbol.section ?? 0),
      })
    );
    return bytes;
  }

  #relocations(section: SectionDescription, relocations: RelocationDescription[]): Uint8Array {
    const table = this.#sections[this.#link(section) - 1]?.content;
    const indices = new Map<string, number>();
    if (table !== undefined && "symbols" in table) {
      table.symbols.forEach((each, i) => indices.has(each.name) || indices.set(each.name, i + 1));
    }
    const symbolIndex = (symbol: number | string): number => {
      const index = typeof symbol === "number" ? symbol : indices.get(symbol);
      if (index === undefined) throw new Error(`Cannot write ${section.name}: no symbol "${symbol}"`);
      return index;
    };
    const record = section.type === SHT.RELA ? RELA : REL;
    const bytes = new Uint8Array(relocations.length * record.size);
    const view = new DataView(bytes.buffer);
    relocations.forEach(({ offset, type, symbol, addend }, i) => {
      const r_info = u32(symbolIndex(symbol) << 8 | type);
      writeRecord(view, i * record.size, record, { r_offset: offset, r_info, r_addend: addend ?? 0 });
    });
    return bytes;
  }

  /** The bytes of section `index`; those of string tables are complete once all others have been asked for. */
  #bytes(index: number): Uint8Array {
    const section = this.#sections[index - 1];
    const { content } = section;
    if ("data" in content) return content.data;
    if ("symbols" in content) return this.#symbols(section, content.symbols);
    if ("relocations" in content) return this.#relocations(section, content.relocations);
    if ("strings" in content) return this.#strings.get(index)!.bytes();
    return new Uint8Array(0);
  }

  /** All names that go into a string table. */
  #namesIn(table: number): string[] {
    const symbols = this.#sections.flatMap((section) =>
      "symbols" in section.content && this.#link(section) === table ? section.content.symbols : []
    );
    return [...symbols, ...(table === this.#names ? this.#sections : [])].map(({ name }) => name).filter((name) => name !== "");
  }

  write(): Uint8Array {
    this.#sections.forEach(({ content }, i) => {
      if ("strings" in content && content.sharesTails) this.#strings.get(i + 1)!.addSharingTails(this.#namesIn(i + 1));
    });
    const names = this.#sections.map((section) => this.#name(this.#names, section.name));
    const contents = this.#sections.map((section, i) => "strings" in section.content ? undefined : this.#bytes(i + 1));
    let end = EHDR.size;
    const placed = this.#sections.map((section, i) => {
      const data = contents[i] ?? this.#bytes(i + 1);
      const sh_addralign = section.align ?? 1;
      const sh_offset = "size" in section.content ? end : align(end, fileAlignment(sh_addralign));
      end = sh_offset + data.length;
      const header: Shdr = {
        sh_name: names[i],
        sh_type: section.type,
        sh_flags: section.flags ?? 0,
        sh_addr: section.address ?? 0,
        sh_offset,
        sh_size: "size" in section.content ? section.content.size : data.length,
        sh_link: this.#link(section),
        sh_info: this.#info(section),
        sh_addralign,
        sh_entsize: section.entsize ?? entrySize(section),
      };
      return { data, header };
    });
    const e_shoff = align(end, 4);
    const e_shnum = placed.length + 1;
    const bytes = new Uint8Array(e_shoff + e_shnum * SHDR.size);
    const view = new DataView(bytes.buffer);
    bytes.set(this.description.ident ?? defaultIdent());
    const computed = { ...DEFAULT_HEADER, e_shoff, e_shnum, e_shstrndx: this.#names };
    writeRecord(view, 0, EHDR, { ...computed, ...this.description.header });
    writeRecord(view, e_shoff, SHDR, this.description.nullSection ?? {});
    placed.forEach(({ data, header }, i) => {
      bytes.set(data, header.sh_offset);
      writeRecord(view, e_shoff + (i + 1) * SHDR.size, SHDR, header);
    });
    return bytes;
  }
}

function entrySize(section: SectionDescription): number {
  if ("symbols" in section.content) return SYM.size;
  if ("relocations" in section.content) return section.type === SHT.RELA ? RELA.size : REL.size;
  return 0;
}

/**
 * Writes a file.
 *
 * @throws {Error} where the description refers to a section, symbol or string table that it does not have
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SHF, SHT } from "./constants.ts";
 * import { readImage } from "./image.ts";
 * import { writeElf } from "./writer.ts";
 * const bytes = writeElf({
 *   sections: [
 *     { name: ".data", type: SHT.PROGBITS, flags: SHF.ALLOC, align: 4, content: { data: Uint8Array.of(1, 2, 3, 4) } },
 *     { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
 *   ],
 * });
 * assertEquals(readImage(bytes).sections.map((section) => section.name), ["", ".data", ".shstrtab"]);
 * ```
 */
export function writeElf(description: ElfDescription): Uint8Array {
  return new Writer(description).write();
}

const SYMBOL_TABLES: readonly number[] = [SHT.SYMTAB, SHT.DYNSYM];
const RELOCATION_TABLES: readonly number[] = [SHT.REL, SHT.RELA];
const BYTELESS: readonly number[] = [SHT.NULL, SHT.NOBITS];

function describeSymbols(image: ElfImage, table: ElfSection): SymbolDescription[] {
  const [first, ...rest] = image.symbolsOf(table);
  if (first !== undefined && Object.values(first.record).some((value) => value !== 0)) {
    throw new ElfError(
      table.header.sh_offset,
      `Cannot describe symbol 0 of section ${table.index} (${table.name}): it is not empty`,
    );
  }
  return rest.map(({ name, record }) => ({
    name,
    value: record.st_value,
    size: record.st_size,
    bind: symbolBinding(record.st_info),
    type: symbolType(record.st_info),
    other: record.st_other,
    section: record.st_shndx,
  }));
}

/**
 * Describes an image in the writer's terms, every field explicit. File offsets, unused strings, section 0's name and bytes that
 * no section covers are not part of a description; all else is: writing it gives a file of the same description.
 *
 * @throws {ElfError} where a table of the image is damaged, or where it has program headers
 */
export function describe(image: ElfImage): ElfDescription {
  if (image.header.e_phnum !== 0) throw new ElfError(44, `Cannot describe ${image.header.e_phnum} program headers`);
  const { e_shoff: _offset, e_shentsize: _size, e_shnum: _count, ...header } = image.header;
  const [first, ...rest] = image.sections;
  const stringTables = new Set(image.sections.length > 0 && header.e_shstrndx > 0 ? [header.e_shstrndx] : []);
  for (const section of rest) if (SYMBOL_TABLES.includes(section.header.sh_type)) stringTables.add(section.header.sh_link);
  for (const index of stringTables) {
    const type = image.sections[index]?.header.sh_type ?? SHT.NULL;
    if ([...SYMBOL_TABLES, ...RELOCATION_TABLES, ...BYTELESS].includes(type)) {
      throw new ElfError(image.header.e_shoff, `Cannot describe section ${index} as a string table: sh_type ${type}`);
    }
  }
  const contentOf = (section: ElfSection): Content => {
    const type = section.header.sh_type;
    if (stringTables.has(section.index)) return { strings: true };
    if (BYTELESS.includes(type)) return { size: section.header.sh_size };
    if (SYMBOL_TABLES.includes(type)) return { symbols: describeSymbols(image, section) };
    if (RELOCATION_TABLES.includes(type)) return { relocations: image.relocations(section) };
    return { data: section.data };
  };
  const nullSection = { ...first?.header, sh_name: 0 };
  return {
    ident: image.ident,
    header: image.sections.length > 0 ? header : { ...header, e_shstrndx: 0 },
    ...(Object.values(nullSection).some((value) => value !== 0) ? { nullSection } : {}),
    sections: rest.map((section) => ({
      name: section.name,
      type: section.header.sh_type,
      flags: section.header.sh_flags,
      address: section.header.sh_addr,
      align: section.header.sh_addralign,
      link: section.header.sh_link,
      info: section.header.sh_info,
      entsize: section.header.sh_entsize,
      content: contentOf(section),
    })),
  };
}
