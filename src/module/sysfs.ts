// SPDX-License-Identifier: GPL-2.0-only
/**
 * The module's directory in /sys/module, as far as making it can fail.
 *
 * Models: mod_sysfs_setup() with mod_sysfs_init() and add_sect_attrs() of kernel/module/sysfs.c.
 *
 * @module
 */

import { EEXIST, EINVAL } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";

/**
 * mod_sysfs_setup(). A name that something built in has already cannot be had; neither can two sections of one name that are not empty.
 *
 * @returns 0 or minus an errno
 */
export function modSysfsSetup(kernel: Kernel, mod: KernelModule): number {
  if (!kernel.config("SYSFS")) return 0;
  if (kernel.profile.machine.builtinModules.has(mod.name)) {
    kernel.printk(KERN_ERR, `${mod.name}: module is already loaded`);
    return -EINVAL;
  }
  if (mod.name === "") throw new NotModelled("kobject_init_and_add() of a module without a name");
  return kernel.config("KALLSYMS") ? addSectAttrs(kernel, mod) : 0;
}

/** add_sect_attrs(): a file for each section that has bytes. The second of a name is refused by sysfs, with a line and a stack dump. */
function addSectAttrs(kernel: Kernel, mod: KernelModule): number {
  const names = new Set<string>();
  for (const { name, size } of mod.sections) {
    if (size === 0) continue;
    if (names.has(name)) {
      kernel.printk(KERN_WARNING, `sysfs: cannot create duplicate filename '/module/${mod.name}/sections/${name}'`);
      return -EEXIST;
    }
    names.add(name);
  }
  return 0;
}
