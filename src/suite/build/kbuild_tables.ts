// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tables that macros of the kernel make in a module: exports (EXPORT_SYMBOL) and parameters (module_param).
 *
 * Source: include/linux/export-internal.h (KSYMTAB_FUNC, SYMBOL_CRC), kernel/module/internal.h (struct kernel_symbol),
 * include/linux/moduleparam.h (struct kernel_param).
 *
 * @module
 */

import { SHT } from "../../elf/constants.ts";
import { encodeName } from "../../elf/writer.ts";
import { viewOf } from "./bytes.ts";
import type { Draft } from "./draft.ts";
import type { Table } from "./table.ts";

/** struct kernel_symbol: value, name, namespace. */
const KERNEL_SYMBOL_SIZE = 12;
/** struct kernel_param: name, mod, ops, perm (16 bits), level (8), flags (8), arg. */
const KERNEL_PARAM_SIZE = 20;

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

/**
 * `[[module.export]]`. A name that no `[[module.symbol]]` defines is a function at the start of .text. Entries are sorted by
 * name, as the loader's bsearch() needs them, unless `sort_exports` is false.
 */
export function addExports(draft: Draft, module: Table): void {
  const exports = module.tables("export").map((table) => ({ table, name: table.string("name") }));
  if (module.boolean("sort_exports", true)) exports.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  for (const { table, name } of exports) {
    table.within(() => {
      const suffix = table.boolean("gpl", false) ? "_gpl" : "";
      const symbol = table.string("symbol", name);
      if (symbol === name) draft.define(name, ".text", 8);
      const entries = draft.section("__ksymtab" + suffix);
      const strings = draft.section("__ksymtab_strings");
      const nameOffset = draft.append(strings, encodeName(name + "\0"));
      const namespaceOffset = draft.append(strings, encodeName(table.string("namespace", "") + "\0"));
      const entry = new Uint8Array(KERNEL_SYMBOL_SIZE);
      viewOf(entry).setUint32(4, nameOffset, true);
      viewOf(entry).setUint32(8, namespaceOffset, true);
      const at = draft.append(entries, entry);
      draft.relocate(entries, at, symbol);
      draft.relocate(entries, at + 4, strings.name);
      draft.relocate(entries, at + 8, strings.name);
      const crcs = draft.find("__kcrctab" + suffix);
      if (crcs !== undefined) draft.append(crcs, word(table.number("crc")));
      else if (table.has("crc")) table.fail(`there is no section __kcrctab${suffix} for it`, "crc");
    });
    table.done();
  }
}

/** Where a parameter's value lives: a symbol or section that the recipe names, or four (`ullong`: eight) bytes of .bss. */
function argument(draft: Draft, table: Table, type: string): { symbol: string; offset: number } {
  if (table.has("arg")) return { symbol: table.string("arg"), offset: table.number("arg_offset", 0) };
  const bss = draft.section(".bss");
  if (bss.type !== SHT.NOBITS) table.fail("give arg: .bss is not SHT_NOBITS here");
  bss.align = Math.max(bss.align, 8);
  const offset = Math.ceil((bss.size ?? 0) / 8) * 8;
  bss.size = offset + (type === "ullong" ? 8 : 4);
  return { symbol: bss.name, offset };
}

/** `[[module.param]]`. The operations are the kernel's `param_ops_<type>`, imported, unless `ops` names a symbol. */
export function addParams(draft: Draft, module: Table): void {
  for (const table of module.tables("param")) {
    table.within(() => {
      const type = table.string("type", "int");
      const ops = table.string("ops", "param_ops_" + type);
      if (!table.has("ops")) draft.import(ops);
      const entries = draft.section("__param");
      const strings = draft.section(".rodata");
      const nameOffset = draft.append(strings, encodeName(table.string("name") + "\0"));
      const arg = argument(draft, table, type);
      const entry = new Uint8Array(KERNEL_PARAM_SIZE);
      const view = viewOf(entry);
      view.setUint32(0, nameOffset, true);
      view.setUint16(12, table.number("perm", 0o644, 2), true);
      view.setUint8(14, table.number("level", -1, 1));
      view.setUint8(15, table.number("flags", 0, 1));
      view.setUint32(16, arg.offset, true);
      const at = draft.append(entries, entry);
      draft.relocate(entries, at, strings.name);
      draft.relocate(entries, at + 4, "__this_module");
      draft.relocate(entries, at + 8, ops);
      draft.relocate(entries, at + 16, arg.symbol);
    });
    table.done();
  }
}
