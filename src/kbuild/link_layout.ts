// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which sections of the objects go into which section of the module, and in which order.
 *
 * Models: scripts/module.lds.S, arch/arm/include/asm/module.lds.h and include/asm-generic/codetag.lds.h, and where GNU ld 2.40 puts sections
 * that the script does not name.
 *
 * @module
 */

import { SHF, SHT } from "../elf/constants.ts";
import type { Shdr } from "../elf/records.ts";

/** A section of the script: what goes into it, in this order. */
interface ScriptSection {
  readonly name: string;
  /** Patterns; `sorted` ones by name. */
  readonly inputs: readonly { readonly pattern: RegExp; readonly sorted: boolean }[];
}

const exact = (name: string) => ({ pattern: new RegExp(`^${name.replaceAll(".", "\\.")}$`), sorted: false });
const sorted = (prefix: string) => ({ pattern: new RegExp(`^${prefix.replace(/[.+]/g, "\\$&")}`), sorted: true });

/** The tables that the script makes before .data. Their addresses begin at 0 each. */
const TABLES: readonly ScriptSection[] = [
  { name: "__ksymtab", inputs: [sorted("___ksymtab+")] },
  { name: "__ksymtab_gpl", inputs: [sorted("___ksymtab_gpl+")] },
  { name: "__kcrctab", inputs: [sorted("___kcrctab+")] },
  { name: "__kcrctab_gpl", inputs: [sorted("___kcrctab_gpl+")] },
  { name: ".ctors", inputs: [sorted(".ctors."), exact(".ctors")] },
  { name: ".init_array", inputs: [sorted(".init_array."), exact(".init_array")] },
  { name: ".altinstructions", inputs: [exact(".altinstructions")] },
  { name: "__bug_table", inputs: [exact("__bug_table")] },
  { name: "__jump_table", inputs: [exact("__jump_table")] },
  { name: "__patchable_function_entries", inputs: [exact("__patchable_function_entries")] },
];

/** .data begins with the tags of allocations, between two symbols. */
const DATA: ScriptSection = { name: ".data", inputs: [exact("alloc_tags"), exact(".data")] };

/** Sections whose addresses the script aligns to 8. */
export const ALIGNED_TO_8: readonly string[] = [".ctors", ".init_array", ".altinstructions", "__bug_table", "__jump_table"];

const SCRIPT = [...TABLES, DATA];

/** The sections of one byte that the loader makes room for PLT entries in, with the flags that the linker gives them. */
export const PLT_SECTIONS = [
  { name: ".plt", flags: SHF.ALLOC | SHF.EXECINSTR },
  { name: ".init.plt", flags: SHF.ALLOC },
] as const;

/** Whether the script throws a section away. */
export function isDiscarded(name: string): boolean {
  return /^\.discard(\..*)?$/.test(name) || name === ".export_symbol";
}

/** Where a section of an object goes: the section of the module, and its place among those that go there. */
export interface Destination {
  readonly name: string;
  /** Index of the script's pattern. */
  readonly pattern: number;
  /** What such sections are sorted by; "" where they stay in the order of the objects. */
  readonly key: string;
}

/** The destination of a section that is not discarded. */
export function destinationOf(name: string): Destination {
  for (const section of SCRIPT) {
    const pattern = section.inputs.findIndex((each) => each.pattern.test(name));
    if (pattern >= 0) return { name: section.name, pattern, key: section.inputs[pattern].sorted ? name : "" };
  }
  return { name, pattern: 0, key: "" };
}

/**
 * The place of a section in the module: notes, code, the script's tables, .data, other data, .plt, what is only read, .init.plt, what has no
 * bytes, and what is not loaded.
 */
export function rankOf(name: string, { sh_type, sh_flags }: Pick<Shdr, "sh_type" | "sh_flags">): number {
  const scripted = SCRIPT.findIndex((each) => each.name === name);
  if (scripted >= 0) return 2 + scripted;
  const after = 2 + SCRIPT.length;
  if (name === PLT_SECTIONS[0].name) return after + 1;
  if (name === PLT_SECTIONS[1].name) return after + 3;
  if (name === ".note.GNU-stack") return after + 5;
  if ((sh_flags & SHF.ALLOC) === 0) return after + 6;
  if (sh_type === SHT.NOTE) return 0;
  if ((sh_flags & SHF.EXECINSTR) !== 0) return 1;
  if (sh_type === SHT.NOBITS) return after + 4;
  return (sh_flags & SHF.WRITE) !== 0 ? after : after + 2;
}
