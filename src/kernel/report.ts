// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the reports of an Oops, a warning and dump_stack() have in common: who runs on which kernel, which modules are there, and the
 * kernel's own functions on the stack. Those are facts of a kernel's build (`ReportFacts` of its profile).
 *
 * Models: dump_stack_print_info() of lib/dump_stack.c, print_tainted() and print_tainted_verbose() of kernel/panic.c, print_modules() and
 * module_flags() of kernel/module/main.c, dump_backtrace_entry() of arch/arm/kernel/traps.c.
 *
 * @module
 */

import type { Kernel } from "./kernel.ts";
import { type KernelModule, MODULE_STATE } from "./module.ts";
import { moduleFlagsTaint, TAINT_FLAGS } from "./taint.ts";

/** module_flags() with the state: `(OE+)`; nothing for a live module without a taint. */
function moduleFlags(mod: KernelModule): string {
  const state = mod.state === MODULE_STATE.GOING ? "-" : mod.state === MODULE_STATE.COMING ? "+" : "";
  const flags = moduleFlagsTaint(mod.taints) + state;
  return flags === "" ? "" : `(${flags})`;
}

/** print_modules(): one line. */
export function modulesLine({ modules, lastUnloaded }: Kernel): string {
  const formed = modules.filter(({ state }) => state !== MODULE_STATE.UNFORMED);
  const names = formed.map((mod) => ` ${mod.name}${moduleFlags(mod)}`);
  return `Modules linked in:${names.join("")}${lastUnloaded === "" ? "" : ` [last unloaded: ${lastUnloaded}]`}`;
}

/** print_tainted(): `Tainted: G           O`, a column for each flag. */
function taintedText({ taint }: Kernel): string {
  if (taint === 0) return "Not tainted";
  const letters = TAINT_FLAGS.map(([set, , clear = " "], bit) => taint & (1 << bit) ? set : clear);
  return `Tainted: ${letters.join("")}`;
}

/** The command that makes the system call. */
export function commandOf({ systemCall }: Kernel): string {
  return systemCall === "delete_module" ? "rmmod" : "insmod";
}

/** dump_stack_print_info(). The process's number is the machine's. */
export function printInfo(kernel: Kernel, level: number): void {
  const { release, report } = kernel.profile;
  const set = TAINT_FLAGS.flatMap(([letter, name], bit) => kernel.taint & (1 << bit) ? [`[${letter}]=${name}`] : []);
  const tainted = taintedText(kernel);
  const version = report?.version ?? "(version)";
  kernel.printk(level, `CPU: 0 UID: 0 PID: (pid) Comm: ${commandOf(kernel)} ${tainted} ${release} ${version}`);
  if (set.length > 0) kernel.printk(level, `Tainted: ${set.join(", ")}`);
  kernel.printk(level, `Hardware name: ${report?.hardware ?? "(hardware)"}`);
}

/**
 * Lines of a call trace for functions of the kernel that call each other.
 *
 * @param first the innermost, by its name
 * @param callers from which place each was called: `do_init_module+0x5c/0x228`
 */
export function printCalls(kernel: Kernel, level: number, first: string, callers: readonly string[]): void {
  let callee = first;
  for (const caller of callers) {
    kernel.printk(level, ` ${callee} from ${caller}`);
    callee = caller.replace(/\+.*/, "");
  }
}

/** Bytes of struct pt_regs without its last word, and where it lies: below the two words at the top of the stack. */
const USER_REGISTERS = { fromTop: 0x58, size: 0x48 };

/** The registers of the program that made the system call. Its values are its own, and left out. */
export function printUserRegisters(kernel: Kernel, level: number, stackTop: number): void {
  const start = stackTop - USER_REGISTERS.fromTop;
  kernel.printk(level, `Exception stack(0x${start.toString(16)} to 0x${(start + USER_REGISTERS.size).toString(16)})`);
  for (let row = 0; row < 3; row++) kernel.printk(level, "(registers)");
}

/** dump_stack() of a function of the kernel that a system call came to. */
export function dumpKernelStack(kernel: Kernel, level: number, callers: readonly string[]): void {
  const { report } = kernel.profile;
  printInfo(kernel, level);
  if (report === undefined) return;
  kernel.printk(level, "Call trace: ");
  printCalls(kernel, level, report.unwinder, [...report.dumpStack, ...callers]);
  printUserRegisters(kernel, level, kernel.space.kernelEnd);
}
