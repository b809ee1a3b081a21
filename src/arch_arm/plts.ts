// SPDX-License-Identifier: GPL-2.0-only
/**
 * PLT entries: jumps through a literal, for branches that do not reach their target.
 *
 * Models: arch/arm/kernel/module-plts.c: module_frob_arch_sections(), count_plts(), duplicate_rel(), get_module_plt().
 *
 * @module
 */

import { R_ARM, SHF, SHT } from "../elf/constants.ts";
import { SYM } from "../elf/records.ts";
import { u32 } from "../elf/word.ts";
import { ENOEXEC } from "../kernel/errno.ts";
import { bug, NotModelled, pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { MappedArea } from "../kernel/memory.ts";
import type { KernelModule, ModPltSec } from "../kernel/module.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { type Section, type SectionTable, uncheckedHeader } from "../kernel/section.ts";
import { sortRelocations } from "./sort_relocations.ts";

/** L1_CACHE_BYTES of CONFIG_ARM_L1_CACHE_SHIFT=6: entries and their literals alternate in lines of this size. */
const PLT_ENT_STRIDE = 64;
const PLT_ENT_COUNT = PLT_ENT_STRIDE / 4;
/** struct plt_entries: sixteen instructions, then their sixteen literals. */
const PLT_ENTRIES_SIZE = 2 * PLT_ENT_STRIDE;
const PLT_ENT_SIZE = PLT_ENTRIES_SIZE / PLT_ENT_COUNT;

/** `ldr pc, [pc, #off]`, as it stands in memory; Thumb-2 has its halfwords in order. */
function pltEntLdr(kernel: Kernel): number {
  return kernel.isThumb2 ? u32(((PLT_ENT_STRIDE - 4 | 0xf000) << 16) | 0xf8df) : u32(0xe59ff000 | (PLT_ENT_STRIDE - 8));
}

/** fixed_plts[]: ftrace's two targets come first in every PLT. */
const FTRACE_PLTS: readonly string[] = ["ftrace_caller", "__gnu_mcount_nc"];
const NO_PLTS: readonly string[] = [];

function fixedPlts(kernel: Kernel): readonly string[] {
  return kernel.config("DYNAMIC_FTRACE") ? FTRACE_PLTS : NO_PLTS;
}

/** Whether the addend of the branch at an address is just the bias of the PC, so that it goes to its symbol itself. */
function isZeroAddend(kernel: Kernel, area: MappedArea, address: number, type: number): boolean {
  const at = address - area.base;
  const inCopy = at >= 0 && at + 4 <= area.bytes.length;
  const word = inCopy ? area.view.getUint32(at, true) : kernel.space.read32(address);
  if (type === R_ARM.THM_CALL || type === R_ARM.THM_JUMP24) {
    return (word & 0x7ff) === 0x7ff && ((word >>> 16) & 0x2fff) === 0x2ffe;
  }
  return (word & 0xffffff) === 0xfffffe;
}

function isBranch(type: number): boolean {
  return type === R_ARM.CALL || type === R_ARM.PC24 || type === R_ARM.JUMP24 || type === R_ARM.THM_CALL ||
    type === R_ARM.THM_JUMP24;
}

/**
 * count_plts(): the branches of one section that may need an entry of their own: those to other sections, but of equal ones without
 * addend, which stand side by side in sorted relocations, one.
 */
function countPlts(kernel: Kernel, table: SectionTable, syms: Section, dst: { sh_addr: number }, rel: Section): number {
  const { area } = table;
  const { view } = area;
  let count = 0;
  let previousInfo = -1;
  let previousOffset = 0;
  const end = rel.sh_offset + (rel.sh_size & ~7);
  for (let at = rel.sh_offset; at < end; at += 8) {
    const offset = view.getUint32(at, true);
    const info = view.getUint32(at + 4, true);
    const type = info & 0xff;
    if (isBranch(type)) {
      const shndxAt = syms.sh_offset + (info >>> 8) * SYM.size + 14;
      if (shndxAt + 2 > area.bytes.length) throw pageFault(u32(area.base + shndxAt), "read");
      if (view.getUint16(shndxAt, true) !== rel.sh_info) {
        const isDuplicate = isZeroAddend(kernel, area, u32(dst.sh_addr + offset), type) && info === previousInfo &&
          isZeroAddend(kernel, area, u32(dst.sh_addr + previousOffset), type);
        if (!isDuplicate) count++;
      }
    }
    previousInfo = info;
    previousOffset = offset;
  }
  return count;
}

/**
 * module_frob_arch_sections(): sorts the relocations of code and sizes `.plt` and `.init.plt` for all entries that they may need.
 *
 * Needs: checked section headers. Adds: type, flags, alignment and size of both PLT sections.
 *
 * @param isInit module_init_layout_section()
 * @returns 0 or minus ENOEXEC
 */
export function moduleFrobArchSections(
  kernel: Kernel,
  table: SectionTable,
  mod: KernelModule,
  isInit: (name: string) => boolean,
): number {
  if (!kernel.config("ARM_MODULE_PLTS")) return 0;
  const { core, init } = mod.arch;
  let syms: Section | undefined;
  for (const section of table.sechdrs) {
    if (section.name === ".plt") core.plt = section;
    else if (section.name === ".init.plt") init.plt = section;
    else if (section.sh_type === SHT.SYMTAB) syms = section;
  }
  if (core.plt === undefined || init.plt === undefined) {
    kernel.printk(KERN_ERR, `${mod.name}: module PLT section(s) missing`);
    return -ENOEXEC;
  }
  if (syms === undefined) {
    kernel.printk(KERN_ERR, `${mod.name}: module symtab section missing`);
    return -ENOEXEC;
  }
  const fixed = fixedPlts(kernel).length;
  const counts = { core: fixed, init: fixed };
  for (let i = 1; i < table.sechdrs.length; i++) {
    const rel = table.sechdrs[i];
    if (rel.sh_type !== SHT.REL) continue;
    const dst = uncheckedHeader(table, rel.sh_info);
    if (!(dst.sh_flags & SHF.EXECINSTR)) continue;
    sortRelocations(table.area.view, rel.sh_offset, rel.sh_size >>> 3);
    const count = countPlts(kernel, table, syms, dst, rel);
    if (isInit(table.sechdrs[rel.sh_info]?.name ?? "")) counts.init += count;
    else counts.core += count;
  }
  sizePlt(core.plt, counts.core);
  sizePlt(init.plt, counts.init);
  return 0;
}

/** Room for so many entries. */
function sizePlt(plt: Section, entries: number): void {
  plt.sh_type = SHT.NOBITS;
  plt.sh_flags = SHF.EXECINSTR | SHF.ALLOC;
  plt.sh_addralign = PLT_ENT_STRIDE;
  plt.sh_size = Math.ceil(entries * PLT_ENT_SIZE / PLT_ENTRIES_SIZE) * PLT_ENTRIES_SIZE;
}

/** Offset of an entry's literal in the PLT. */
function literalOffset(index: number): number {
  return Math.floor(index / PLT_ENT_COUNT) * PLT_ENTRIES_SIZE + PLT_ENT_STRIDE + 4 * (index % PLT_ENT_COUNT);
}

/** Address of an entry. */
function entryAddress(plt: Section, index: number): number {
  return u32(plt.sh_addr + literalOffset(index) - PLT_ENT_STRIDE);
}

/** Stands in for the address of a function that nobody told: one that no function has, in the kernel's first page. */
function standIn({ isLearnt, pageOffset }: KernelProfile): number | undefined {
  return isLearnt ? pageOffset + 8 : undefined;
}

/** prealloc_fixed(): fills the first line of a PLT that is used for the first time. */
function preallocFixed(kernel: Kernel, pltsec: ModPltSec, { view, at }: Section): void {
  const fixed = fixedPlts(kernel);
  if (fixed.length === 0) return;
  pltsec.count = pltsec.fixed = fixed.length;
  for (let i = 0; i < PLT_ENT_COUNT; i++) view.setUint32(at + 4 * i, pltEntLdr(kernel), true);
  for (const [i, name] of fixed.entries()) {
    const address = kernel.profile.symbols.get(name) ?? standIn(kernel.profile);
    if (address === undefined) throw new NotModelled(`get_module_plt(): the profile does not know the address of ${name}`);
    view.setUint32(at + literalOffset(i), address, true);
  }
}

/** Writes a new entry for `value`, and the rest of its line where it is the first there. @returns its index */
function addEntry(kernel: Kernel, pltsec: ModPltSec, { view, at, sh_size }: Section, value: number): number {
  const index = pltsec.count++;
  if (pltsec.count * PLT_ENT_SIZE > sh_size) throw bug(kernel.config, "arch/arm/kernel/module-plts.c:83");
  const literal = at + literalOffset(index);
  if (index % PLT_ENT_COUNT === 0) {
    for (let i = 0; i < PLT_ENT_COUNT; i++) {
      view.setUint32(literal - PLT_ENT_STRIDE + 4 * i, pltEntLdr(kernel), true);
      view.setUint32(literal + 4 * i, 0, true);
    }
  }
  view.setUint32(literal, value, true);
  return index;
}

/**
 * get_module_plt(): the entry that jumps to `value`. Relocations are sorted, so that an entry which another branch to the same target has
 * made is the last one.
 *
 * @param loc address of the branch
 * @param value address of the target
 * @returns address of the entry
 */
export function getModulePlt(kernel: Kernel, mod: KernelModule, loc: number, value: number): number {
  const isInit = mod.withinInit(loc);
  const pltsec = isInit ? mod.arch.init : mod.arch.core;
  const { plt } = pltsec;
  if (plt === undefined) throw new Error(`Module ${mod.name} has no PLT sections`);
  const { view, at } = plt;
  if (pltsec.pltEnt === 0) {
    // A size that wrapped around can leave the PLT beyond its memory.
    if (at + plt.sh_size > view.byteLength) throw pageFault(u32(plt.sh_addr), "write");
    pltsec.pltEnt = plt.sh_addr;
    preallocFixed(kernel, pltsec, plt);
    mod.put(isInit ? "arch.init.plt_ent" : "arch.core.plt_ent", pltsec.pltEnt);
    mod.put(isInit ? "arch.init.plt_count" : "arch.core.plt_count", pltsec.count);
  }
  for (let i = 0; i < pltsec.fixed; i++) if (view.getUint32(at + literalOffset(i), true) === value) return entryAddress(plt, i);
  const last = pltsec.count - 1;
  if (last >= 0 && view.getUint32(at + literalOffset(last), true) === value) return entryAddress(plt, last);
  const added = addEntry(kernel, pltsec, plt, value);
  mod.put(isInit ? "arch.init.plt_count" : "arch.core.plt_count", pltsec.count);
  return entryAddress(plt, added);
}
