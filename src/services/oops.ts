// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's report of what a module's code did wrong: the lines of an Oops, a warning, and the calls that led there.
 *
 * Models: die(), __die(), __show_regs(), dump_mem(), dump_instr() and handle_bad_stack() of arch/arm/kernel/traps.c and process.c,
 * die_kernel_fault() and do_DataAbort() of arch/arm/mm/fault.c, do_undefinstr(), unwind_backtrace() of arch/arm/kernel/unwind.c, and
 * __warn() of kernel/panic.c. What the machine decides, and not the module, is in parentheses: process, page tables.
 *
 * @module
 */

import { CpuStop } from "../cpu/event.ts";
import type { Cpu } from "../cpu/state.ts";
import { u32 } from "../elf/word.ts";
import { KernelFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ALERT, KERN_EMERG, KERN_INFO, KERN_WARNING } from "../kernel/log.ts";
import { commandOf, modulesLine, printCalls, printInfo, printUserRegisters } from "../kernel/report.ts";
import { TAINT } from "../kernel/taint.ts";
import { sprintSymbol } from "./symbol_name.ts";
import { callerOf, type Frame } from "./unwind.ts";

/** The stack of a call into a module. */
export interface CallStack {
  /** Lowest address and end. */
  readonly base: number;
  readonly top: number;
  /** Where the outermost call of a module returns to. */
  readonly home: number;
}

/** THREAD_SIZE. */
export const STACK_SIZE = 8192;

/** The stack of a kernel's calls: the last pages of the linear map, where kmalloc()'s memory comes last. */
export function stackOf({ space }: Kernel): CallStack {
  const top = space.kernelEnd;
  // What calls return to is an address that no code has: the last word of the stack.
  return { base: top - STACK_SIZE, top, home: top - 4 };
}

/** How the kernel names a fault. */
export interface Fault {
  /** The line of the outcome, the first that says what happened. */
  readonly line: string;
  /** Lines in front of "Internal error", with their levels. */
  readonly intro: readonly (readonly [level: number, text: string])[];
  /** "Oops: 5": what stands behind "Internal error: ". */
  readonly error: string;
  /** Whether the handler had interrupts off when the process died. */
  readonly irqsOff: boolean;
  /** Whether what is at the PC cannot be looked at. */
  readonly hidesCode?: boolean;
}

const hex8 = (value: number) => u32(value).toString(16).padStart(8, "0");

/** How the "Internal error" line ends: PREEMPT, SMP, and the instruction set of the kernel. */
export function kindOf({ config }: Kernel): string {
  return `${config("PREEMPT") ? " PREEMPT" : ""}${config("SMP") ? " SMP" : ""} ${config("THUMB2_KERNEL") ? "THUMB2" : "ARM"}`;
}

/** %pS of an address that may be anywhere. */
function placeOf(kernel: Kernel, { home }: CallStack, address: number): string {
  const { report } = kernel.profile;
  if (u32(address) === home && report !== undefined) return report.calls[kernel.systemCall].callers[0];
  return kernel.space.isKernel(u32(address)) ? `0x${hex8(address)}` : sprintSymbol(kernel, u32(address), "offset");
}

/** Whether an address is in a module's text. */
function isText({ modules, space }: Kernel, address: number): boolean {
  const owner = modules.find((mod) => mod.within(u32(address)));
  return owner !== undefined && space.find(u32(address)) !== undefined &&
    owner.sections.some(({ name, address: start, size }) => /text/.test(name) && address >= start && address < start + size);
}

/** The lines of the calls from the innermost function on. @param first the registers there */
function printTrace(kernel: Kernel, cpu: Cpu, stack: CallStack, level: number, first: Frame): void {
  const { report } = kernel.profile;
  let frame = first;
  try {
    for (;;) {
      if (!isText(kernel, u32(frame[15] & ~1))) return;
      const caller = callerOf(kernel, cpu.bus, frame);
      if (caller === undefined) return;
      const name = sprintSymbol(kernel, u32(frame[15]), "no offset");
      if (u32(caller[15]) === stack.home) {
        if (report === undefined) return;
        printCalls(kernel, level, name, report.calls[kernel.systemCall].callers);
        printUserRegisters(kernel, level, stack.top);
        return;
      }
      kernel.printk(level, ` ${name} from ${placeOf(kernel, stack, caller[15])}`);
      frame = caller;
    }
  } catch (error) {
    if (!(error instanceof CpuStop)) throw error;
  }
}

/** Which addresses the kernel may touch while it runs. */
function segmentOf({ profile: { report } }: Kernel): string {
  return report?.swDomainPan === false ? "user" : "none";
}

const FLAG_LETTERS = [["n", "N"], ["z", "Z"], ["c", "C"], ["v", "V"]] as const;

function printRegisters(kernel: Kernel, cpu: Cpu, stack: CallStack): void {
  const show = (level: number, text: string) => kernel.printk(level, text);
  const { r } = cpu;
  const of = (index: number, name = `r${index}`) => `${name.padEnd(3)}: ${hex8(r[index])}`;
  show(KERN_WARNING, `PC is at ${placeOf(kernel, stack, r[15])}`);
  show(KERN_WARNING, `LR is at ${placeOf(kernel, stack, r[14])}`);
  show(KERN_WARNING, `pc : [<${hex8(r[15])}>]    lr : [<${hex8(r[14])}>]    psr: ${hex8(cpu.cpsr)}`);
  show(KERN_WARNING, `${of(13, "sp")}  ${of(12, "ip")}  ${of(11, "fp")}`);
  for (const row of [[10, 9, 8], [7, 6, 5, 4], [3, 2, 1, 0]]) {
    show(KERN_WARNING, row.map((index) => of(index)).join("  "));
  }
  const flags = FLAG_LETTERS.map((letters, i) => letters[(cpu.cpsr >>> (31 - i)) & 1]).join("");
  show(
    KERN_WARNING,
    `Flags: ${flags}  IRQs on  FIQs on  Mode SVC_32  ISA ${cpu.thumb ? "Thumb" : "ARM"}  Segment ${segmentOf(kernel)}`,
  );
  show(KERN_WARNING, "Control: (control)");
  for (let i = 0; i <= 12; i++) show(KERN_ALERT, `Register r${i} information: ${r[i] === 0 ? "NULL pointer" : "(object)"}`);
}

/** dump_mem(): rows of eight words. What lies in the frames of the kernel itself is not known. */
function printStack(kernel: Kernel, cpu: Cpu, { top, base }: CallStack, entry: number): void {
  const bottom = u32(cpu.r[13]);
  kernel.printk(KERN_EMERG, `Stack: (0x${hex8(bottom)} to 0x${hex8(top)})`);
  for (let row = bottom & ~31; u32(row) < top; row += 32) {
    const start = u32(row);
    if (start >= entry || start < base) {
      kernel.printk(KERN_EMERG, "(registers)");
      continue;
    }
    const words = Array.from(
      { length: 8 },
      (_, i) => start + 4 * i < bottom ? " ".repeat(9) : ` ${hex8(cpu.bus.read32(start + 4 * i))}`,
    );
    kernel.printk(KERN_EMERG, `${hex8(start).slice(4)}:${words.join("")}`);
  }
}

/** dump_instr(): four words, or halfwords of T32, in front of the one at the PC, and of T32 one behind it. */
function codeLine({ space }: Kernel, cpu: Cpu): string {
  const size = cpu.thumb ? 2 : 4;
  let text = "";
  for (let i = -4; i <= (cpu.thumb ? 1 : 0); i++) {
    const at = u32(cpu.r[15] + i * size);
    const area = space.find(at);
    if (area === undefined || at + size > area.base + area.bytes.length) return "Code: bad PC value";
    const word = (cpu.thumb ? space.read16(at) : u32(space.read32(at))).toString(16).padStart(2 * size, "0");
    text += i === 0 ? `(${word}) ` : `${word} `;
  }
  return `Code: ${text}`;
}

/**
 * die(): prints the report of a fault in a module's code, and taints.
 *
 * @param cpu as it was at the fault
 * @param entry the stack pointer that the module's function was called with
 * @param inService the fault is in the kernel's own function that was called last, whose registers are not known
 * @returns what the call ends with
 */
export function die(kernel: Kernel, cpu: Cpu, stack: CallStack, entry: number, fault: Fault, inService = false): KernelFault {
  const command = commandOf(kernel);
  kernel.once.add("debug_locks");
  for (const [level, text] of fault.intro) kernel.printk(level, text);
  kernel.printk(KERN_EMERG, `Internal error: ${fault.error} [#${++kernel.oopses}]${kindOf(kernel)}`);
  kernel.printk(KERN_WARNING, modulesLine(kernel));
  printInfo(kernel, KERN_WARNING);
  if (!inService) {
    printRegisters(kernel, cpu, stack);
    kernel.printk(KERN_EMERG, `Process ${command} (pid: (pid), stack limit = (limit))`);
    printStack(kernel, cpu, stack, entry);
    kernel.printk(KERN_EMERG, "Call trace: ");
    const frame = cpu.r.slice();
    if (!isText(kernel, u32(frame[15]))) frame[15] = frame[14];
    printTrace(kernel, cpu, stack, KERN_EMERG, frame);
    kernel.printk(KERN_EMERG, fault.hidesCode ? "Code: bad PC value" : codeLine(kernel, cpu));
  }
  kernel.printk(KERN_WARNING, "---[ end trace 0000000000000000 ]---");
  kernel.addTaint(TAINT.DIE);
  if (fault.irqsOff) kernel.printk(KERN_INFO, `note: ${command}[(pid)] exited with irqs disabled`);
  return new KernelFault("oops", fault.line);
}

/** dump_stack(), called by a module. @param callers of the unwinder, up to what the module called */
export function dumpStack(kernel: Kernel, cpu: Cpu, stack: CallStack, callers: readonly string[]): void {
  const { report } = kernel.profile;
  printInfo(kernel, KERN_WARNING);
  if (report === undefined) return;
  kernel.printk(KERN_WARNING, "Call trace: ");
  const returnTo = u32(cpu.r[14]);
  if (returnTo === stack.home) return;
  printCalls(kernel, KERN_WARNING, report.unwinder, [...callers, placeOf(kernel, stack, returnTo)]);
  const frame = cpu.r.slice();
  frame[15] = returnTo;
  printTrace(kernel, cpu, stack, KERN_WARNING, frame);
}

/**
 * warn_slowpath_fmt(): WARN() and WARN_ON() of a module.
 *
 * @param place source file and line
 * @param printText prints what the warning says; left out for WARN_ON()
 */
export function warn(kernel: Kernel, cpu: Cpu, stack: CallStack, place: string, taint: number, printText?: () => void): void {
  const { report } = kernel.profile;
  kernel.printk(KERN_WARNING, "------------[ cut here ]------------");
  kernel.printk(KERN_WARNING, `WARNING: CPU: 0 PID: (pid) at ${place} ${placeOf(kernel, stack, cpu.r[14])}`);
  printText?.();
  kernel.printk(KERN_WARNING, modulesLine(kernel));
  dumpStack(kernel, cpu, stack, (printText === undefined ? report?.warnOn : report?.warn) ?? []);
  kernel.printk(KERN_WARNING, "---[ end trace 0000000000000000 ]---");
  kernel.addTaint(taint);
}
