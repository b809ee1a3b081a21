// SPDX-License-Identifier: GPL-2.0-only
/**
 * The end of a module.
 *
 * Models: delete_module(2), try_stop_module(), try_force_unload() and free_module() of kernel/module/main.c.
 *
 * @module
 */

import { EAGAIN, EBUSY, ENOENT, ENOSYS, EPERM } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MODULE_NAME_LEN, MODULE_STATE } from "../kernel/module.ts";
import { moduleFlagsTaint, TAINT } from "../kernel/taint.ts";
import { ddebugRemoveModule } from "./dyndbg_classes.ts";
import { freeModMem } from "./layout.ts";
import { freeModinfo } from "./modinfo.ts";
import { destroyParams } from "./params.ts";
import { moduleUnloadFree, tryReleaseModuleRef } from "./references.ts";
import { traceModuleRemoveEvents, tracepointModuleGoing } from "./trace_events.ts";

/** O_TRUNC, which delete_module(2) takes for "by force". */
const O_TRUNC = 0o1000;

/** Runs a module's exit function. */
export type RunExit = (mod: KernelModule) => void;

/**
 * delete_module(2).
 *
 * @param privileged whether the caller has CAP_SYS_MODULE
 * @param flags O_NONBLOCK (which changes nothing) and O_TRUNC
 * @returns 0 or minus an errno
 */
export function deleteModule(kernel: Kernel, name: string, flags: number, privileged: boolean, runExit: RunExit): number {
  kernel.systemCall = "delete_module";
  // Without unloading there is no such system call.
  if (!kernel.config("MODULE_UNLOAD")) return -ENOSYS;
  if (!privileged || kernel.boot.modulesDisabled) return -EPERM;
  if (name.length === 0 || name.length >= MODULE_NAME_LEN) return -ENOENT;
  const mod = kernel.findModule(name, false);
  if (mod === undefined) return -ENOENT;
  if (mod.users.length > 0) return -EAGAIN;
  if (mod.state !== MODULE_STATE.LIVE) return -EBUSY;
  const force = () => {
    if (!kernel.config("MODULE_FORCE_UNLOAD") || !(flags & O_TRUNC)) return false;
    kernel.addTaint(TAINT.FORCED_RMMOD, "now unreliable");
    return true;
  };
  if (mod.init !== 0 && mod.exit === 0 && !force()) return -EBUSY;
  if (!tryReleaseModuleRef(mod) && !force()) return -EAGAIN;
  mod.setState(MODULE_STATE.GOING);
  if (mod.exit !== 0) runExit(mod);
  tracepointModuleGoing(kernel, mod);
  const taints = moduleFlagsTaint(mod.taints);
  kernel.lastUnloaded = mod.name + (taints === "" ? "" : `(${taints})`);
  freeModule(kernel, mod);
  return 0;
}

/** The notifiers of MODULE_STATE_GOING, then free_module(): takes the module out of the list and gives back all it holds. */
export function freeModule(kernel: Kernel, mod: KernelModule): void {
  traceModuleRemoveEvents(kernel, mod);
  ddebugRemoveModule(kernel, mod);
  mod.setState(MODULE_STATE.UNFORMED);
  moduleUnloadFree(mod);
  destroyParams(kernel, mod);
  freeModinfo(kernel, mod);
  unlinkModule(kernel, mod);
  moduleDeallocate(kernel, mod);
}

/** list_del_rcu() of the module; its exports go with it. */
export function unlinkModule(kernel: Kernel, mod: KernelModule): void {
  kernel.removeModule(mod);
  kernel.symbols.remove(mod);
}

/** module_deallocate(): per-CPU memory and the seven regions. */
export function moduleDeallocate(kernel: Kernel, mod: KernelModule): void {
  if (mod.percpuSize !== 0) kernel.percpu.free(mod.percpu);
  freeModMem(kernel, mod);
}
