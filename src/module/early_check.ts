// SPDX-License-Identifier: GPL-2.0-only
/**
 * What can be refused before the module gets memory of its own.
 *
 * Models: early_mod_check() with blacklisted(), rewrite_section_headers(), check_modinfo(), check_modinfo_livepatch() and
 * module_patient_check_exists() of kernel/module/main.c.
 *
 * @module
 */

import { SHF } from "../elf/constants.ts";
import { u32 } from "../elf/word.ts";
import { EBUSY, EEXIST, ENOEXEC, EPERM } from "../kernel/errno.ts";
import { KernelFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import { type KernelModule, MODULE_STATE } from "../kernel/module.ts";
import { type LoadInfo, MODULE_INIT_IGNORE_VERMAGIC } from "./load_info.ts";
import { modinfoValue } from "./modinfo.ts";
import { checkModstructVersion, sameMagic, tryToForceLoad } from "./version.ts";

/**
 * early_mod_check(): blacklist, version of struct module, vermagic, livepatch, and whether a module of this name is there.
 *
 * @param mod the module as the file's copy has it
 * @returns 0 or minus an errno
 */
export function earlyModCheck(info: LoadInfo, mod: KernelModule): number {
  const { kernel } = info;
  if (kernel.boot.blacklist.includes(info.name)) {
    kernel.printk(KERN_ERR, `Module ${info.name} is blacklisted`);
    return -EPERM;
  }
  rewriteSectionHeaders(info);
  if (!checkModstructVersion(info, mod)) return -ENOEXEC;
  const err = checkModinfo(info, mod);
  if (err) return err;
  return modulePatientCheckExists(kernel, mod.name);
}

/** rewrite_section_headers(): addresses point into the copy; .modinfo and __versions are used but not kept. */
function rewriteSectionHeaders(info: LoadInfo): void {
  for (const section of info.sechdrs) section.sh_addr = u32(info.copy.area.base + section.sh_offset);
  info.sechdrs[0].sh_addr = 0;
  for (const i of [info.index.vers, info.index.info]) info.sechdrs[i].sh_flags = u32(info.sechdrs[i].sh_flags & ~SHF.ALLOC);
}

function checkModinfo(info: LoadInfo, mod: KernelModule): number {
  const { kernel } = info;
  const ignored = (info.flags & MODULE_INIT_IGNORE_VERMAGIC) !== 0;
  const modmagic = ignored ? undefined : modinfoValue(info, "vermagic");
  if (modmagic === undefined) {
    const err = tryToForceLoad(kernel, mod, "bad vermagic");
    if (err) return err;
  } else {
    const { vermagic } = kernel.profile;
    const hasCrcs = info.index.vers !== 0 && kernel.config("MODVERSIONS");
    if (!sameMagic(modmagic, vermagic, hasCrcs)) {
      kernel.printk(KERN_ERR, `${info.name}: version magic '${modmagic}' should be '${vermagic}'`);
      return -ENOEXEC;
    }
  }
  return checkModinfoLivepatch(info, mod);
}

function checkModinfoLivepatch(info: LoadInfo, mod: KernelModule): number {
  if (modinfoValue(info, "livepatch") === undefined) return 0;
  if (info.kernel.config("LIVEPATCH")) {
    mod.klp = true;
    return 0;
  }
  info.kernel.printk(KERN_ERR, `${mod.name}: module is marked as livepatch module, but livepatch support is disabled`);
  return -ENOEXEC;
}

/**
 * module_patient_check_exists(): a module of this name that is there is EEXIST, one that is going away EBUSY. For one that is still
 * coming the kernel waits; nothing else runs that could end the wait here.
 *
 * @returns 0 or minus an errno
 */
export function modulePatientCheckExists(kernel: Kernel, name: string): number {
  const old = kernel.findModule(name, true);
  if (old === undefined) return 0;
  if (old.state === MODULE_STATE.COMING || old.state === MODULE_STATE.UNFORMED) {
    throw new KernelFault(
      "crash",
      `the call waits for ever in module_patient_check_exists() for module ${name} to finish loading`,
    );
  }
  return old.state === MODULE_STATE.LIVE ? -EEXIST : -EBUSY;
}
