// SPDX-License-Identifier: GPL-2.0-only
/**
 * /proc/modules.
 *
 * Models: m_show(), print_unload_info() and module_total_size() of kernel/module/procfs.c, module_flags() of kernel/module/main.c.
 *
 * @module
 */

import { hex32 } from "../elf/word.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MOD_TEXT, MODULE_STATE } from "../kernel/module.ts";
import { moduleFlagsTaint } from "../kernel/taint.ts";
import { MODULE_REF_BASE } from "./references.ts";

/** One line of /proc/modules, taken apart. */
export interface ProcModule {
  name: string;
  /** Bytes of all its memory regions together. */
  size: number;
  /** References, or -1 while the module is being removed; null where the kernel cannot unload, and does not count. */
  refcount: number | null;
  /** The users, newest first, and `[permanent]` for a module with init and without exit. */
  usedBy: string[];
  state: "Live" | "Loading" | "Unloading";
  /** Base of MOD_TEXT as `0x%08x`. */
  address: string;
  /** What stands between the parentheses, or "". */
  taints: string;
}

function procModule(kernel: Kernel, mod: KernelModule): ProcModule {
  const isGoing = mod.state === MODULE_STATE.GOING;
  const isComing = mod.state === MODULE_STATE.COMING;
  const unloadable = kernel.config("MODULE_UNLOAD");
  const isPermanent = unloadable && mod.init !== 0 && mod.exit === 0;
  // A module in between has its sign only where it is tainted: /proc/modules asks for the taints first.
  const sign = isGoing ? "-" : isComing ? "+" : "";
  return {
    name: mod.name,
    size: mod.mem.reduce((sum, { size }) => sum + size, 0),
    refcount: unloadable ? mod.refcnt - MODULE_REF_BASE : null,
    usedBy: [...mod.users.map(({ name }) => name), ...(isPermanent ? ["[permanent]"] : [])],
    state: isGoing ? "Unloading" : isComing ? "Loading" : "Live",
    address: hex32(mod.mem[MOD_TEXT].area?.base ?? 0),
    taints: mod.taints === 0 ? "" : moduleFlagsTaint(mod.taints) + sign,
  };
}

/** The modules in the file's order, newest first; one that has no form yet is not shown. */
export function procModules(kernel: Kernel): ProcModule[] {
  return kernel.modules.filter((mod) => mod.state !== MODULE_STATE.UNFORMED).map((mod) => procModule(kernel, mod));
}
