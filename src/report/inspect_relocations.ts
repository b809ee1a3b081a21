// SPDX-License-Identifier: GPL-2.0-only
/**
 * The relocations, with the addends that their places hold.
 *
 * @module
 */

import { type Field, THM_BRANCH24, THM_MOV16 } from "../arch_arm/fields.ts";
import { type RelocationRow, relocationsOf } from "../arch_arm/relocations.ts";
import { nameOf, R_ARM, SHF, SHT } from "../elf/constants.ts";
import type { ElfRelocation, ElfSection } from "../elf/image.ts";
import { hex32, u32 } from "../elf/word.ts";
import { readable, type Subject, viewOf } from "./inspect_subject.ts";
import { symbolName } from "./inspect_symbols.ts";

/** The relocations of one section. */
export interface RelocationTable {
  section: string;
  index: number;
  /** The section that is relocated. */
  target: string;
  /** Why the kernel does not apply them, or does not apply any. */
  note?: string;
  entries: RelocationFacts[];
}

export interface RelocationFacts {
  offset: string;
  /** R_ARM_CALL and its kin, or the number where it has no name. */
  type: string;
  symbol: string;
  /** Absent where the place holds no number, or is not in the section. */
  addend?: number;
  note?: string;
}

/** The instruction or data word at an offset, in the form that the field reads; undefined where the section ends before. */
function wordFor(field: Field, section: ElfSection, offset: number): number | undefined {
  if (offset + 4 > section.data.length) return undefined;
  const view = viewOf(section);
  const isThumb = field === THM_BRANCH24 || field === THM_MOV16;
  return isThumb ? u32((view.getUint16(offset, true) << 16) | view.getUint16(offset + 2, true)) : view.getUint32(offset, true);
}

function typeName(type: number, row: RelocationRow | undefined): string {
  if (row !== undefined) return row.name;
  const name = nameOf(R_ARM, type);
  return name.startsWith("0x") ? String(type) : `R_ARM_${name}`;
}

/** A function that describes relocations of one file for one kernel. */
function describer({ image, profile }: Subject) {
  const rows = relocationsOf(profile.config);
  const { symbols } = image;
  return ({ offset, type, symbol, addend }: ElfRelocation, target: ElfSection | undefined): RelocationFacts => {
    const row = rows[type];
    const notes = row === undefined ? ["this kernel's loader refuses it"] : [];
    const isInside = target !== undefined && offset + 4 <= target.header.sh_size;
    if (!isInside) notes.push("outside of the section");
    let number = addend;
    if (number === undefined && isInside && row?.field !== undefined) {
      const word = wordFor(row.field, target, offset);
      if (word !== undefined) number = row.field.read(word);
    }
    const known = symbols[symbol];
    return {
      offset: hex32(offset),
      type: typeName(type, row),
      symbol: known === undefined ? `symbol ${symbol} of ${symbols.length}` : symbolName(image, known),
      ...(number === undefined ? {} : { addend: number }),
      ...(notes.length === 0 ? {} : { note: notes.join("; ") }),
    };
  };
}

/** What the kernel makes of a whole table. */
function tableNote(section: ElfSection, target: ElfSection | undefined): string | undefined {
  if (target === undefined) return "the kernel passes them over: there is no such section";
  if (!(target.header.sh_flags & SHF.ALLOC)) return "the kernel passes them over: the section is not loaded";
  if (section.header.sh_flags & SHF.RELA_LIVEPATCH) return "left to livepatch";
  return section.header.sh_type === SHT.RELA ? "explicit addends: this kernel's loader refuses them" : undefined;
}

/** All sections of relocations. Throws ElfError. */
export function relocationTables(subject: Subject): RelocationTable[] {
  const { image } = subject;
  const tables = image.sections.filter(({ header }) => header.sh_type === SHT.REL || header.sh_type === SHT.RELA);
  if (tables.length === 0) return [];
  const describe = describer(subject);
  return tables.map((section) => {
    const target = image.sections[section.header.sh_info];
    const note = tableNote(section, target);
    return {
      section: readable(section.name),
      index: section.index,
      target: target === undefined ? `section ${section.header.sh_info}` : readable(target.name),
      ...(note === undefined ? {} : { note }),
      entries: image.relocations(section).map((each) => describe(each, target)),
    };
  });
}
