// SPDX-License-Identifier: GPL-2.0-only
/**
 * Function tracing: the calls to mcount become no-ops before any of the code runs.
 *
 * Models: ftrace_module_init() with ftrace_process_locs() and ftrace_update_code() of kernel/trace/ftrace.c, ftrace_bug() there,
 * ftrace_make_nop() of arch/arm/kernel/ftrace.c. Tracing is off, as after boot.
 *
 * @module
 */

import { armGenBranch, ftraceNop, patchText, readInsn } from "../arch_arm/insn.ts";
import { getModulePlt } from "../arch_arm/plts.ts";
import { hex32, u32 } from "../elf/word.ts";
import { KernelFault, NotModelled, UnknownFact } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_INFO, KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import { warnOnce } from "../kernel/warn.ts";
import { MOST_TABLE_ENTRIES } from "./sections.ts";

/** TASK_SIZE is so far below PAGE_OFFSET. */
const USER_SPACE_GAP = 0x1000000;
/** Where arm_gen_branch() warns of a branch that does not reach. */
const ARM_WARNS = "arch/arm/kernel/insn.c:48";
const THUMB_WARNS = "arch/arm/kernel/insn.c:16";

/** ftrace_module_init(): sorts `__mcount_loc` and patches each site. */
export function ftraceModuleInit(kernel: Kernel, mod: KernelModule): void {
  const { address, count } = mod.ftraceCallsites;
  if (!kernel.config("DYNAMIC_FTRACE") || count === 0 || kernel.ftraceDisabled) return;
  if (count > MOST_TABLE_ENTRIES) throw new NotModelled(`ftrace_process_locs() of ${count} entries`);
  const sites = new Uint32Array(count);
  for (let i = 0; i < count; i++) sites[i] = kernel.space.read32(address + 4 * i);
  sites.sort();
  for (let i = 0; i < count; i++) kernel.space.write32(address + 4 * i, sites[i]);
  const mcount = kernel.profile.symbols.get("__gnu_mcount_nc");
  for (const site of sites) {
    if (site === 0) continue;
    if (mcount === undefined) {
      throw new NotModelled("ftrace_make_nop(): the profile does not know the address of __gnu_mcount_nc");
    }
    // With Thumb-2 the lowest bit of a site says so.
    if (!ftraceMakeNop(kernel, mod, mcount, u32(site & ~1))) return;
  }
}

/** copy_from_kernel_nofault() of an instruction; undefined where nothing is mapped, and for addresses of user space. */
function readNofault(kernel: Kernel, site: number): number | undefined {
  if (site < kernel.profile.pageOffset - USER_SPACE_GAP) return undefined;
  try {
    return readInsn(kernel, site);
  } catch (error) {
    if (error instanceof KernelFault) return undefined;
    throw error;
  }
}

/** ftrace_bug() for a new site. @param actual what is there instead of the call */
function ftraceBug(kernel: Kernel, site: number, actual: number | undefined): void {
  const address = hex32(site);
  kernel.printk(KERN_INFO, "------------[ ftrace bug ]------------");
  kernel.printk(KERN_INFO, actual === undefined ? "ftrace faulted on modifying " : "ftrace failed to modify ");
  kernel.printk(KERN_INFO, `[<${address.slice(2)}>] ${address.replace(/^0x0+(?=.)/, "0x")}`);
  if (actual !== undefined) {
    const bytes = [0, 1, 2, 3].map((i) => kernel.space.read8(u32(site + i)).toString(16).padStart(2, "0"));
    kernel.printk(KERN_WARNING, ` actual:   ${bytes.join(":")}`);
  }
  kernel.printk(KERN_INFO, "Initializing ftrace call sites");
  kernel.printk(KERN_INFO, "ftrace record flags: 2000000");
  const caller = kernel.profile.symbols.get("ftrace_caller") ?? 0;
  if (caller === 0 && kernel.profile.isLearnt) throw new UnknownFact("the address of ftrace_caller", "System.map or vmlinux");
  kernel.printk(KERN_WARNING, ` (0)    \n expected tramp: ${hex32(caller).slice(2)}`);
  warnOnce(kernel, "kernel/trace/ftrace.c:2226", "ftrace_bug");
  kernel.ftraceDisabled = true;
}

/**
 * @param mcount address of __gnu_mcount_nc
 * @returns whether the site was a call to it, and is a no-op now
 */
function ftraceMakeNop(kernel: Kernel, mod: KernelModule, mcount: number, site: number): boolean {
  let call = armGenBranch(kernel, site, mcount, true);
  if (call === undefined && kernel.config("ARM_MODULE_PLTS")) {
    call = armGenBranch(kernel, site, getModulePlt(kernel, mod, site, mcount), true);
    if (call === undefined) warnOnce(kernel, kernel.isThumb2 ? THUMB_WARNS : ARM_WARNS, "__arm_gen_branch");
  }
  const actual = readNofault(kernel, site);
  if (actual === undefined || actual !== (call ?? 0)) {
    ftraceBug(kernel, site, actual);
    return false;
  }
  patchText(kernel, site, ftraceNop(kernel));
  return true;
}
