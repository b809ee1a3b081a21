// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module while it is being put together: sections, symbols and relocations by name, until {@link Draft.write} makes a file
 * of them.
 *
 * @module
 */

import { R_ARM, SHF, SHN, SHT, STB, STT } from "../../elf/constants.ts";
import { type RelocationDescription, type SymbolDescription, writeElf } from "../../elf/writer.ts";
import { concat } from "./bytes.ts";
import type { KernelFacts } from "./kernel_facts.ts";

/** A section. With a `size` it has no bytes (SHT_NOBITS). */
export interface DraftSection {
  name: string;
  type: number;
  flags: number;
  align: number;
  address?: number;
  link?: number | string;
  info?: number | string;
  entsize?: number;
  data: Uint8Array;
  size?: number;
  relocations: RelocationDescription[];
}

export class Draft {
  readonly symbols: SymbolDescription[] = [];
  /** The entries of __versions, in their order. */
  readonly versions: { name: string; crc: number }[] = [];
  /** Sections that a relocation refers to by their section symbol. */
  readonly #referred = new Set<string>();

  constructor(public sections: DraftSection[], readonly kernel: KernelFacts) {}

  find(name: string): DraftSection | undefined {
    return this.sections.find((each) => each.name === name);
  }

  /** The section of this name; throws where there is none. */
  section(name: string): DraftSection {
    const section = this.find(name);
    if (section === undefined) {
      throw new Error(`there is no section "${name}"; there are ${this.sections.map((each) => each.name).join(" ")}`);
    }
    return section;
  }

  /** Whether a symbol of this name, defined or not, is there. */
  has(name: string): boolean {
    return this.symbols.some((each) => each.name === name);
  }

  /** Adds a global function or object, unless the recipe defines that symbol itself. */
  define(name: string, section: string, size: number): void {
    if (this.has(name)) return;
    const type = this.section(section).flags & SHF.EXECINSTR ? STT.FUNC : STT.OBJECT;
    this.symbols.push({ name, section, size, bind: STB.GLOBAL, type });
  }

  /**
   * Adds an undefined symbol, once, and its entry of __versions.
   *
   * @param crc the CRC; that of the kernel's export where it is left out; no entry where it is false
   */
  import(name: string, crc?: number | false, bind: number = STB.GLOBAL, type: number = STT.NOTYPE): void {
    if (this.has(name)) return;
    const known = crc ?? this.kernel.crc(name);
    if (known === undefined) {
      throw new Error(`the kernel does not export ${name}; import it as { name = "${name}", crc = ... } or crc = false`);
    }
    this.symbols.push({ name, section: SHN.UNDEF, bind, type });
    if (known !== false) this.versions.push({ name, crc: known });
  }

  /** Appends to a section and gives the offset there. */
  append(section: DraftSection, data: Uint8Array): number {
    const offset = section.data.length;
    section.data = concat(section.data, data);
    return offset;
  }

  /** Adds a relocation against a symbol, by name or index, or against a section of that name. */
  relocate(section: DraftSection, offset: number, symbol: number | string, type: number = R_ARM.ABS32): void {
    if (typeof symbol === "string" && !this.has(symbol)) {
      if (this.find(symbol) === undefined) throw new Error(`there is no symbol "${symbol}"; define it, or add it to imports`);
      this.#referred.add(symbol);
    }
    section.relocations.push({ offset, type, symbol });
  }

  /** The file: each section with its relocations behind it, then symbols (those of sections, local, others) and strings. */
  write(): Uint8Array {
    const sectionSymbols = this.sections
      .filter((section) => this.#referred.has(section.name))
      .map((section): SymbolDescription => ({ name: "", section: section.name, type: STT.SECTION }));
    const isLocal = (symbol: SymbolDescription) => symbol.bind === STB.LOCAL;
    const named = [...this.symbols.filter(isLocal), ...this.symbols.filter((symbol) => !isLocal(symbol))];
    const symbols = [...sectionSymbols, ...named];
    const indexOf = (ref: number | string): number => {
      if (typeof ref === "number") return ref;
      const byName = symbols.findIndex((symbol) => symbol.name === ref);
      return 1 + (byName >= 0 ? byName : symbols.findIndex((symbol) => symbol.name === "" && symbol.section === ref));
    };
    const sections = this.sections.flatMap(({ data, size, relocations, ...section }) => {
      const written = { ...section, content: size === undefined ? { data } : { size } };
      if (relocations.length === 0) return [written];
      const content = { relocations: relocations.map((each) => ({ ...each, symbol: indexOf(each.symbol) })) };
      const name = ".rel" + section.name;
      return [written, { name, type: SHT.REL, flags: SHF.INFO_LINK, align: 4, link: ".symtab", info: section.name, content }];
    });
    const strings = (name: string) => ({ name, type: SHT.STRTAB, content: { strings: true } as const });
    const table = { name: ".symtab", type: SHT.SYMTAB, align: 4, content: { symbols } };
    return writeElf({ sections: [...sections, table, strings(".strtab"), strings(".shstrtab")] });
  }
}
