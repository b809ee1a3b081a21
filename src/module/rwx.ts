// SPDX-License-Identifier: GPL-2.0-only
/**
 * No section may be both writable and executable, and what need not be written cannot be.
 *
 * Models: module_enforce_rwx_sections(), module_enable_rodata_ro() and module_enable_text_rox() of kernel/module/strict_rwx.c. What is
 * read-only after init has nothing in the model that writes to it then.
 *
 * @module
 */

import { SHF } from "../elf/constants.ts";
import { ENOEXEC } from "../kernel/errno.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MOD_INIT_RODATA, MOD_INIT_TEXT, MOD_RODATA, MOD_TEXT } from "../kernel/module.ts";
import type { LoadInfo } from "./load_info.ts";

const SHF_WX = SHF.WRITE | SHF.EXECINSTR;

/** @returns 0, or minus ENOEXEC after the line that names the section */
export function moduleEnforceRwxSections(info: LoadInfo, mod: KernelModule): number {
  const { kernel, sechdrs } = info;
  if (!kernel.config("STRICT_MODULE_RWX")) return 0;
  const at = sechdrs.findIndex((section) => (section.sh_flags & SHF_WX) === SHF_WX);
  if (at < 0) return 0;
  kernel.printk(KERN_ERR, `${mod.name}: section ${sechdrs[at].name} (index ${at}) has invalid WRITE|EXEC flags`);
  return -ENOEXEC;
}

/** module_enable_rodata_ro() and module_enable_text_rox(). */
export function moduleEnableReadOnly(kernel: Kernel, mod: KernelModule): void {
  if (!kernel.config("STRICT_MODULE_RWX")) return;
  for (const type of [MOD_TEXT, MOD_INIT_TEXT, MOD_RODATA, MOD_INIT_RODATA]) {
    const { area } = mod.mem[type];
    if (area !== undefined) area.readOnly = true;
  }
}
