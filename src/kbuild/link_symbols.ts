// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbols of a linked module: whose definition counts, and those that GNU ld adds.
 *
 * Models: elf_link_input_bfd() of bfd/elflink.c and elf32_arm_output_arch_local_syms() of bfd/elf32-arm.c in binutils 2.40, as far as the
 * loader, which gives each symbol room, sees what they make.
 *
 * @module
 */

import { SHF, SHN, SHT, STB, STT, symbolBinding, symbolType } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import type { SymbolDescription } from "../elf/writer.ts";
import { type LinkedInput, LinkError, type Output, type Piece } from "./link_pieces.ts";

/** bfd_is_arm_special_symbol_name(). */
const MAPPING_SYMBOL = /^\$[atd](\.|$)/;

/** What stands in front of the local symbols of an object that names no source: the object's name. */
function fileSymbol({ path }: LinkedInput): SymbolDescription {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, section: SHN.ABS, bind: STB.LOCAL, type: STT.FILE };
}

/** The symbols of one link. */
class LinkedSymbols {
  readonly #symbols: SymbolDescription[] = [];
  /** Global symbols: index in the module's table, and what is known of each. */
  readonly #globals = new Map<string, { symbol: SymbolDescription; path: string; common: boolean }>();

  constructor(readonly inputs: readonly LinkedInput[], readonly outputs: readonly Output[]) {}

  /** Symbols of sections, then local ones by object, then the global ones. Indices in the table begin at 1. */
  run(): SymbolDescription[] {
    for (const { index } of this.outputs) this.#symbols.push({ name: "", section: index, type: STT.SECTION, bind: STB.LOCAL });
    const places = new Map<Piece, { index: number }>();
    for (const output of this.outputs) for (const piece of output.pieces) places.set(piece, output);
    const describe = (input: LinkedInput, old: number): SymbolDescription | undefined => {
      const { name, record } = input.image.symbols[old];
      const { st_shndx, st_value, st_size, st_info, st_other } = record;
      const common = { name, size: st_size, bind: symbolBinding(st_info), type: symbolType(st_info), other: st_other };
      if (st_shndx === SHN.UNDEF || st_shndx >= SHN.LORESERVE) return { ...common, value: st_value, section: st_shndx };
      const piece = input.pieces[st_shndx];
      return piece === undefined ? undefined : { ...common, value: piece.offset + st_value, section: places.get(piece)!.index };
    };
    for (const input of this.inputs) {
      let hasFile = false;
      for (let old = 1; old < input.image.symbols.length; old++) {
        const symbol = describe(input, old);
        if (symbol === undefined || symbol.bind !== STB.LOCAL) continue;
        if (symbol.type === STT.SECTION) {
          // Its place in the table is that of its section's output.
          input.symbols[old] = this.outputs.findIndex(({ index }) => index === symbol.section) + 1;
          continue;
        }
        if (!hasFile && symbol.type !== STT.FILE) this.#symbols.push(fileSymbol(input));
        hasFile = true;
        input.symbols[old] = this.#symbols.push(symbol);
      }
    }
    this.#addMappingSymbols();
    for (const input of this.inputs) {
      for (let old = 1; old < input.image.symbols.length; old++) {
        const symbol = describe(input, old);
        if (symbol !== undefined && symbol.bind !== STB.LOCAL) this.#resolve(input, symbol);
      }
    }
    this.#addTagSymbols();
    const indices = new Map<string, number>();
    for (const [name, { symbol }] of this.#globals) indices.set(name, this.#symbols.push(symbol));
    for (const input of this.inputs) {
      for (const { index, name, record } of input.image.symbols) {
        if (index > 0 && symbolBinding(record.st_info) !== STB.LOCAL) input.symbols[index] = indices.get(name);
      }
    }
    return this.#symbols;
  }

  /** $d at the beginning of each piece that is loaded from the file and has no mapping symbol of its own. */
  #addMappingSymbols(): void {
    for (const { pieces, flags, address, index } of this.outputs) {
      if ((flags & (SHF.ALLOC | SHF.EXECINSTR)) === 0) continue;
      for (const { input, section, offset } of pieces) {
        const { sh_type, sh_size } = section.header;
        if (sh_type === SHT.NOBITS || sh_size === 0) continue;
        const isMapped = input.image.symbols.some(({ name, record }) =>
          record.st_shndx === section.index && symbolBinding(record.st_info) === STB.LOCAL && MAPPING_SYMBOL.test(name)
        );
        if (isMapped) continue;
        this.#symbols.push({ name: "$d", value: u32(address + offset), section: index, bind: STB.LOCAL, type: STT.NOTYPE });
      }
    }
  }

  /** One of several global symbols of a name: defined before common before undefined, global before weak. */
  #resolve({ path }: LinkedInput, symbol: SymbolDescription): void {
    const common = symbol.section === SHN.COMMON;
    const known = this.#globals.get(symbol.name);
    const strength = (each: SymbolDescription) =>
      each.section === SHN.UNDEF
        ? (each.bind === STB.WEAK ? 0 : 1)
        : each.section === SHN.COMMON
        ? 3
        : each.bind === STB.WEAK
        ? 2
        : 4;
    if (known === undefined) {
      this.#globals.set(symbol.name, { symbol, path, common });
      return;
    }
    if (strength(known.symbol) === 4 && strength(symbol) === 4) {
      throw new LinkError(`${path}: ${symbol.name} is defined in ${known.path} too`);
    }
    if (strength(symbol) > strength(known.symbol)) this.#globals.set(symbol.name, { symbol, path, common });
  }

  /** __start_alloc_tags and __stop_alloc_tags, around what is first in .data. */
  #addTagSymbols(): void {
    const output = this.outputs.find(({ name }) => name === ".data")!;
    const tags = output.pieces.filter(({ pattern }) => pattern === 0);
    const start = tags[0]?.offset ?? output.pieces[0]?.offset ?? 0;
    const last = tags.at(-1);
    const stop = last === undefined ? start : last.offset + last.section.header.sh_size;
    for (const [name, value] of [["__start_alloc_tags", start], ["__stop_alloc_tags", stop]] as const) {
      const symbol = { name, value, section: output.index, bind: STB.GLOBAL, type: STT.NOTYPE };
      this.#globals.set(name, { symbol, path: "module.lds", common: false });
    }
  }
}

/** Symbols of the module behind the empty one; fills in {@link LinkedInput.symbols}. */
export function linkSymbols(inputs: readonly LinkedInput[], outputs: readonly Output[]): SymbolDescription[] {
  return new LinkedSymbols(inputs, outputs).run();
}
