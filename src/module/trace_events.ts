// SPDX-License-Identifier: GPL-2.0-only
/**
 * Trace events that a module brings.
 *
 * Models: trace_module_add_events() of kernel/trace/trace_events.c as far as it prints, and trace_module_has_bad_taint() of
 * kernel/tracepoint.c. What registering an event writes into the module's data is not modelled.
 *
 * @module
 */

import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import { TAINT } from "../kernel/taint.ts";

/** Taints that do not keep a module from being traced. */
const HARMLESS = [TAINT.OOT_MODULE, TAINT.CRAP, TAINT.UNSIGNED_MODULE, TAINT.TEST, TAINT.LIVEPATCH]
  .reduce((mask, bit) => mask | 1 << bit, 0);

/** trace_module_add_events(): a module with a worse taint has none. */
export function traceModuleAddEvents(kernel: Kernel, mod: KernelModule): void {
  if (!kernel.config("EVENT_TRACING") || mod.get("num_trace_events") === 0) return;
  if (mod.taints & ~HARMLESS) {
    kernel.printk(KERN_ERR, `${mod.name}: module has bad taint, not creating trace events`);
  }
}
