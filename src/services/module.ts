// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/module.h, and of what the compiler puts into each function.
 *
 * Models: try_module_get(), __module_get(), module_put() and module_refcount() of kernel/module/main.c; __stack_chk_fail() of
 * kernel/panic.c.
 *
 * @module
 */

import { hex32, u32 } from "../elf/word.ts";
import { KernelFault, NotModelled } from "../kernel/fault.ts";
import type { KernelModule } from "../kernel/module.ts";
import { MODULE_REF_BASE, modulePut, tryModuleGet } from "../module/references.ts";
import type { Call, Services } from "./service.ts";
import { sprintSymbol } from "./symbol_name.ts";

/** The module that the next argument points to; undefined for NULL, which is the kernel itself. */
function moduleArgument({ kernel, args }: Call): KernelModule | undefined {
  const address = args.word();
  const mod = kernel.modules.find((each) => each.address === address);
  if (address !== 0 && mod === undefined) throw new NotModelled(`struct module at ${hex32(address)}, where there is none`);
  return mod;
}

export const MODULE: Services = {
  try_module_get: (call) => {
    const mod = moduleArgument(call);
    return mod === undefined || tryModuleGet(mod) ? 1 : 0;
  },
  __module_get: (call) => {
    const mod = moduleArgument(call);
    if (mod !== undefined) tryModuleGet(mod);
  },
  module_put: (call) => {
    const mod = moduleArgument(call);
    if (mod !== undefined) modulePut(mod);
  },
  module_refcount: (call) => {
    const mod = moduleArgument(call);
    return mod === undefined ? 0 : mod.refcnt - MODULE_REF_BASE;
  },
  __stack_chk_fail: ({ kernel, cpu }) => {
    const place = sprintSymbol(kernel, u32(cpu.r[14]), "backtrace");
    throw new KernelFault("crash", `Kernel panic - not syncing: stack-protector: Kernel stack is corrupted in: ${place}`);
  },
};
