// SPDX-License-Identifier: GPL-2.0-only
/**
 * The section table, and which memory of the module the kernel puts each section into.
 *
 * @module
 */

import { moduleFrobArchSections } from "../arch_arm/plts.ts";
import { nameOf, SHF, SHT } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import { errnoName } from "../kernel/errno.ts";
import { PAGE_SIZE, pageAlign } from "../kernel/execmem.ts";
import { KernelFault, NotModelled } from "../kernel/fault.ts";
import { Kernel } from "../kernel/kernel.ts";
import { KernelModule, MOD_MEM_NAMES } from "../kernel/module.ts";
import { earlyModCheck } from "../module/early_check.ts";
import { layoutSymtab } from "../module/kallsyms.ts";
import { layoutSections, moduleInitLayoutSection, sectionType } from "../module/layout.ts";
import type { LoadInfo } from "../module/load_info.ts";
import { moduleEnforceRwxSections } from "../module/rwx.ts";
import { elfValidityCacheCopy } from "../module/validity.ts";
import { signatureVerdict } from "./inspect_signature.ts";
import { readable, type Subject } from "./inspect_subject.ts";

/** One section. */
export interface SectionRow {
  index: number;
  name: string;
  type: string;
  /** readelf's letters. */
  flags: string;
  offset: number;
  size: number;
  align: number;
  link: number;
  info: number;
  /** MOD_TEXT and its kin, or "per-CPU"; absent for what is not kept. */
  memory?: string;
}

export interface SectionFacts {
  table: SectionRow[];
  /** What the module takes of each memory, symbol tables and PLTs included; `pages` of 4 KiB. */
  memory: { type: string; size: number; pages: number }[];
  /** Why the kernel does not come to the point of placing the sections. */
  notPlaced?: string;
}

/** sh_flags, lowest bit first, as readelf(1) has them. */
const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [SHF.WRITE, "W"],
  [SHF.ALLOC, "A"],
  [SHF.EXECINSTR, "X"],
  [SHF.MERGE, "M"],
  [SHF.STRINGS, "S"],
  [SHF.INFO_LINK, "I"],
  [SHF.LINK_ORDER, "L"],
  [0x100, "O"],
  [SHF.GROUP, "G"],
  [0x400, "T"],
  [0x800, "C"],
  [0x20000000, "y"],
  [SHF.EXCLUDE, "E"],
];
const MASKOS = 0x0ff00000;
const MASKPROC = 0xf0000000;

/**
 * The letters of sh_flags.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flagLetters } from "./inspect_sections.ts";
 * assertEquals(flagLetters(0x6), "AX");
 * assertEquals(flagLetters(0x00200003), "WAo");
 * ```
 */
export function flagLetters(sh_flags: number): string {
  let letters = "";
  let rest = sh_flags;
  for (const [flag, letter] of FLAG_LETTERS) {
    if (!(sh_flags & flag)) continue;
    letters += letter;
    rest &= ~flag;
  }
  if (rest & MASKOS) letters += "o";
  if (rest & MASKPROC) letters += "p";
  return u32(rest & ~(MASKOS | MASKPROC)) === 0 ? letters : letters + "x";
}

/** Where sections go: memory by section, and the size of each memory. */
interface Layout {
  memory: (string | undefined)[];
  sizes: SectionFacts["memory"];
}

/** load_module() up to the point where every section has its place, but for whether versions and names are right. */
function layoutOf(subject: Subject): Layout | string {
  const { bytes, profile, host } = subject;
  const kernel = new Kernel(profile, host);
  const refusal = (err: number) => kernel.log.take().at(-1)?.text ?? errnoName(-err);
  const signature = signatureVerdict(subject);
  if (signature.err) return `signature ${signature.verdict}`;
  const copy = new Uint8Array(pageAlign(bytes.length));
  copy.set(bytes);
  const area = { base: profile.vmalloc.start, bytes: copy, view: new DataView(copy.buffer) };
  const info = elfValidityCacheCopy(kernel, { area, len: signature.len, sigOk: signature.sigOk }, 0);
  if (typeof info === "number") return refusal(info);
  const { view, at, sh_size } = info.sechdrs[info.index.mod];
  const mod = new KernelModule(info.name, profile.structModule, new DataView(view.buffer, at, sh_size));
  // Takes .modinfo and __versions out of what is kept. What it says to version magic and CRCs moves no section.
  earlyModCheck(info, mod);
  kernel.log.take();
  const err = placeSections(info, mod);
  if (err) return refusal(err);
  const memory = info.sechdrs.map((section, i): string | undefined => {
    if (i !== 0 && i === info.index.pcpu) return "per-CPU";
    return section.sh_flags & SHF.ALLOC ? MOD_MEM_NAMES[sectionType(section)] : undefined;
  });
  const sizes = mod.mem.map(({ size }, type) => ({ type: MOD_MEM_NAMES[type], size, pages: pageAlign(size) / PAGE_SIZE }));
  return { memory, sizes: sizes.filter(({ size }) => size > 0) };
}

/** layout_and_allocate() without the allocation. @returns 0 or minus an errno */
function placeSections(info: LoadInfo, mod: KernelModule): number {
  const { kernel, sechdrs, copy, hdr, index } = info;
  const table = { sechdrs, area: copy.area, shoff: hdr.e_shoff };
  const err = moduleFrobArchSections(kernel, table, mod, (name) => moduleInitLayoutSection(name, kernel)) ||
    moduleEnforceRwxSections(info, mod);
  if (err) return err;
  sechdrs[index.pcpu].sh_flags = u32(sechdrs[index.pcpu].sh_flags & ~SHF.ALLOC);
  layoutSections(info, mod);
  layoutSymtab(info, mod);
  return 0;
}

/** As layoutOf(); what cuts through the loader's calls is a reason too. */
function layoutOrReason(subject: Subject): Layout | string {
  try {
    return layoutOf(subject);
  } catch (error) {
    if (error instanceof KernelFault) return `it ${error.kind === "oops" ? "oopses" : "dies"}: ${error.line}`;
    if (error instanceof NotModelled) return error.message;
    throw error;
  }
}

/** Reads the section table and asks the kernel's layout where each section goes. */
export function sectionFacts(subject: Subject): SectionFacts {
  const layout = layoutOrReason(subject);
  const placed = typeof layout === "string" ? undefined : layout;
  const table = subject.image.sections.map(({ index, name, header }): SectionRow => {
    const memory = placed?.memory[index];
    return {
      index,
      name: readable(name),
      type: nameOf(SHT, header.sh_type),
      flags: flagLetters(header.sh_flags),
      offset: header.sh_offset,
      size: header.sh_size,
      align: header.sh_addralign,
      link: header.sh_link,
      info: header.sh_info,
      ...(memory === undefined ? {} : { memory }),
    };
  });
  const memory = placed?.sizes ?? [];
  return typeof layout === "string" ? { table, memory, notPlaced: readable(layout) } : { table, memory };
}
