// SPDX-License-Identifier: GPL-2.0-only
/**
 * Walks the sections of relocations.
 *
 * Models: apply_relocations() of kernel/module/main.c.
 *
 * @module
 */

import { applyRelocate, applyRelocateAdd } from "../arch_arm/apply_relocate.ts";
import { SHF, SHT } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { KernelModule } from "../kernel/module.ts";
import { copyString, type LoadInfo } from "./load_info.ts";

/** What the kernel has put into struct module by now, and follows without a look. */
const OWN_FIELDS = ["list", "mem", "percpu", "source_list", "target_list", "refcnt"];

/** apply_relocations(): each section of relocations whose target is allocated. @returns 0 or minus an errno */
export function applyRelocations(info: LoadInfo, mod: KernelModule): number {
  const { sechdrs } = info;
  for (let i = 1; i < sechdrs.length; i++) {
    const { sh_info, sh_flags } = sechdrs[i];
    if (sh_info >= sechdrs.length || !(sechdrs[sh_info].sh_flags & SHF.ALLOC) || sh_flags & SHF.RELA_LIVEPATCH) continue;
    const err = applySection(info, mod, i);
    if (err < 0) return err;
  }
  return 0;
}

/** One section, of relocations or not. @returns 0 or minus an errno */
function applySection(info: LoadInfo, mod: KernelModule, i: number): number {
  const { kernel, sechdrs, index } = info;
  if (sechdrs[i].sh_type === SHT.RELA) return applyRelocateAdd(kernel, mod);
  if (sechdrs[i].sh_type !== SHT.REL) return 0;
  const symbolName = (st_name: number) => copyString(info.copy, u32(info.strtab + st_name));
  const before = sechdrs[i].sh_info === index.mod ? mod.copyOfBytes() : undefined;
  const err = applyRelocate(kernel, sechdrs, symbolName, index.sym, i, mod);
  if (before !== undefined && mod.differsFrom(before, OWN_FIELDS)) {
    throw new NotModelled("apply_relocate() over pointers that the kernel keeps in struct module");
  }
  return err;
}
