// SPDX-License-Identifier: GPL-2.0-only
/**
 * The records of an ELF32 file as tables of fields. Reader and writer walk the same tables, so neither can slip.
 *
 * Source: include/uapi/linux/elf.h (Elf32_Ehdr, Elf32_Shdr, Elf32_Sym, Elf32_Rel, Elf32_Rela).
 *
 * @module
 */

/** One field: its name, its offset from the record's start and its width, both in bytes. */
type Field<Name extends string> = readonly [name: Name, offset: number, width: 1 | 2 | 4];

/** A record: its size in bytes and its fields. */
export interface RecordLayout<Name extends string> {
  readonly size: number;
  readonly fields: readonly Field<Name>[];
}

/** The fields' values, unsigned. */
export type Values<Name extends string> = Record<Name, number>;

function layout<const Name extends string>(size: number, fields: readonly Field<Name>[]): RecordLayout<Name> {
  return { size, fields };
}

/** Elf32_Ehdr behind its 16 bytes of e_ident. */
export const EHDR = layout(52, [
  ["e_type", 16, 2],
  ["e_machine", 18, 2],
  ["e_version", 20, 4],
  ["e_entry", 24, 4],
  ["e_phoff", 28, 4],
  ["e_shoff", 32, 4],
  ["e_flags", 36, 4],
  ["e_ehsize", 40, 2],
  ["e_phentsize", 42, 2],
  ["e_phnum", 44, 2],
  ["e_shentsize", 46, 2],
  ["e_shnum", 48, 2],
  ["e_shstrndx", 50, 2],
]);
export type Ehdr = Values<typeof EHDR["fields"][number][0]>;

export const SHDR = layout(40, [
  ["sh_name", 0, 4],
  ["sh_type", 4, 4],
  ["sh_flags", 8, 4],
  ["sh_addr", 12, 4],
  ["sh_offset", 16, 4],
  ["sh_size", 20, 4],
  ["sh_link", 24, 4],
  ["sh_info", 28, 4],
  ["sh_addralign", 32, 4],
  ["sh_entsize", 36, 4],
]);
export type Shdr = Values<typeof SHDR["fields"][number][0]>;

export const SYM = layout(16, [
  ["st_name", 0, 4],
  ["st_value", 4, 4],
  ["st_size", 8, 4],
  ["st_info", 12, 1],
  ["st_other", 13, 1],
  ["st_shndx", 14, 2],
]);
export type Sym = Values<typeof SYM["fields"][number][0]>;

export const REL = layout(8, [
  ["r_offset", 0, 4],
  ["r_info", 4, 4],
]);
export type Rel = Values<typeof REL["fields"][number][0]>;

export const RELA = layout(12, [
  ["r_offset", 0, 4],
  ["r_info", 4, 4],
  ["r_addend", 8, 4],
]);
export type Rela = Values<typeof RELA["fields"][number][0]>;

/**
 * Reads a record.
 *
 * @param at byte offset of the record; all of it lies in `view`, which the caller has checked
 */
export function readRecord<Name extends string>(view: DataView, at: number, record: RecordLayout<Name>): Values<Name> {
  const values = {} as Values<Name>;
  for (const [name, offset, width] of record.fields) {
    values[name] = width === 4
      ? view.getUint32(at + offset, true)
      : width === 2
      ? view.getUint16(at + offset, true)
      : view.getUint8(at + offset);
  }
  return values;
}

/** Writes those fields of a record that are given; the others keep their bytes. */
export function writeRecord<Name extends string>(
  view: DataView,
  at: number,
  record: RecordLayout<Name>,
  values: Readonly<Partial<Values<Name>>>,
): void {
  for (const [name, offset, width] of record.fields) {
    const value = values[name];
    if (value === undefined) continue;
    if (width === 4) view.setUint32(at + offset, value, true);
    else if (width === 2) view.setUint16(at + offset, value, true);
    else view.setUint8(at + offset, value);
  }
}

/**
 * Offset of one field in its record.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fieldOffset, SYM } from "./records.ts";
 * assertEquals(fieldOffset(SYM, "st_info"), 12);
 * ```
 */
export function fieldOffset<Name extends string>(record: RecordLayout<Name>, name: Name): number {
  const field = record.fields.find((each) => each[0] === name);
  if (field === undefined) throw new Error(`The record has no field ${name}`);
  return field[1];
}
