// SPDX-License-Identifier: GPL-2.0-only
/**
 * Warnings that taint: the kernel has met something that cannot be, reports it, and goes on.
 *
 * Models: __warn() of kernel/panic.c. Who runs, and the stack, are not shown: those are functions of the loader.
 *
 * @module
 */

import type { Kernel } from "./kernel.ts";
import { KERN_WARNING } from "./log.ts";
import { modulesLine } from "./report.ts";
import { TAINT } from "./taint.ts";

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
