// SPDX-License-Identifier: GPL-2.0-only
/**
 * The module's directory in /sys/module, as far as making it can fail.
 *
 * Models: mod_sysfs_setup() with mod_sysfs_init() and add_sect_attrs() of kernel/module/sysfs.c, module_param_sysfs_setup() of
 * kernel/params.c, and of fs/sysfs what sysfs_create_group() refuses.
 *
 * @module
 */

import { EEXIST, EINVAL } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import type { KernelParam } from "./param_ops.ts";
import { paramsOf } from "./params.ts";

/**
 * mod_sysfs_setup(). A name that something built in has already cannot be had; neither can two parameters of one name, nor two sections
 * that are not empty.
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
  const params: KernelParam[] = [];
  // One by one: how many there are is the file's word, and a walk past what is in memory ends with a fault.
  for (const param of paramsOf(kernel, mod)) {
    if (param.perm !== 0) params.push(param);
  }
  const invalid = params.find(({ perm }) => (perm & ~0o664) !== 0);
  if (invalid !== undefined) {
    throw new NotModelled(
      `WARN() of create_files(): Attribute ${invalid.name}: Invalid permissions 0${invalid.perm.toString(8)}`,
    );
  }
  const err = createGroup(kernel, mod, "parameters", params.map(({ name }) => name));
  if (err || !kernel.config("KALLSYMS")) return err;
  return createGroup(kernel, mod, "sections", mod.sections.filter(({ size }) => size !== 0).map(({ name }) => name));
}

/** sysfs_create_group(): a directory with a file for each name. The second of a name is refused, with a line and a stack dump. */
function createGroup(kernel: Kernel, mod: KernelModule, group: string, files: readonly string[]): number {
  const known = new Set<string>();
  const second = files.find((name) => known.size === known.add(name).size);
  if (second === undefined) return 0;
  kernel.printk(KERN_WARNING, `sysfs: cannot create duplicate filename '/module/${mod.name}/${group}/${second}'`);
  return -EEXIST;
}
