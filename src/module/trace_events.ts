// SPDX-License-Identifier: GPL-2.0-only
/**
 * Trace events and tracepoints that a module brings.
 *
 * Models: trace_module_add_events() of kernel/trace/trace_events.c as far as it prints, and trace_module_has_bad_taint() and
 * tracepoint_module_going() of kernel/tracepoint.c. What registering an event writes into the module's data is not modelled.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
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

/** Offset of `funcs` in struct tracepoint. */
const TRACEPOINT_FUNCS = 36;

/** tracepoint_module_going(): looks into each tracepoint of a module that goes, whether someone still listens. */
export function tracepointModuleGoing(kernel: Kernel, mod: KernelModule): void {
  const count = mod.get("num_tracepoints");
  if (!kernel.config("TRACEPOINTS") || count === 0 || mod.taints & ~HARMLESS) return;
  const { space } = kernel;
  for (let i = 0; i < count; i++) {
    const tracepoint = space.read32(u32(mod.get("tracepoints_ptrs") + 4 * i));
    if (space.read32(u32(tracepoint + TRACEPOINT_FUNCS)) === 0) continue;
    throw new NotModelled("WARN_ON_ONCE(tp->funcs) in tp_module_going_check_quiescent()");
  }
}
