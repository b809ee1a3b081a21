// SPDX-License-Identifier: GPL-2.0-only
/**
 * Edits of the ELF structure that a mutant may have: header, section headers, symbols, relocations, string tables, the file's end.
 *
 * @module
 */

import { R_ARM, SHF, SHT } from "../../elf/constants.ts";
import type { ElfImage, ElfSection } from "../../elf/image.ts";
import { EHDR, REL, SHDR, type Shdr, SYM, type Sym } from "../../elf/records.ts";
import type { Edit } from "./edit.ts";
import type { Random } from "./random.ts";
import {
  ALIGNMENTS,
  asText,
  BINDINGS,
  edge,
  type FieldValue,
  SECTION_NAMES,
  SECTION_TYPES,
  sectionFlags,
  sectionIndex,
  sectionRef,
  SYMBOL_TYPES,
} from "./values.ts";

/** Makes an edit of a module, or gives undefined where the module has nothing of the kind. */
export type EditMaker = (random: Random, image: ElfImage) => Edit | undefined;

/** Bytes of e_ident that mean something. */
const IDENT_BYTES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 15];
const WORDS = [0, 1, 4, 0xff, 0x7fffffff, 0x80000000, 0xffffffff];
const BYTES = ["00", "01", "2e", "3d", "41", "5f", "7f", "80", "ff"];

function word(random: Random): string {
  return random.pick(WORDS).toString(16).padStart(8, "0");
}

function header(random: Random, image: ElfImage): Edit {
  if (random.oneIn(4)) return { overwrite: "file", at: random.pick(IDENT_BYTES), bytes: random.pick(BYTES) };
  const [name] = random.pick(EHDR.fields);
  const value = name === "e_shstrndx" || name === "e_shnum"
    ? sectionIndex(random, image)
    : edge(random, image, image.header[name]);
  return { set_header: { [name]: value } };
}

function sectionField(random: Random, image: ElfImage, name: keyof Shdr, section: ElfSection): FieldValue {
  const old = section.header[name];
  if (name === "sh_type") return random.pick(SECTION_TYPES);
  if (name === "sh_flags") return sectionFlags(random, old);
  if (name === "sh_addralign") return random.pick(ALIGNMENTS);
  if (name === "sh_link") return sectionIndex(random, image);
  if (name === "sh_info") return random.oneIn(3) ? edge(random, image, old) : sectionIndex(random, image);
  if (name === "sh_name" && !random.oneIn(3)) return asText(random.pick(image.sections).header.sh_name);
  return edge(random, image, old);
}

function sectionHeader(random: Random, image: ElfImage): Edit {
  const section = random.pick(image.sections);
  const [name] = random.pick(SHDR.fields);
  const fields = { [name]: sectionField(random, image, name, section) };
  if (random.oneIn(5)) {
    const [other] = random.pick(SHDR.fields);
    fields[other] ??= sectionField(random, image, other, section);
  }
  return { set_section: sectionRef(image, section), fields };
}

/** A section becomes memory without bytes, of any size: nothing checks its offset then. */
function noBits(random: Random, image: ElfImage): Edit {
  const section = random.pick(image.sections);
  const sh_size = edge(random, image, section.header.sh_size);
  return { set_section: sectionRef(image, section), fields: { sh_type: "SHT_NOBITS", sh_size } };
}

/** A section takes the bytes of another one. */
function alias(random: Random, image: ElfImage): Edit | undefined {
  const [section, other] = [random.pick(image.sections), sectionRef(image, random.pick(image.sections))];
  if (typeof other === "number" || !/^[\w.]+$/.test(other)) return undefined;
  return {
    set_section: sectionRef(image, section),
    fields: { sh_offset: `offset(${other})`, sh_size: `size(${other})` },
  };
}

function sectionName(random: Random, image: ElfImage): Edit {
  const to = random.oneIn(3) ? random.pick(image.sections).name : random.pick(SECTION_NAMES);
  return { rename_section: sectionRef(image, random.pick(image.sections)), to };
}

function noSection(random: Random, image: ElfImage): Edit {
  return { delete_section: sectionRef(image, random.pick(image.sections)) };
}

function newSection(random: Random): Edit {
  const flags = random.pick([0, SHF.ALLOC, SHF.ALLOC | SHF.WRITE, SHF.ALLOC | SHF.EXECINSTR, SHF.ALLOC | SHF.RO_AFTER_INIT]);
  const fields: Edit = {
    add_section: random.pick(SECTION_NAMES),
    sh_flags: asText(flags),
    sh_addralign: random.pick(ALIGNMENTS.slice(0, 14)),
  };
  return random.oneIn(4)
    ? { ...fields, sh_type: "SHT_NOBITS", size: asText(random.pick([0, 1, 4, 64, 0x1000, 0x1001, 0x100000])) }
    : { ...fields, words: Array.from({ length: random.pick([0, 1, 2, 3, 4, 5, 8, 16]) }, () => word(random)) };
}

function symbolField(random: Random, image: ElfImage, name: keyof Sym | "bind" | "type", old: Readonly<Sym>): FieldValue {
  if (name === "bind") return random.pick(BINDINGS);
  if (name === "type") return random.pick(SYMBOL_TYPES);
  if (name === "st_shndx") return sectionIndex(random, image);
  if (name === "st_name" && !random.oneIn(3)) return asText(random.pick(image.symbols).record.st_name);
  return edge(random, image, old[name]);
}

const SYMBOL_FIELDS = [...SYM.fields.map(([name]) => name).filter((name) => name !== "st_info"), "bind", "type"] as const;

function symbol(random: Random, image: ElfImage): Edit | undefined {
  if (image.symbols.length === 0) return undefined;
  const { index, record } = random.pick(image.symbols);
  const name = random.pick(SYMBOL_FIELDS);
  const fields = { [name]: symbolField(random, image, name, record) };
  if (random.oneIn(4)) {
    const other = random.pick(SYMBOL_FIELDS);
    fields[other] ??= symbolField(random, image, other, record);
  }
  return { set_symbol: index, fields };
}

/** Names that mean something to the loader, and exports of the kernel: for everyone, under the GPL alone, in a namespace. */
const SYMBOL_NAMES = [
  "_printk",
  "printk",
  "queue_work_node",
  "module_layout",
  "__this_module",
  "init_module",
  "cleanup_module",
  "_GLOBAL_OFFSET_TABLE_",
  "__gnu_lto_slim",
  "__aeabi_unwind_cpp_pr0",
  "__crc_symbol",
  "__crypto_memneq",
  "dma_buf_get",
  "$a",
  "$t",
  "L0",
  "",
];

function symbolName(random: Random, image: ElfImage): Edit | undefined {
  if (image.symbols.length === 0) return undefined;
  const to = random.oneIn(3) ? random.pick(image.symbols).name : random.pick(SYMBOL_NAMES);
  return { rename_symbol: random.pick(image.symbols).index, to };
}

function newSymbol(random: Random, image: ElfImage): Edit {
  return {
    add_symbol: random.pick(SYMBOL_NAMES),
    st_value: edge(random, image, 0).toString().replace(/^old([+-])/, "0$1"),
    st_shndx: sectionIndex(random, image),
    bind: random.pick(BINDINGS),
    type: random.pick(SYMBOL_TYPES),
  };
}

function relocationTables(image: ElfImage): ElfSection[] {
  return image.sections.filter(({ header, data }) => header.sh_type === SHT.REL && data.length >= REL.size);
}

const RELOCATION_TYPES: readonly FieldValue[] = [...Object.keys(R_ARM).map((name) => `R_ARM_${name}`), 129, 160, 255];
/** Types that the kernel applies. */
const APPLIED = ["NONE", "ABS32", "PC24", "CALL", "JUMP24", "V4BX", "PREL31", "REL32", "MOVW_ABS_NC", "MOVT_ABS", "THM_CALL"];

function relocationType(random: Random): FieldValue {
  return random.oneIn(3) ? random.pick(RELOCATION_TYPES) : `R_ARM_${random.pick(APPLIED)}`;
}

function relocation(random: Random, image: ElfImage): Edit | undefined {
  const tables = relocationTables(image);
  if (tables.length === 0) return undefined;
  const table = random.pick(tables);
  const index = random.below(table.data.length / REL.size);
  const { offset } = image.relocations(table)[index];
  const fields = random.pick<() => Record<string, FieldValue>>([
    () => ({ r_offset: edge(random, image, offset) }),
    () => ({ type: relocationType(random) }),
    () => ({ symbol: random.oneIn(3) ? random.pick(["symbols", "symbols-1", "symbols+1"]) : random.pick(image.symbols).index }),
    () => ({ type: relocationType(random), symbol: random.pick(image.symbols).index }),
  ])();
  return { set_relocation: index, in: sectionRef(image, table), fields };
}

function newRelocation(random: Random, image: ElfImage): Edit | undefined {
  const targets = image.sections.filter(({ header, data }) => data.length >= 4 && !(header.sh_flags & SHF.EXECINSTR));
  if (targets.length === 0 || image.symbols.length === 0) return undefined;
  const target = random.pick(targets);
  const ref = sectionRef(image, target);
  const last = asText(target.data.length - random.pick([0, 1, 3, 4, 5]));
  return {
    add_relocation: ref,
    r_offset: random.oneIn(3) ? last : asText(random.below(target.data.length) & ~3),
    type: relocationType(random),
    symbol: random.pick(image.symbols).index,
  };
}

/** A byte of a string table or of a table of records. */
function tableByte(random: Random, image: ElfImage): Edit | undefined {
  const types: readonly number[] = [SHT.STRTAB, SHT.SYMTAB, SHT.REL];
  const tables = image.sections.filter(({ header, data }) => types.includes(header.sh_type) && data.length > 0);
  if (tables.length === 0) return undefined;
  const strings = tables.filter(({ header }) => header.sh_type === SHT.STRTAB);
  const table = random.pick(strings.length > 0 && !random.oneIn(4) ? strings : tables);
  const at = random.weighted([[1, 0], [2, table.data.length - 1], [5, random.below(table.data.length)]]);
  return { overwrite: sectionRef(image, table), at: asText(at), bytes: random.pick(BYTES) };
}

function fileEnd(random: Random, image: ElfImage): Edit {
  if (random.oneIn(4)) return { append: "file", zeros: random.pick([1, 3, 4, 28, 40, 4096]) };
  if (random.oneIn(2)) return { truncate: "file", to: asText(random.below(image.bytes.length)) };
  return { truncate: "file", to: edge(random, image, image.bytes.length).toString().replace(/^old\b/, "end") };
}

/** What an ELF file can suffer, and how often. */
export const ELF_EDITS: readonly (readonly [weight: number, make: EditMaker])[] = [
  [4, header],
  [16, sectionHeader],
  [2, noBits],
  [2, alias],
  [4, sectionName],
  [2, noSection],
  [3, newSection],
  [9, symbol],
  [3, symbolName],
  [3, newSymbol],
  [8, relocation],
  [4, newRelocation],
  [4, tableByte],
  [3, fileEnd],
];
