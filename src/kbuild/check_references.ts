// SPDX-License-Identifier: GPL-2.0-only
/**
 * The references between an object's sections: exports, and what would point into memory that is freed.
 *
 * Models: check_sec_ref(), check_section(), check_section_mismatch(), default_mismatch_handler() and check_export_symbol() of
 * scripts/mod/modpost.c.
 *
 * @module
 */

import { relocationSymbol, relocationType, SHF, SHT, STB, STT } from "../elf/constants.ts";
import { REL, RELA } from "../elf/records.ts";
import { s32, u32 } from "../elf/word.ts";
import { relocationTarget } from "./addend.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { type ElfInfo, stringAt } from "./elf_info.ts";
import {
  checksFor,
  EXIT_SECTIONS,
  INIT_SECTIONS,
  isAllowedReference,
  type SectionCheck,
  sectionMismatch,
  UNCHECKED_SECTIONS,
} from "./section_mismatch.ts";
import type { Module, SymbolTable } from "./symbol_table.ts";
import { SymbolSearch } from "./symsearch.ts";

/** The label in .export_symbol that EXPORT_SYMBOL(name) makes. */
const EXPORT_PREFIX = "__export_symbol_";

/** Bytes within which a symbol may stand for an address that has none. */
const NEAR = 20;

/** One relocation. */
interface Place {
  readonly section: number;
  readonly offset: number;
  readonly symbol: number;
  readonly type: number;
  /** Of SHT_RELA. */
  readonly addend: number | undefined;
}

/** check_sec_ref() for one object. */
export class ReferenceCheck {
  readonly #search: SymbolSearch;
  /** sec_mismatch_count. */
  mismatches = 0;

  constructor(
    readonly elf: ElfInfo,
    readonly module: Module,
    readonly symbols: SymbolTable,
    readonly diagnostics: Diagnostics,
  ) {
    this.#search = new SymbolSearch(elf);
  }

  run(): void {
    for (const [index, { sh_type, sh_info }] of this.elf.sections.entries()) {
      this.#checkSection(index);
      if (sh_type !== SHT.REL && sh_type !== SHT.RELA) continue;
      if (UNCHECKED_SECTIONS.matches(this.elf.sectionName(sh_info))) continue;
      if (sh_info === this.elf.exportSymbolSection && sh_info !== 0) {
        this.#visit(index, () => true, (place) => this.#checkExport(place));
      } else this.#checkRelocations(index);
    }
  }

  /** check_section(): bytes that would not be loaded, as an assembler file makes them by forgetting the section's flags. */
  #checkSection(index: number): void {
    const { sh_type, sh_flags } = this.elf.sections[index];
    const name = this.elf.names[index];
    if (sh_type !== SHT.PROGBITS || (sh_flags & SHF.ALLOC) !== 0 || UNCHECKED_SECTIONS.matches(name)) return;
    this.diagnostics.warn(
      `${this.module.name} (${name}): unexpected non-allocatable section.\n` +
        `Did you forget to use "ax"/"aw" in a .S file?\n` +
        "Note that for example <linux/init.h> contains\n" +
        "section definitions for use in .S files.\n",
    );
  }

  #placeAt(relocations: number, at: number): Place {
    const { view, sections } = this.elf;
    const { sh_type, sh_info } = sections[relocations];
    const info = view.getUint32(at + 4, true);
    return {
      section: sh_info,
      offset: view.getUint32(at, true),
      symbol: relocationSymbol(info),
      type: relocationType(info),
      addend: sh_type === SHT.RELA ? s32(view.getUint32(at + 8, true)) : undefined,
    };
  }

  /** Visits the relocations whose symbols are in the sections that `wanted` takes. */
  #visit(relocations: number, wanted: (section: number) => boolean, visit: (place: Place) => void): void {
    const { elf } = this;
    const { sh_type, sh_offset, sh_size } = elf.sections[relocations];
    const { size } = sh_type === SHT.RELA ? RELA : REL;
    for (let at = sh_offset; at + size <= sh_offset + sh_size; at += size) {
      const symbol = relocationSymbol(elf.view.getUint32(at + 4, true));
      if (wanted(elf.symbolSection(symbol))) visit(this.#placeAt(relocations, at));
    }
  }

  #checkRelocations(relocations: number): void {
    const { elf } = this;
    const from = elf.sections[relocations].sh_info;
    const checks = checksFor(elf.sectionName(from));
    if (checks.length === 0) return;
    const failing = elf.names.map((to) => sectionMismatch(checks, to));
    if (failing.every((check) => check === undefined)) return;
    this.#visit(relocations, (section) => failing[section] !== undefined, (place) => {
      this.#reportMismatch(failing[elf.symbolSection(place.symbol)]!, place);
    });
  }

  /** The address, in the section of the symbol, that a relocation refers to. */
  #target({ section, offset, symbol, type, addend }: Place): number {
    const { elf } = this;
    const value = elf.symbolValue(symbol);
    if (addend !== undefined) return u32(value + addend);
    const at = elf.sections[section].sh_offset + offset;
    return at + 4 <= elf.bytes.length ? relocationTarget(elf.view, at, value, type) : 0xffffffff;
  }

  /** find_tosym(): the symbol of a relocation, or where that has no name, one near its address. */
  #targetSymbol(symbol: number, address: number): number {
    if (this.elf.hasValidName(symbol)) return symbol;
    return this.#search.nearest(address, this.elf.symbolSection(symbol), true, NEAR) ?? symbol;
  }

  /** default_mismatch_handler(). */
  #reportMismatch(check: SectionCheck, place: Place): void {
    const { elf, diagnostics, module } = this;
    const target = this.#target(place);
    const fromSection = elf.sectionName(place.section);
    const toSection = elf.sectionName(elf.symbolSection(place.symbol));
    const from = this.#search.nearest(place.offset, place.section, false, 0xffffffff);
    const fromSymbol = from === undefined ? "" : elf.symbolName(from);
    const to = this.#targetSymbol(place.symbol, target);
    const toSymbol = elf.symbolName(to);
    if (isAllowedReference({ fromSection, fromSymbol, toSection, toSymbol })) return;
    this.mismatches++;
    const offset = u32(place.offset - (from === undefined ? 0 : elf.symbolValue(from))).toString(16);
    const source = `${fromSymbol}${fromSymbol === "" ? "" : "+"}0x${offset} (section: ${fromSection})`;
    const destination = `${toSymbol === "" ? `0x${target.toString(16)}` : toSymbol} (section: ${toSection})`;
    diagnostics.warn(`${module.name}: section mismatch in reference: ${source} -> ${destination}`);
    if (check.isExceptionTable) this.#reportExceptionTable(check, place, toSection, elf.symbolSection(to));
  }

  #reportExceptionTable(check: SectionCheck, { section, offset }: Place, toSection: string, to: number): void {
    const { diagnostics, elf } = this;
    const place = `${elf.sectionName(section)}+0x${offset.toString(16)}`;
    if (check.bad.matches(toSection)) {
      diagnostics.fatal(
        `The relocation at ${place} references\n` +
          `section "${toSection}" which is black-listed.\n` +
          "Something is seriously wrong and should be fixed.\n" +
          "You might get more information about where this is\n" +
          `coming from by using scripts/check_extable.sh ${this.module.name}`,
      );
    }
    if (((elf.sections[to]?.sh_flags ?? 0) & SHF.EXECINSTR) !== 0) {
      diagnostics.warn(
        `The relocation at ${place} references\n` +
          `section "${toSection}" which is not in the list of\n` +
          "authorized sections.  If you're adding a new section\n" +
          `and/or if this reference is valid, add "${toSection}" to the\n` +
          "list of authorized sections to jump to on fault.\n" +
          `This can be achieved by adding "${toSection}" to\n` +
          "OTHER_TEXT_SECTIONS in scripts/mod/modpost.c.",
      );
    } else diagnostics.error(`${place} references non-executable section '${toSection}'`);
  }

  /** check_export_symbol(): one entry of .export_symbol. */
  #checkExport({ offset, symbol }: Place): void {
    const { elf, diagnostics, module } = this;
    const label = this.#search.nearest(offset, elf.exportSymbolSection, false, 0xffffffff);
    const labelName = label === undefined ? "" : elf.symbolName(label);
    if (label === undefined || !labelName.startsWith(EXPORT_PREFIX)) {
      return diagnostics.error(`${module.name}: .export_symbol section contains strange symbol '${labelName}'`);
    }
    const wanted = labelName.slice(EXPORT_PREFIX.length);
    const binding = elf.symbolBinding(symbol);
    if (binding !== STB.GLOBAL && binding !== STB.WEAK) {
      return diagnostics.error(`${module.name}: local symbol '${wanted}' was exported`);
    }
    const name = elf.symbolName(symbol);
    if (name !== wanted) {
      return diagnostics.error(
        `${module.name}: .export_symbol section references '${name}', but it does not seem to be an export symbol`,
      );
    }
    const data = elf.dataOf(elf.exportSymbolSection);
    const at = elf.symbolValue(label);
    const license = stringAt(data, at);
    if (license !== "" && license !== "GPL") {
      return diagnostics.error(`${module.name}: unknown license '${license}' was specified for '${name}'`);
    }
    const namespace = stringAt(data, at + license.length + 1);
    const exported = this.symbols.addExported(name, module, license === "GPL", namespace);
    exported.isFunc = elf.symbolType(symbol) === STT.FUNC;
    const section = elf.sectionName(elf.symbolSection(symbol));
    const freed = INIT_SECTIONS.matches(section) ? "init" : EXIT_SECTIONS.matches(section) ? "exit" : undefined;
    if (freed === undefined) return;
    diagnostics.warn(
      `${module.name}: ${name}: EXPORT_SYMBOL used for ${freed} symbol. Remove __${freed} or EXPORT_SYMBOL.`,
    );
  }
}
