// SPDX-License-Identifier: GPL-2.0-only
/**
 * The file that edits work on. Only what an edit names changes; what has to grow moves to the end of the file, and its old
 * bytes stay where they are.
 *
 * @module
 */

import { SHF, SHT, STT, symbolType } from "../../elf/constants.ts";
import { ElfError, type ElfImage, type ElfSection, type ElfSymbol, readImage } from "../../elf/image.ts";
import { EHDR, type Ehdr, REL, SHDR, type Shdr, SYM, type Sym, writeRecord } from "../../elf/records.ts";
import { encodeName, fileAlignment } from "../../elf/writer.ts";
import { align } from "../../elf/word.ts";
import { concat, viewOf } from "./bytes.ts";
import type { Scope } from "./number.ts";

export class Workpiece {
  #bytes: Uint8Array;
  #image: ElfImage | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes.slice();
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The file as it is now. Throws where an earlier edit damaged what every reader needs. */
  get image(): ElfImage {
    try {
      return this.#image ??= readImage(this.#bytes);
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      throw new Error(`the file does not read as ELF any more: ${error.message}; make the edit that damages it the last one`);
    }
  }

  /** A section by index, or by a name that one section alone has. */
  section(ref: number | string): ElfSection {
    const { sections } = this.image;
    const found = sections.filter((each) => typeof ref === "number" ? each.index === ref : each.name === ref);
    if (found.length === 1) return found[0];
    if (found.length > 1) {
      throw new Error(`sections ${found.map((each) => each.index).join(" and ")} are named "${ref}"; give the index`);
    }
    throw new Error(
      `there is no section ${JSON.stringify(ref)}; there are ${sections.map((each) => each.name || each.index).join(" ")}`,
    );
  }

  /** The symbol table; throws where there is none. */
  get symbolTable(): ElfSection {
    const table = this.image.symbolTable;
    if (table === undefined) throw new Error("there is no section of type SHT_SYMTAB");
    return table;
  }

  /** A symbol by index, or by a name that one symbol alone has; a section symbol has its section's name. */
  symbol(ref: number | string): ElfSymbol {
    const { symbols, sections } = this.image;
    if (typeof ref === "number") {
      if (symbols[ref] === undefined) throw new Error(`there is no symbol ${ref}; there are ${symbols.length}`);
      return symbols[ref];
    }
    const isSectionSymbol = ({ record }: ElfSymbol) =>
      symbolType(record.st_info) === STT.SECTION && sections[record.st_shndx]?.name === ref;
    const named = symbols.filter((each) => each.name === ref);
    const found = named.length > 0 ? named : symbols.filter(isSectionSymbol);
    if (found.length === 1) return found[0];
    if (found.length > 1) {
      throw new Error(`symbols ${found.map((each) => each.index).join(" and ")} are named "${ref}"; give the index`);
    }
    throw new Error(`there is no symbol "${ref}"`);
  }

  /** The words that a number may be made of: `end`, `sections`, `symbols`, `size(.x)`, `offset(.x)`, `index(.x)`. */
  readonly scope: Scope = (word, argument) => {
    if (argument !== undefined) {
      if (word === "size") return this.section(argument).header.sh_size;
      if (word === "offset") return this.section(argument).header.sh_offset;
      return word === "index" ? this.section(argument).index : undefined;
    }
    if (word === "end") return this.#bytes.length;
    if (word === "sections") return this.image.sections.length;
    return word === "symbols" ? this.image.symbols.length : undefined;
  };

  #changed(bytes = this.#bytes): void {
    this.#bytes = bytes;
    this.#image = undefined;
  }

  /** Writes over bytes that are there. */
  overwrite(at: number, bytes: Uint8Array): void {
    if (at + bytes.length > this.#bytes.length) {
      throw new Error(`${bytes.length} bytes at ${at} end behind the file's ${this.#bytes.length} bytes`);
    }
    this.#bytes.set(bytes, at);
    this.#changed();
  }

  /** Appends bytes at the next multiple of `alignment`, and gives their offset. */
  append(bytes: Uint8Array, alignment = 1): number {
    const at = align(this.#bytes.length, alignment);
    this.#changed(concat(this.#bytes, new Uint8Array(at - this.#bytes.length), bytes));
    return at;
  }

  truncate(size: number): void {
    if (size > this.#bytes.length) {
      throw new Error(`the file has ${this.#bytes.length} bytes already; use append to make it longer`);
    }
    this.#changed(this.#bytes.slice(0, size));
  }

  setHeader(fields: Partial<Ehdr>): void {
    writeRecord(viewOf(this.#bytes), 0, EHDR, fields);
    this.#changed();
  }

  setSection(index: number, fields: Partial<Shdr>): void {
    writeRecord(viewOf(this.#bytes), this.image.header.e_shoff + index * SHDR.size, SHDR, fields);
    this.#changed();
  }

  setSymbol(index: number, fields: Partial<Sym>): void {
    writeRecord(viewOf(this.#bytes), this.symbolTable.header.sh_offset + index * SYM.size, SYM, fields);
    this.#changed();
  }

  /** Gives a section other contents: in its place where they fit, else at the end of the file. */
  setContents(section: ElfSection, data: Uint8Array): void {
    const { sh_type, sh_offset, sh_addralign } = section.header;
    if (sh_type === SHT.NULL || sh_type === SHT.NOBITS) {
      throw new Error(`section ${section.name} has no bytes in the file; set sh_type first`);
    }
    if (data.length <= section.data.length) {
      this.overwrite(sh_offset, data);
      this.setSection(section.index, { sh_size: data.length });
    } else {
      this.setSection(section.index, { sh_offset: this.append(data, fileAlignment(sh_addralign)), sh_size: data.length });
    }
  }

  /** Appends to a section, which moves to the end of the file, and gives the offset within it. */
  appendTo(section: ElfSection, data: Uint8Array): number {
    this.setContents(section, concat(section.data, data));
    return section.data.length;
  }

  /** Puts a name into a string table and gives its offset there. */
  addName(table: number, name: string): number {
    const bytes = encodeName(name + "\0");
    return name === "" ? 0 : this.appendTo(this.section(table), bytes);
  }

  /** Adds a section with its bytes: a new table of section headers goes to the end of the file. Gives its index. */
  addSection(name: string, header: Partial<Shdr>, data: Uint8Array): number {
    const sh_name = this.addName(this.image.header.e_shstrndx, name);
    const sh_offset = this.append(data, fileAlignment(header.sh_addralign ?? 1));
    const { e_shoff, e_shnum } = this.image.header;
    const added = new Uint8Array(SHDR.size);
    writeRecord(viewOf(added), 0, SHDR, { sh_addralign: 1, sh_size: data.length, ...header, sh_name, sh_offset });
    const table = concat(this.#bytes.slice(e_shoff, e_shoff + e_shnum * SHDR.size), added);
    this.setHeader({ e_shoff: this.append(table, 4), e_shnum: e_shnum + 1 });
    return e_shnum;
  }

  /** Adds a symbol behind all others and gives its index. */
  addSymbol(name: string, fields: Partial<Sym>): number {
    const st_name = this.addName(this.symbolTable.header.sh_link, name);
    const record = new Uint8Array(SYM.size);
    writeRecord(viewOf(record), 0, SYM, { ...fields, st_name });
    return this.appendTo(this.symbolTable, record) / SYM.size;
  }

  /** Adds a relocation to the first SHT_REL section of `target`, which is created if there is none. */
  addRelocation(target: ElfSection, r_offset: number, r_info: number): void {
    const record = new Uint8Array(REL.size);
    writeRecord(viewOf(record), 0, REL, { r_offset, r_info });
    const table = this.image.sections.find(({ header }) => header.sh_type === SHT.REL && header.sh_info === target.index);
    if (table !== undefined) {
      this.appendTo(table, record);
      return;
    }
    this.addSection(".rel" + target.name, {
      sh_type: SHT.REL,
      sh_flags: SHF.INFO_LINK,
      sh_link: this.symbolTable.index,
      sh_info: target.index,
      sh_addralign: 4,
      sh_entsize: REL.size,
    }, record);
  }
}
