// SPDX-License-Identifier: GPL-2.0-only
/**
 * The module leaves the temporary copy of its file for memory of its own.
 *
 * Models: layout_and_allocate() of kernel/module/main.c.
 *
 * @module
 */

import { moduleFrobArchSections } from "../arch_arm/plts.ts";
import { SHF } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import type { KernelModule } from "../kernel/module.ts";
import { layoutSymtab } from "./kallsyms.ts";
import { layoutSections, moduleInitLayoutSection, moveModule } from "./layout.ts";
import { type LoadInfo, sectionTable } from "./load_info.ts";
import { moduleEnforceRwxSections } from "./rwx.ts";

/**
 * layout_and_allocate().
 *
 * Needs: the checked section table. Adds: the sizes of the PLTs, and for each allocated section its final address.
 *
 * @returns 0 or minus an errno
 */
export function layoutAndAllocate(info: LoadInfo, mod: KernelModule): number {
  const { kernel, sechdrs } = info;
  const err = moduleFrobArchSections(kernel, sectionTable(info), mod, (name) => moduleInitLayoutSection(name, kernel)) ||
    moduleEnforceRwxSections(info, mod);
  if (err) return err;
  // Per-CPU data gets memory of its own.
  const percpu = sechdrs[info.index.pcpu];
  percpu.sh_flags = u32(percpu.sh_flags & ~SHF.ALLOC);
  layoutSections(info, mod);
  layoutSymtab(info, mod);
  return moveModule(info, mod);
}
