// SPDX-License-Identifier: GPL-2.0-only
/**
 * The last link of a module: objects become one relocatable file.
 *
 * Models: `ld -r -T module.lds --build-id=sha1` as scripts/Makefile.modfinal calls it, as far as the loader sees what it makes.
 *
 * @module
 */

import { sha1 } from "@noble/hashes/legacy.js";
import { R_ARM, SHF, SHT, STT, symbolType } from "../elf/constants.ts";
import { ElfError, type ElfImage, type ElfRelocation, readImage } from "../elf/image.ts";
import { align, u32 } from "../elf/word.ts";
import { type RelocationDescription, type SectionDescription, type SymbolDescription, writeElf } from "../elf/writer.ts";
import { ObjectError, readObject } from "./elf_info.ts";
import { moveAddend } from "./link_addend.ts";
import { ALIGNED_TO_8, destinationOf, isDiscarded, PLT_SECTIONS, rankOf } from "./link_layout.ts";
import { type LinkedInput, LinkError, type LinkInput, type Output, type Piece } from "./link_pieces.ts";
import { linkSymbols } from "./link_symbols.ts";

export { LinkError, type LinkInput };

const NOT_LINKED: readonly number[] = [SHT.NULL, SHT.SYMTAB, SHT.STRTAB, SHT.REL, SHT.SYMTAB_SHNDX];

/** SEC_MERGE's flags, which hold only where all pieces have them. */
const MERGE_FLAGS = SHF.MERGE | SHF.STRINGS;

const BUILD_ID = { name: ".note.gnu.build-id", header: 16, size: 20 };

/** What is in an object; one that is none is named. */
function imageOf(path: string, bytes: Uint8Array): ElfImage {
  try {
    readObject(bytes);
    return readImage(bytes);
  } catch (error) {
    if (!(error instanceof ObjectError || error instanceof ElfError)) throw error;
    throw new LinkError(`${path}: ${error.message}`);
  }
}

/** One link. */
class Link {
  readonly #inputs: readonly LinkedInput[];
  readonly #outputs: Output[] = [];

  constructor(inputs: readonly LinkInput[]) {
    this.#inputs = inputs.map(({ path, bytes }) => {
      const image = imageOf(path, bytes);
      return { path, image, pieces: new Array(image.sections.length), symbols: new Array(image.symbols.length) };
    });
  }

  run(): Uint8Array {
    for (const input of this.#inputs) this.#gather(input);
    this.#addScriptSections();
    this.#outputs.sort((a, b) => rankOf(a.name, header(a)) - rankOf(b.name, header(b)));
    let index = 1;
    for (const output of this.#outputs) {
      output.index = index++;
      if (this.#relocationsInto(output).length > 0) index++;
    }
    this.#place();
    return withBuildId(this.#write(linkSymbols(this.#inputs, this.#outputs)));
  }

  /** Each section of an object to its section of the module. */
  #gather(input: LinkedInput): void {
    for (const section of input.image.sections) {
      const { sh_type, sh_flags, sh_addralign } = section.header;
      if (NOT_LINKED.includes(sh_type) || isDiscarded(section.name)) continue;
      if (sh_type === SHT.RELA || sh_type === SHT.GROUP) {
        throw new LinkError(
          `${input.path}: section ${section.name} is of a kind that modules for ARM do not have (${sh_type})`,
        );
      }
      const isFirst = (output: Output | undefined) => output === undefined || sh_type !== SHT.ARM_ATTRIBUTES;
      const { name, pattern, key } = destinationOf(section.name);
      let output = this.#outputs.find((each) => each.name === name);
      if (!isFirst(output)) continue;
      if (output === undefined) {
        output = { name, pieces: [], type: sh_type, flags: sh_flags, align: 1, size: 0, address: 0, index: 0 };
        this.#outputs.push(output);
      }
      if (output.type === SHT.NOBITS) output.type = sh_type;
      const merge = output.flags & sh_flags & MERGE_FLAGS;
      output.flags = u32((output.flags | sh_flags) & ~MERGE_FLAGS | merge);
      output.align = Math.max(output.align, sh_addralign);
      const piece: Piece = { input, section, pattern, key, offset: 0 };
      output.pieces.push(piece);
      input.pieces[section.index] = piece;
    }
  }

  #addScriptSections(): void {
    const add = (name: string, type: number, flags: number, align: number, size: number) =>
      this.#outputs.push({ name, pieces: [], type, flags, align, size, address: 0, index: 0 });
    for (const { name, flags } of PLT_SECTIONS) {
      if (!this.#outputs.some((each) => each.name === name)) add(name, SHT.PROGBITS, flags, 1, 1);
    }
    if (!this.#outputs.some((each) => each.name === ".data")) add(".data", SHT.PROGBITS, SHF.ALLOC | SHF.WRITE, 1, 0);
    this.#outputs.unshift({
      name: BUILD_ID.name,
      pieces: [],
      type: SHT.NOTE,
      flags: SHF.ALLOC,
      align: 4,
      size: BUILD_ID.header + BUILD_ID.size,
      address: 0,
      index: 0,
    });
  }

  /**
   * Offsets of all pieces. .data begins at the address behind the section before it, and its first bytes go up to a multiple of 8.
   */
  #place(): void {
    let dot = 0;
    for (const output of this.#outputs) {
      const { name, pieces } = output;
      pieces.sort((a, b) => a.pattern - b.pattern || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      if (ALIGNED_TO_8.includes(name)) output.align = Math.max(output.align, 8);
      let size = output.size;
      if (name === ".data") {
        const start = align(dot, output.align);
        output.address = start;
        size = align(start, 8) - start;
      }
      for (const piece of pieces) {
        size = align(size, Math.max(1, piece.section.header.sh_addralign));
        piece.offset = size;
        size += piece.section.header.sh_size;
      }
      output.size = size;
      // Each section has an address of its own, 0, but for one.
      dot = name === "__patchable_function_entries" ? align(dot, output.align) + size : size;
    }
  }

  /** Sections of the objects that relocate pieces of a section of the module. */
  #relocationsInto({ pieces }: Output): { piece: Piece; relocations: ElfRelocation[] }[] {
    return pieces.flatMap((piece) => {
      const { image } = piece.input;
      return image.sections.filter(({ header }) => header.sh_type === SHT.REL && header.sh_info === piece.section.index)
        .map((section) => ({ piece, relocations: image.relocations(section) }))
        .filter(({ relocations }) => relocations.length > 0);
    });
  }

  #outputOf(piece: Piece): Output {
    return this.#outputs.find((each) => each.pieces.includes(piece))!;
  }

  /** The bytes of a section of the module; addends against sections are moved with what they point to. */
  #bytesOf(output: Output): Uint8Array {
    const bytes = new Uint8Array(output.size);
    for (const { section, offset } of output.pieces) bytes.set(section.data, offset);
    const view = new DataView(bytes.buffer);
    for (const { piece, relocations } of this.#relocationsInto(output)) {
      for (const { offset, type, symbol } of relocations) {
        const target = piece.input.image.symbols[symbol];
        if (target === undefined || symbolType(target.record.st_info) !== STT.SECTION) continue;
        const moved = piece.input.pieces[target.record.st_shndx]?.offset ?? 0;
        if (moved === 0 || type === R_ARM.NONE) continue;
        const at = piece.offset + offset;
        if (at + 4 <= bytes.length && moveAddend(view, at, type, moved)) continue;
        throw new LinkError(
          `${piece.input.path}: ${piece.section.name}+0x${
            offset.toString(16)
          }: relocation ${type} cannot be moved by ${moved} bytes`,
        );
      }
    }
    return bytes;
  }

  #relocationsOf(output: Output): RelocationDescription[] {
    return this.#relocationsInto(output).flatMap(({ piece, relocations }) =>
      relocations.map(({ offset, type, symbol }) => {
        const index = symbol === 0 ? 0 : piece.input.symbols[symbol];
        if (index === undefined && (output.flags & SHF.ALLOC) !== 0) {
          const name = piece.input.image.symbols[symbol]?.name ?? String(symbol);
          throw new LinkError(
            `${piece.input.path}: ${piece.section.name} refers to "${name}", which is in a section that is thrown away`,
          );
        }
        return { offset: piece.offset + offset, type: index === undefined ? R_ARM.NONE : type, symbol: index ?? 0 };
      })
    );
  }

  /** sh_link of a section that follows another's order: .ARM.exidx. */
  #linkOf({ flags, pieces }: Output): number {
    if ((flags & SHF.LINK_ORDER) === 0 || pieces.length === 0) return 0;
    const { input, section } = pieces[0];
    const linked = input.pieces[section.header.sh_link];
    return linked === undefined ? 0 : this.#outputOf(linked).index;
  }

  #write(symbols: SymbolDescription[]): Uint8Array {
    const sections: SectionDescription[] = [];
    const symbolTable = this.#outputs.reduce((count, output) => count + (this.#relocationsInto(output).length > 0 ? 2 : 1), 1);
    for (const output of this.#outputs) {
      const { name, type, flags, align, size, index } = output;
      const entsizes = new Set(output.pieces.map(({ section }) => section.header.sh_entsize));
      const entsize = (flags & SHF.MERGE) !== 0 && entsizes.size === 1 ? [...entsizes][0] : 0;
      const content = type === SHT.NOBITS ? { size } : { data: this.#bytesOf(output) };
      sections.push({ name, type, flags, align, link: this.#linkOf(output), entsize, content });
      const relocations = this.#relocationsOf(output);
      if (relocations.length === 0) continue;
      const relocation = { type: SHT.REL, flags: SHF.INFO_LINK, align: 4, link: symbolTable, info: index };
      sections.push({ name: `.rel${name}`, ...relocation, content: { relocations } });
    }
    const { e_flags } = this.#inputs[0].image.header;
    return writeElf({
      header: { e_flags },
      sections: [
        ...sections,
        { name: ".symtab", type: SHT.SYMTAB, align: 4, content: { symbols } },
        { name: ".strtab", type: SHT.STRTAB, content: { strings: true, sharesTails: true } },
        { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true, sharesTails: true } },
      ],
    });
  }
}

function header({ type, flags }: Output) {
  return { sh_type: type, sh_flags: flags };
}

/** Fills in the note that identifies the build: SHA-1 of the file with zeros in its place. */
function withBuildId(file: Uint8Array): Uint8Array {
  const note = readImage(file).section(BUILD_ID.name)!.data;
  const view = new DataView(note.buffer, note.byteOffset, note.length);
  view.setUint32(0, 4, true);
  view.setUint32(4, BUILD_ID.size, true);
  view.setUint32(8, 3, true);
  note.set([0x47, 0x4e, 0x55, 0], 12);
  note.set(sha1(file), BUILD_ID.header);
  return file;
}

/**
 * Links a module: its object, the object of its `.mod.c`, and that of module-common.c.
 *
 * @throws {LinkError} or {ElfError} where the objects are damaged, or do not go together
 */
export function linkModule(inputs: readonly LinkInput[]): Uint8Array {
  return new Link(inputs).run();
}
