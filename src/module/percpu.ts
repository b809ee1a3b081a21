// SPDX-License-Identifier: GPL-2.0-only
/**
 * Per-CPU data of a module.
 *
 * Models: percpu_modalloc() and percpu_modcopy() of kernel/module/main.c, with and without CONFIG_SMP.
 *
 * @module
 */

import { ENOMEM } from "../kernel/errno.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import type { LoadInfo } from "./load_info.ts";

/** percpu_modalloc(). @returns 0 or minus ENOMEM */
export function percpuModalloc(info: LoadInfo, mod: KernelModule): number {
  const { kernel } = info;
  const { sh_size, sh_addralign } = info.sechdrs[info.index.pcpu];
  if (sh_size === 0) return 0;
  if (!kernel.config("SMP")) return -ENOMEM;
  let alignment = sh_addralign;
  if (alignment > PAGE_SIZE) {
    kernel.printk(KERN_WARNING, `${mod.name}: per-cpu alignment ${alignment} > ${PAGE_SIZE}`);
    alignment = PAGE_SIZE;
  }
  const pointer = kernel.percpu.alloc(sh_size, alignment);
  if (pointer === undefined) {
    kernel.printk(KERN_WARNING, `${mod.name}: Could not allocate ${sh_size} bytes percpu data`);
    return -ENOMEM;
  }
  mod.percpu = pointer;
  mod.percpuSize = sh_size;
  mod.put("percpu", pointer);
  mod.put("percpu_size", sh_size);
  return 0;
}

/** percpu_modcopy(): each CPU's copy begins as the section is in the file; no relocation is applied to it. */
export function percpuModcopy(info: LoadInfo, mod: KernelModule): void {
  const { sh_size, sh_offset } = info.sechdrs[info.index.pcpu];
  if (mod.percpuSize !== 0) mod.percpuData = info.copy.area.bytes.slice(sh_offset, sh_offset + sh_size);
}
