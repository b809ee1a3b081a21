// SPDX-License-Identifier: GPL-2.0-only
/**
 * Who uses whom.
 *
 * Models: ref_module(), already_uses(), add_module_usage(), strong_try_module_get(), try_module_get(), module_put(), module_unload_init()
 * and module_unload_free() of kernel/module/main.c.
 *
 * @module
 */

import { EBUSY, ENOENT } from "../kernel/errno.ts";
import { bug } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MODULE_STATE } from "../kernel/module.ts";

/** What the loader itself holds from the load to the removal. */
export const MODULE_REF_BASE = 1;

function setRefcnt(mod: KernelModule, value: number): void {
  mod.refcnt = value;
  mod.put("refcnt", value);
}

/** module_unload_init(): the base reference, and one that is held until init has returned. */
export function moduleUnloadInit(kernel: Kernel, mod: KernelModule): void {
  if (kernel.config("MODULE_UNLOAD")) setRefcnt(mod, MODULE_REF_BASE + 1);
}

/** try_module_get(): no new references to a module that is going away. */
export function tryModuleGet(mod: KernelModule): boolean {
  if (mod.state === MODULE_STATE.GOING || mod.refcnt === 0) return false;
  setRefcnt(mod, mod.refcnt + 1);
  return true;
}

/** module_put(). */
export function modulePut(mod: KernelModule): void {
  if (mod.refcnt > 0) setRefcnt(mod, mod.refcnt - 1);
}

/** try_release_module_ref(): drops the base reference if it is the only one. */
export function tryReleaseModuleRef(mod: KernelModule): boolean {
  if (mod.refcnt !== MODULE_REF_BASE) return false;
  setRefcnt(mod, 0);
  return true;
}

/** @returns 0, minus EBUSY while the module is still coming, minus ENOENT where it is going */
function strongTryModuleGet(kernel: Kernel, mod: KernelModule): number {
  if (mod.state === MODULE_STATE.UNFORMED) throw bug(kernel.config, "kernel/module/main.c:156");
  if (mod.state === MODULE_STATE.COMING) return -EBUSY;
  return tryModuleGet(mod) ? 0 : -ENOENT;
}

/**
 * ref_module(): `user` uses a symbol of `owner`.
 *
 * @param owner undefined for the kernel itself
 * @returns 0 or minus an errno
 */
export function refModule(kernel: Kernel, user: KernelModule, owner: KernelModule | undefined): number {
  if (owner === undefined) return 0;
  if (!kernel.config("MODULE_UNLOAD")) return owner.state === MODULE_STATE.COMING ? -EBUSY : 0;
  if (owner.users.includes(user)) return 0;
  const err = strongTryModuleGet(kernel, owner);
  if (err) return err;
  owner.users.unshift(user);
  user.uses.unshift(owner);
  return 0;
}

/** module_unload_free(): gives back all references that the module holds. */
export function moduleUnloadFree(mod: KernelModule): void {
  for (const target of mod.uses.splice(0)) {
    modulePut(target);
    target.users.splice(target.users.indexOf(mod), 1);
  }
}
