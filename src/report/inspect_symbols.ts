// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbol table.
 *
 * @module
 */

import { nameOf, STB, STT, symbolBinding, symbolType } from "../elf/constants.ts";
import type { ElfImage, ElfSymbol } from "../elf/image.ts";
import { hex32 } from "../elf/word.ts";
import { placeName, readable, type Subject } from "./inspect_subject.ts";

/** One symbol; `section` may be UND, ABS, COM or a number in hex. */
export interface SymbolFacts {
  index: number;
  value: string;
  size: number;
  type: string;
  bind: string;
  section: string;
  name: string;
}

/** A symbol's name; that of its section where it is the section's symbol and has none. */
export function symbolName(image: ElfImage, { name, record }: ElfSymbol): string {
  const isSection = name === "" && symbolType(record.st_info) === STT.SECTION;
  return isSection ? placeName(image, record.st_shndx) : readable(name);
}

/** All symbols but the null symbol. Throws ElfError. */
export function symbolFacts({ image }: Subject): SymbolFacts[] {
  return image.symbols.slice(1).map((symbol) => ({
    index: symbol.index,
    value: hex32(symbol.record.st_value),
    size: symbol.record.st_size,
    type: nameOf(STT, symbolType(symbol.record.st_info)),
    bind: nameOf(STB, symbolBinding(symbol.record.st_info)),
    section: placeName(image, symbol.record.st_shndx),
    name: symbolName(image, symbol),
  }));
}
