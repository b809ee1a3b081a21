// SPDX-License-Identifier: GPL-2.0-only
/**
 * From a module that is loaded to one that is live.
 *
 * Models: do_init_module(), do_free_init() and the free_module() of a failed init, of kernel/module/main.c.
 *
 * @module
 */

import type { Kernel } from "../kernel/kernel.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import { dumpKernelStack } from "../kernel/report.ts";
import { type KernelModule, MOD_INIT_RODATA, MOD_INIT_TEXT, MODULE_STATE } from "../kernel/module.ts";
import { trimInitExtable } from "./extable.ts";
import { modulePut } from "./references.ts";
import { freeModule } from "./unload.ts";

/** Of the callers of init, those above do_init_module(). */
const SYSCALL_CALLERS = 2;

/** Runs a module's own function, or says what it returned; see `ModuleCode` in syscalls.ts. */
export type RunInit = (mod: KernelModule) => number;

/**
 * do_init_module(): calls init; where it fails the module goes, where it returns the memory of init goes.
 *
 * @param runInit what init returns: 0, minus an errno, or whatever a foreign function gives
 * @returns what the system call returns
 */
export function doInitModule(kernel: Kernel, mod: KernelModule, runInit: RunInit): number {
  const ret = mod.init === 0 ? 0 : runInit(mod);
  if (ret < 0) {
    mod.setState(MODULE_STATE.GOING);
    modulePut(mod);
    freeModule(kernel, mod);
    return ret;
  }
  if (ret > 0) {
    kernel.printk(
      KERN_WARNING,
      `do_init_module: '${mod.name}'->init suspiciously returned ${ret}, it should follow 0/-E convention\n` +
        "do_init_module: loading module anyway...",
    );
    const { report } = kernel.profile;
    const callers = report === undefined
      ? []
      : [report.suspicious, ...report.calls[kernel.systemCall].callers.slice(SYSCALL_CALLERS)];
    dumpKernelStack(kernel, KERN_WARNING, callers);
  }
  mod.setState(MODULE_STATE.LIVE);
  // Drop initial reference.
  modulePut(mod);
  trimInitExtable(kernel, mod);
  mod.put("kallsyms", mod.coreKallsymsAddress());
  freeInit(kernel, mod);
  return 0;
}

/** do_free_init(): a worker frees the memory of init just after the call has returned. */
function freeInit(kernel: Kernel, mod: KernelModule): void {
  for (let type = MOD_INIT_TEXT; type <= MOD_INIT_RODATA; type++) {
    const memory = mod.mem[type];
    if (memory.area !== undefined) kernel.execmem.free(memory.area);
    memory.area = undefined;
    memory.size = 0;
    mod.putMemory(type);
  }
}
