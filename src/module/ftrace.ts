// SPDX-License-Identifier: GPL-2.0-only
/**
 * Function tracing: the calls to mcount become no-ops before any of the code runs.
 *
 * Models: ftrace_module_init() with ftrace_process_locs() and ftrace_update_code() of kernel/trace/ftrace.c, ftrace_make_nop() of
 * arch/arm/kernel/ftrace.c. Tracing is off, as after boot.
 *
 * @module
 */

import { armGenBranch, ftraceNop, patchText, readInsn } from "../arch_arm/insn.ts";
import { getModulePlt } from "../arch_arm/plts.ts";
import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { KernelModule } from "../kernel/module.ts";
import { MOST_TABLE_ENTRIES } from "./sections.ts";

/** ftrace_module_init(): sorts `__mcount_loc` and patches each site. */
export function ftraceModuleInit(kernel: Kernel, mod: KernelModule): void {
  const { address, count } = mod.ftraceCallsites;
  if (!kernel.config("DYNAMIC_FTRACE") || count === 0) return;
  if (count > MOST_TABLE_ENTRIES) throw new NotModelled(`ftrace_process_locs() of ${count} entries`);
  const sites = new Uint32Array(count);
  for (let i = 0; i < count; i++) sites[i] = kernel.space.read32(address + 4 * i);
  sites.sort();
  for (let i = 0; i < count; i++) kernel.space.write32(address + 4 * i, sites[i]);
  // With Thumb-2 the lowest bit of a site says so.
  for (const site of sites) if (site !== 0) ftraceMakeNop(kernel, mod, u32(site & ~1));
}

function ftraceMakeNop(kernel: Kernel, mod: KernelModule, site: number): void {
  const mcount = kernel.profile.symbols.get("__gnu_mcount_nc");
  if (mcount === undefined) {
    throw new NotModelled("ftrace_make_nop(): the profile does not know the address of __gnu_mcount_nc");
  }
  let call = armGenBranch(kernel, site, mcount, true);
  if (call === undefined && kernel.config("ARM_MODULE_PLTS")) {
    call = armGenBranch(kernel, site, getModulePlt(kernel, mod, site, mcount), true);
  }
  if (readInsn(kernel, site) !== call) throw new NotModelled("ftrace_bug(): a site of __mcount_loc does not call mcount");
  patchText(kernel, site, ftraceNop(kernel));
}
