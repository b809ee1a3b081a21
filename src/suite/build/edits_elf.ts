// SPDX-License-Identifier: GPL-2.0-only
/**
 * Edits of the ELF structure: bytes, header, sections, symbols, relocations.
 *
 * @module
 */

import { R_ARM, SHF, SHN, SHT, STB, STT } from "../../elf/constants.ts";
import type { ElfSection } from "../../elf/image.ts";
import {
  EHDR,
  readRecord,
  type RecordLayout,
  REL,
  type Rel,
  RELA,
  type Rela,
  SHDR,
  SYM,
  writeRecord,
} from "../../elf/records.ts";
import { viewOf } from "./bytes.ts";
import { contentOf, hasContent, type ReadFile } from "./content.ts";
import { fieldValue, recordFields, relocationInfo, symbolInfo } from "./fields.ts";
import type { Table } from "./table.ts";
import type { Workpiece } from "./workpiece.ts";

/** What an edit works with: the file, its own table, and the section that its verb names. */
export interface EditContext {
  work: Workpiece;
  edit: Table;
  readFile: ReadFile;
}

type Edits = Record<string, (context: EditContext) => void>;

/** The section that the key names. */
function sectionAt({ work, edit }: EditContext, key: string): ElfSection {
  return edit.within(() => work.section(edit.reference(key)), key);
}

/** Where a verb may name the whole file instead of a section. */
function isFile({ edit }: EditContext, verb: string): boolean {
  return edit.raw(verb) === "file";
}

function overwriteIn({ work, edit }: EditContext, section: ElfSection, at: number, key: string, bytes: Uint8Array): void {
  const { name, data, header } = section;
  if (at + bytes.length > data.length) edit.fail(`${bytes.length} bytes end behind the ${data.length} bytes of ${name}`, key);
  work.overwrite(header.sh_offset + at, bytes);
}

const BYTE_EDITS: Edits = {
  overwrite(context) {
    const { work, edit, readFile } = context;
    const at = edit.number("at", undefined, 4, work.scope);
    const bytes = contentOf(edit, readFile);
    if (isFile(context, "overwrite")) return work.overwrite(at, bytes);
    overwriteIn(context, sectionAt(context, "overwrite"), at, "at", bytes);
  },
  append(context) {
    const bytes = contentOf(context.edit, context.readFile);
    if (isFile(context, "append")) context.work.append(bytes);
    else context.work.appendTo(sectionAt(context, "append"), bytes);
  },
  truncate(context) {
    const { work, edit } = context;
    if (!isFile(context, "truncate")) edit.fail(`only "file" is truncated; a section has set_section with sh_size`, "truncate");
    work.truncate(edit.number("to", undefined, 4, work.scope));
  },
};

const SECTION_EDITS: Edits = {
  set_header({ work, edit }) {
    const fields = edit.table("set_header");
    work.setHeader(recordFields(work, fields, EHDR, work.image.header));
    fields.done();
  },
  set_section(context) {
    const { work, edit } = context;
    const section = sectionAt(context, "set_section");
    const fields = edit.table("fields");
    work.setSection(section.index, recordFields(work, fields, SHDR, section.header));
    fields.done();
  },
  set_contents(context) {
    context.work.setContents(sectionAt(context, "set_contents"), contentOf(context.edit, context.readFile));
  },
  rename_section(context) {
    const { work, edit } = context;
    const { index } = sectionAt(context, "rename_section");
    const sh_name = work.addName(work.image.header.e_shstrndx, edit.string("to"));
    work.setSection(index, { sh_name });
  },
  delete_section(context) {
    const { index } = sectionAt(context, "delete_section");
    context.work.setSection(index, Object.fromEntries(SHDR.fields.map(([name]) => [name, 0])));
  },
  add_section({ work, edit, readFile }) {
    const sectionIndex = (key: string) => edit.has(key) ? fieldValue(work, edit, key, 0) : 0;
    const header = {
      sh_type: edit.number("sh_type", SHT.PROGBITS),
      sh_flags: edit.number("sh_flags", SHF.ALLOC),
      sh_addr: edit.number("sh_addr", 0),
      sh_link: sectionIndex("sh_link"),
      sh_info: sectionIndex("sh_info"),
      sh_addralign: edit.number("sh_addralign", 1),
      sh_entsize: edit.number("sh_entsize", 0),
    };
    const name = edit.string("add_section");
    if (header.sh_type !== SHT.NOBITS) work.addSection(name, header, contentOf(edit, readFile));
    else work.addSection(name, { ...header, sh_size: edit.number("size") }, new Uint8Array(0));
  },
};

const SYMBOL_EDITS: Edits = {
  set_symbol({ work, edit }) {
    const { index, record } = edit.within(() => work.symbol(edit.reference("set_symbol")), "set_symbol");
    const fields = edit.table("fields");
    const values = recordFields(work, fields, SYM, record);
    work.setSymbol(index, { ...values, st_info: symbolInfo(work, fields, values.st_info ?? record.st_info) });
    fields.done();
  },
  rename_symbol({ work, edit }) {
    const { index } = edit.within(() => work.symbol(edit.reference("rename_symbol")), "rename_symbol");
    const st_name = work.addName(work.symbolTable.header.sh_link, edit.string("to"));
    work.setSymbol(index, { st_name });
  },
  add_symbol({ work, edit }) {
    work.addSymbol(edit.string("add_symbol"), {
      st_value: edit.number("st_value", 0, 4, work.scope),
      st_size: edit.number("st_size", 0),
      st_info: symbolInfo(work, edit, STB.GLOBAL << 4 | STT.NOTYPE),
      st_other: edit.number("st_other", 0, 1),
      st_shndx: edit.has("st_shndx") ? fieldValue(work, edit, "st_shndx", 0, 2) : SHN.UNDEF,
    });
  },
};

const RELOCATION_EDITS: Edits = {
  set_relocation(context) {
    const { work, edit } = context;
    const section = sectionAt(context, "in");
    const index = edit.number("set_relocation");
    const { sh_type, sh_offset } = section.header;
    if (sh_type !== SHT.REL && sh_type !== SHT.RELA) edit.fail("has no relocations", "in");
    const record: RecordLayout<keyof Rel | keyof Rela> = sh_type === SHT.RELA ? RELA : REL;
    const count = Math.floor(section.data.length / record.size);
    if (index >= count) edit.fail(`section ${section.name} has ${count} relocations`, "set_relocation");
    const old = readRecord(viewOf(section.data), index * record.size, record);
    const fields = edit.table("fields");
    const values = recordFields(work, fields, record, old);
    const r_info = relocationInfo(work, fields, values.r_info ?? old.r_info);
    const bytes = new Uint8Array(record.size);
    writeRecord(viewOf(bytes), 0, record, { ...old, ...values, r_info });
    work.overwrite(sh_offset + index * record.size, bytes);
    fields.done();
  },
  add_relocation(context) {
    const { work, edit, readFile } = context;
    const target = sectionAt(context, "add_relocation");
    const r_offset = edit.number("r_offset", undefined, 4, work.scope);
    edit.has("symbol") || edit.fail("the key symbol is missing");
    edit.has("type") || edit.fail("the key type is missing");
    const r_info = relocationInfo(work, edit, R_ARM.NONE);
    if (hasContent(edit)) overwriteIn(context, target, r_offset, "r_offset", contentOf(edit, readFile));
    work.addRelocation(target, r_offset, r_info);
  },
};

/** The edits by their verbs. */
export const ELF_EDITS: Edits = { ...BYTE_EDITS, ...SECTION_EDITS, ...SYMBOL_EDITS, ...RELOCATION_EDITS };
