// SPDX-License-Identifier: GPL-2.0-only
/**
 * Warnings that taint: the kernel has met something that cannot be, reports it, and goes on.
 *
 * Models: __warn() of kernel/panic.c, print_modules() and module_flags() of kernel/module/main.c. The stack is not shown.
 *
 * @module
 */

import type { Kernel } from "./kernel.ts";
import { KERN_WARNING } from "./log.ts";
import { type KernelModule, MODULE_STATE } from "./module.ts";
import { moduleFlagsTaint, TAINT } from "./taint.ts";

/** module_flags() with the state: `(OE+)`; nothing for a live module without a taint. */
function moduleFlags(mod: KernelModule): string {
  const state = mod.state === MODULE_STATE.GOING ? "-" : mod.state === MODULE_STATE.COMING ? "+" : "";
  const flags = moduleFlagsTaint(mod.taints) + state;
  return flags === "" ? "" : `(${flags})`;
}

/** print_modules(): one line. */
function modulesLine({ modules, lastUnloaded }: Kernel): string {
  const formed = modules.filter(({ state }) => state !== MODULE_STATE.UNFORMED);
  const names = formed.map((mod) => ` ${mod.name}${moduleFlags(mod)}`);
  return `Modules linked in:${names.join("")}${lastUnloaded === "" ? "" : ` [last unloaded: ${lastUnloaded}]`}`;
}

/**
 * WARN_ON_ONCE(1): the report, the first time that a place warns.
 *
 * @param place source file and line of 6.12.107, `kernel/trace/ftrace.c:2226`
 * @param caller the function
 */
export function warnOnce(kernel: Kernel, place: string, caller: string): void {
  if (kernel.once.has(place)) return;
  kernel.once.add(place);
  kernel.printk(KERN_WARNING, "------------[ cut here ]------------");
  kernel.printk(KERN_WARNING, `WARNING: CPU: 0 PID: (pid) at ${place} ${caller}`);
  kernel.printk(KERN_WARNING, modulesLine(kernel));
  kernel.printk(KERN_WARNING, "---[ end trace 0000000000000000 ]---");
  kernel.addTaint(TAINT.WARN);
}
