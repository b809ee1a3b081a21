// SPDX-License-Identifier: GPL-2.0-only
/**
 * Values that loaders stumble over: where sizes, offsets, indices and flags turn over.
 *
 * @module
 */

import { SHF, SHN, SHT, STB, STT } from "../../elf/constants.ts";
import type { ElfImage, ElfSection } from "../../elf/image.ts";
import { u32 } from "../../elf/word.ts";
import type { Random } from "./random.ts";

/** A value of an edit's field: a number, or text that a recipe reads as one. */
export type FieldValue = string | number;

const SMALL = [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 40, 63, 64, 65, 127, 128, 255, 256];
const PAGES = [0xfff, 0x1000, 0x1001, 0x2000, 0x7fff, 0x8000, 0xffff, 0x10000, 0xff000, 0x100000];
const HUGE = [0x7fffffff, 0x80000000, 0x80000001, 0xbf000000, 0xc0000000, 0xfffff000, 0xfffffff0, 0xfffffffc, 0xffffffff];

/** A number as recipes write it: hex from 256 on. */
export function asText(value: number): FieldValue {
  return value < 256 ? value : `0x${value.toString(16)}`;
}

/** What sections go by in a recipe: the name, or the index where that is not theirs alone. */
export function sectionRef(image: ElfImage, section: ElfSection): FieldValue {
  const alone = section.name !== "" && image.sections.filter((each) => each.name === section.name).length === 1;
  return alone ? section.name : section.index;
}

/** A word of `size(.x)` or its kin about some section with a name of its own. */
function aboutSection(random: Random, image: ElfImage, word: "size" | "offset" | "index"): FieldValue {
  const ref = sectionRef(image, random.pick(image.sections));
  return typeof ref === "string" && /^[\w.]+$/.test(ref) ? `${word}(${ref})` : random.pick(SMALL);
}

/** `value`, or a little before or behind it. */
function near(random: Random, value: FieldValue): FieldValue {
  const by = random.pick(["", "", "-1", "+1", "-4", "+4"]);
  return by === "" ? value : `${value}${by}`;
}

/** A size, an offset or a number of any meaning. `old` is the field's value so far. */
export function edge(random: Random, image: ElfImage, old: number): FieldValue {
  return random.weighted<() => FieldValue>([
    [4, () => asText(random.pick(SMALL))],
    [2, () => asText(random.pick(PAGES))],
    [2, () => asText(random.pick(HUGE))],
    [5, () => random.pick(["old-1", "old+1", "old-4", "old+4", "old+0x1000", "old+8", "old-8", "old+16", "old-16"])],
    [2, () => asText(u32(old ^ 1 << random.below(32)))],
    [2, () => near(random, "end")],
    [3, () => near(random, aboutSection(random, image, random.pick(["size", "offset"])))],
    [1, () => asText(u32(random.below(0x10000) << 16 | random.below(0x10000)))],
  ])();
}

/** An index of a section, there or not. */
export function sectionIndex(random: Random, image: ElfImage): FieldValue {
  return random.weighted<() => FieldValue>([
    [5, () => random.below(image.sections.length)],
    [2, () => random.pick(["sections", "sections-1", "sections+1"])],
    [2, () => random.pick(Object.keys(SHN).map((name) => `SHN_${name}`))],
    [1, () => random.pick([0, 0xfeff, 0xff01, 0xfff0, 0xfff3, 0xffff].map(asText))],
  ])();
}

function named(prefix: string, table: object): string[] {
  return Object.keys(table).map((name) => `${prefix}_${name}`);
}

export const SECTION_TYPES: readonly FieldValue[] = [...named("SHT", SHT), 12, 13, 18, 0x6ffffff6, 0x70000000, 0xffffffff].map(
  (value) => typeof value === "number" ? asText(value) : value,
);

/** One bit of sh_flags turned over, or other flags altogether. */
export function sectionFlags(random: Random, old: number): FieldValue {
  const bit = random.pick(Object.values(SHF));
  if (!random.oneIn(4)) return asText(u32(old ^ bit));
  return random.pick([0, SHF.ALLOC, SHF.ALLOC | SHF.WRITE, SHF.ALLOC | SHF.EXECINSTR, 7, 6, 3, 0xffffffff].map(asText));
}

export const ALIGNMENTS: readonly FieldValue[] = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 32, 63, 64, 128].map(asText),
  ...[0x800, 0x1000, 0x1001, 0x2000, 0x10000, 0x100000, 0x7fffffff, 0x80000000, 0xffffffff].map(asText),
];

export const BINDINGS: readonly FieldValue[] = [...named("STB", STB), 3, 10, 13, 15];
export const SYMBOL_TYPES: readonly FieldValue[] = [...named("STT", STT), 10, 13, 15];

/** Names of sections that the loader looks for. */
export const SECTION_NAMES = [
  ".gnu.linkonce.this_module",
  ".modinfo",
  "__versions",
  "__param",
  "__ksymtab",
  "__ksymtab_gpl",
  "__kcrctab",
  "__kcrctab_gpl",
  "__ksymtab_strings",
  ".ctors",
  ".init_array",
  ".noinstr.text",
  "__tracepoints",
  "__tracepoints_ptrs",
  "__srcu_struct_ptrs",
  "__bpf_raw_tp_map",
  ".BTF",
  "__jump_table",
  "_ftrace_events",
  "_ftrace_eval_map",
  "__trace_printk_fmt",
  "__mcount_loc",
  "_error_injection_whitelist",
  ".kprobes.text",
  "_kprobe_blacklist",
  ".static_call_sites",
  ".kunit_test_suites",
  ".kunit_init_test_suites",
  "__ex_table",
  "__obsparm",
  "__dyndbg",
  "__dyndbg_classes",
  "__bug_table",
  ".alt.smp.init",
  ".pv_table",
  ".data..percpu",
  ".data..ro_after_init",
  ".plt",
  ".init.plt",
  ".ARM.exidx",
  ".ARM.exidx.init.text",
  ".text",
  ".text.hot",
  ".text.unlikely",
  ".init.text",
  ".init.data",
  ".init",
  ".exit.text",
  ".exit.data",
  ".data",
  ".rodata",
  ".bss",
  ".symtab",
  ".strtab",
  "__patchable_function_entries",
  ".note.gnu.build-id",
  ".codetag.alloc_tags",
  "",
] as const;
