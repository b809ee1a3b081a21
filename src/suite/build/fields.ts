// SPDX-License-Identifier: GPL-2.0-only
/**
 * The `fields` of an edit: a record's own fields by their ELF names, and the halves of packed ones (`bind` and `type` of
 * st_info, `symbol` and `type` of r_info).
 *
 * @module
 */

import { relocationSymbol, relocationType, symbolBinding, symbolType } from "../../elf/constants.ts";
import type { RecordLayout, Values } from "../../elf/records.ts";
import { u32 } from "../../elf/word.ts";
import type { Scope } from "./number.ts";
import type { Table } from "./table.ts";
import type { Workpiece } from "./workpiece.ts";

/** Fields that hold a section's index; a section's name is taken for it. */
const SECTION_FIELDS: readonly string[] = ["e_shstrndx", "sh_link", "sh_info", "st_shndx"];

/** One number of the `fields` table; `old` is its value before the edit. */
export function fieldValue(work: Workpiece, fields: Table, key: string, old: number, bytes = 4): number {
  const value = fields.raw(key);
  if (typeof value === "string" && (SECTION_FIELDS.includes(key)) && work.image.sections.some((each) => each.name === value)) {
    return fields.within(() => work.section(value).index, key);
  }
  const scope: Scope = (word, argument) => word === "old" && argument === undefined ? old : work.scope(word, argument);
  return fields.number(key, undefined, bytes, scope);
}

/** The fields of `record` that the table names. */
export function recordFields<Name extends string>(
  work: Workpiece,
  fields: Table,
  record: RecordLayout<Name>,
  old: Readonly<Values<Name>>,
): Partial<Values<Name>> {
  const values: Partial<Values<Name>> = {};
  for (const [name, , width] of record.fields) {
    if (fields.has(name)) values[name] = fieldValue(work, fields, name, old[name], width);
  }
  return values;
}

/** A symbol's index by its name or index, or by a number like `"symbols"`: one that need not exist. */
export function symbolIndex(work: Workpiece, table: Table, key: string, old?: number): number {
  const value = table.raw(key);
  if (typeof value === "string" && /^(old|symbols)\b/.test(value)) {
    return table.number(key, undefined, 4, (word, argument) => word === "old" ? old : work.scope(word, argument));
  }
  if (typeof value === "number") return table.number(key);
  return table.within(() => work.symbol(table.string(key)).index, key);
}

/** A number of so many bits, none of them lost. */
function inBits(fields: Table, key: string, value: number, bits: number): number {
  return value < 2 ** bits ? value : fields.fail(`does not fit ${bits} bits`, key);
}

/** st_info with the `bind` and `type` that the table names. */
export function symbolInfo(work: Workpiece, fields: Table, old: number): number {
  const bind = fields.has("bind") ? fieldValue(work, fields, "bind", symbolBinding(old)) : symbolBinding(old);
  const type = fields.has("type") ? fieldValue(work, fields, "type", symbolType(old)) : symbolType(old);
  return inBits(fields, "bind", bind, 4) << 4 | inBits(fields, "type", type, 4);
}

/** r_info with the `symbol` and `type` that the table names. */
export function relocationInfo(work: Workpiece, fields: Table, old: number): number {
  const symbol = fields.has("symbol") ? symbolIndex(work, fields, "symbol", relocationSymbol(old)) : relocationSymbol(old);
  const type = fields.has("type") ? fieldValue(work, fields, "type", relocationType(old)) : relocationType(old);
  return u32(inBits(fields, "symbol", symbol, 24) << 8 | inBits(fields, "type", type, 8));
}
