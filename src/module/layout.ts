// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where each section goes: sizes first, then memory, then the copy.
 *
 * Models: layout_sections(), __layout_sections(), module_get_offset_and_type(), move_module() and module_memory_alloc() of
 * kernel/module/main.c.
 *
 * @module
 */

import { moduleExitSection, moduleInitSection } from "../arch_arm/section_names.ts";
import { SHF, SHT } from "../elf/constants.ts";
import { align, u32 } from "../elf/word.ts";
import { ENOMEM } from "../kernel/errno.ts";
import { pageAlign } from "../kernel/execmem.ts";
import { NotModelled, pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import type { MappedArea } from "../kernel/memory.ts";
import {
  type KernelModule,
  MOD_DATA,
  MOD_INIT_DATA,
  MOD_INIT_RODATA,
  MOD_INIT_TEXT,
  MOD_MEM_NUM_TYPES,
  MOD_RO_AFTER_INIT,
  MOD_RODATA,
  MOD_TEXT,
  type ModuleMemory,
} from "../kernel/module.ts";
import type { Section } from "../kernel/section.ts";
import { warnOnce } from "../kernel/warn.ts";
import { findSec, type LoadInfo } from "./load_info.ts";

/** sh_entsize while the module is laid out: the memory type in the high four bits, the offset in the rest. */
const SH_ENTSIZE_TYPE_SHIFT = 28;
const SH_ENTSIZE_OFFSET_MASK = 0x0fffffff;
/** ~0UL as a small integer, which a section's header holds without a number object of its own. */
const UNPLACED = -1;

/**
 * One pass over the sections: those that have all of `all` and none of `none`, and the memory that they go to before and after init.
 * ARM has no small-data flag, so the kernel's fifth pass never finds anything.
 */
const MASKS = [
  { all: SHF.EXECINSTR | SHF.ALLOC, none: 0, core: MOD_TEXT, init: MOD_INIT_TEXT },
  { all: SHF.ALLOC, none: SHF.WRITE, core: MOD_RODATA, init: MOD_INIT_RODATA },
  { all: SHF.RO_AFTER_INIT | SHF.ALLOC, none: 0, core: MOD_RO_AFTER_INIT, init: undefined },
  { all: SHF.WRITE | SHF.ALLOC, none: 0, core: MOD_DATA, init: MOD_INIT_DATA },
] as const;

/** module_init_layout_section(): whether the section is freed after init. Without unloading, exit sections are too. */
export function moduleInitLayoutSection(name: string, kernel: Kernel): boolean {
  return moduleInitSection(name) || (!kernel.config("MODULE_UNLOAD") && moduleExitSection(name));
}

/** The memory type of a section that has been placed. */
export function sectionType(section: Section): number {
  return section.sh_entsize >>> SH_ENTSIZE_TYPE_SHIFT;
}

/** The offset of a section that has been placed, from its memory's base. */
function sectionOffset(section: Section): number {
  return section.sh_entsize & SH_ENTSIZE_OFFSET_MASK;
}

/** module_get_offset_and_type(): the next place of that type for a section, in sh_entsize's form. */
export function moduleGetOffsetAndType(kernel: Kernel, mod: KernelModule, type: number, section: Section): number {
  const memory = mod.mem[type];
  const offset = align(memory.size, section.sh_addralign || 1);
  memory.size = u32(offset + section.sh_size);
  const mask = type << SH_ENTSIZE_TYPE_SHIFT;
  if (offset & mask) warnOnce(kernel, "kernel/module/main.c:1525", "module_get_offset_and_type");
  return u32(offset | mask);
}

/**
 * layout_sections(): tallies the sizes and puts each section's place into its sh_entsize, core sections first, then those of init.
 *
 * Needs: the PLTs' sizes. Adds: sh_entsize of every allocated section, mod.mem[].size.
 */
export function layoutSections(info: LoadInfo, mod: KernelModule): void {
  // From here on these tables are read-only once init has run; both are written while it runs.
  markRoAfterInit(info, ".data..ro_after_init");
  markRoAfterInit(info, "__jump_table");
  const isInit = new Uint8Array(info.sechdrs.length);
  for (let i = 0; i < isInit.length; i++) {
    const section = info.sechdrs[i];
    section.sh_entsize = UNPLACED;
    if (section.sh_flags & SHF.ALLOC && moduleInitLayoutSection(section.name, info.kernel)) isInit[i] = 1;
  }
  layoutSectionsOf(info, mod, isInit, 0);
  layoutSectionsOf(info, mod, isInit, 1);
}

function markRoAfterInit(info: LoadInfo, name: string): void {
  const i = findSec(info, name);
  if (i !== 0) info.sechdrs[i].sh_flags = u32(info.sechdrs[i].sh_flags | SHF.RO_AFTER_INIT);
}

/** __layout_sections(), for the sections whose entry in `isInit` is `wanted`. */
function layoutSectionsOf({ kernel, sechdrs }: LoadInfo, mod: KernelModule, isInit: Uint8Array, wanted: 0 | 1): void {
  for (const { all, none, core, init } of MASKS) {
    const type = wanted === 1 ? init : core;
    for (let i = 0; i < sechdrs.length; i++) {
      const section = sechdrs[i];
      if (isInit[i] !== wanted || (section.sh_flags & all) !== all || section.sh_flags & none) continue;
      if (section.sh_entsize !== UNPLACED) continue;
      if (type === undefined) throw new NotModelled("WARN_ON_ONCE(type == MOD_INVALID) in __layout_sections()");
      section.sh_entsize = moduleGetOffsetAndType(kernel, mod, type, section);
    }
  }
}

/** The memcpy() of one section. Sizes that wrapped around, or a section that was not checked, make it run off mapped memory. */
function copySection(section: Section, area: MappedArea, offset: number): void {
  const { view, at, sh_size } = section;
  if (sh_size === 0) return;
  if (at + sh_size > view.byteLength) throw pageFault(section.sh_addr + view.byteLength - at, "read");
  if (offset + sh_size > area.bytes.length) throw pageFault(area.base + area.bytes.length, "write");
  area.bytes.set(section.ownBytes(), offset);
}

/** Gives back what module_memory_alloc() took, of all types below `end`. */
export function freeModMem(kernel: Kernel, mod: KernelModule, end = MOD_MEM_NUM_TYPES): void {
  for (const memory of mod.mem.slice(0, end)) {
    if (memory.area !== undefined) kernel.execmem.free(memory.area);
    memory.area = undefined;
  }
}

/** module_memory_alloc(): whole pages for what has a size. @returns whether there were any */
function moduleMemoryAlloc(kernel: Kernel, memory: ModuleMemory): boolean {
  if (memory.size === 0) return true;
  memory.size = pageAlign(memory.size);
  if (memory.size === 0) warnOnce(kernel, "mm/vmalloc.c:3838", "__vmalloc_node_range_noprof");
  memory.area = kernel.execmem.alloc(memory.size);
  return memory.area !== undefined;
}

const NO_BYTES = new DataView(new ArrayBuffer(0));

/** Copies an allocated section to its place, which becomes its address. */
function placeSection(kernel: Kernel, mod: KernelModule, section: Section): void {
  const type = sectionType(section);
  const offset = sectionOffset(section);
  if (type >= MOD_MEM_NUM_TYPES) {
    freeModMem(kernel, mod);
    throw new NotModelled("move_module() of a section whose offset runs into its memory type");
  }
  const { area } = mod.mem[type];
  if (area === undefined) {
    // All sections of this type are empty, so the type has no memory, and its base is NULL.
    section.sh_addr = offset;
    section.view = NO_BYTES;
    section.at = 0;
    mod.addSection(section, MOD_MEM_NUM_TYPES);
    return;
  }
  if (section.sh_type !== SHT.NOBITS) copySection(section, area, offset);
  section.sh_addr = u32(area.base + offset);
  section.view = area.view;
  section.at = offset;
  mod.addSection(section, type);
}

/**
 * move_module(): allocates the memory of each type and copies the sections into it.
 *
 * Needs: layoutSections(). Adds: mod.mem[].area, and for each allocated section its final address.
 *
 * @returns 0 or minus ENOMEM
 */
export function moveModule(info: LoadInfo, mod: KernelModule): number {
  const { kernel, sechdrs } = info;
  for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) {
    if (moduleMemoryAlloc(kernel, mod.mem[type])) continue;
    kernel.printk(KERN_WARNING, "execmem: unable to allocate memory");
    freeModMem(kernel, mod, type);
    return -ENOMEM;
  }
  for (const section of sechdrs) if (section.sh_flags & SHF.ALLOC) placeSection(kernel, mod, section);
  // Module has been copied to its final place now.
  const thisModule = sechdrs[info.index.mod];
  mod.at = thisModule.ownView();
  mod.address = thisModule.sh_addr;
  for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) mod.putMemory(type);
  return 0;
}
