// SPDX-License-Identifier: GPL-2.0-only
/**
 * The reports that the kernel prints of an Oops, and behind some warnings. They show the stack of code that did run, and with it numbers that
 * no two boots have in common: a process's, registers of the caller, places of stacks and page tables. Those are left out, listed here.
 *
 * Models: the lines of dump_stack_print_info() of lib/dump_stack.c, of arch/arm/kernel/traps.c and process.c, and of arch/arm/mm/fault.c.
 *
 * @module
 */

/** Stands for registers, one row of them. */
const REGISTERS = "(registers)";
/** Where the report of an Oops begins. */
const OOPS_BEGINS =
  /^(8<--- cut here|Unable to handle kernel|Unhandled (prefetch abort|fault): |kernel BUG |Internal error: |-+\[ cut here|Kernel panic|Insufficient stack)/;
const BEGINS = /^CPU: \d+ UID: \d+ PID: /;
/** A row of the caller's registers, or, in a kernel with frame pointers, of those that a frame has saved. */
const REGISTER_ROW = /^(?:[0-9a-f]{4}:(?: [ ?0-9a-f]{8})+|(?: r\d+:[0-9a-f]{8})+)$/;
const REPORT_LINE =
  /^(Tainted: |Hardware name: |Call trace:|\s*\S+ (\[\w+\] )?from |Function entered at |Exception stack|\(registers\)$| r\d+:|[0-9a-f]{4}: |PC is at |LR is at |pc : |sp : |r\d+ ?: |Flags: |Control: |Register r\d+ information: |Process |Stack: |Code: |unwind: )/;

/** What differs from boot to boot in lines of a report, and what stands for it. */
const MASKS: readonly (readonly [differs: RegExp, stands: string])[] = [
  [/^((?:WARNING: )?CPU: \d+ (?:UID: \d+ )?PID: )\d+ /, "$1(pid) "],
  // How far into a function a warning stands, which the compiler decides.
  [/^(WARNING: CPU: .* at \S+:\d+ \w+)\+0x[0-9a-f]+\/0x[0-9a-f]+( \[\w+\])?$/, "$1$2"],
  [/^(\[[0-9a-f]{8}\]) \*pgd=.*$/, "$1 (page tables)"],
  [/^(pc : .* psr: )[0-9a-f]{8}$/, "$1(psr)"],
  [/^(sp |r10|r7 |r3 ): [0-9a-f]{8} .*$/, REGISTERS],
  // A function of the kernel that the module has called leaves its own.
  [/^(Flags: )[nN][zZ][cC][vV] /, "$1(flags) "],
  [/^Control: .*$/, "Control: (control)"],
  [/^(Register r\d+ information:) .*$/, "$1 (object)"],
  [/^(Process \S+ )\(pid: .*$/, "$1(pid: (pid), stack limit = (limit))"],
  [/^((?:Stack:|Exception stack) ?)\(0x[0-9a-f]{8} to 0x[0-9a-f]{8}\)$/, "$1((stack) to (stack))"],
  [/^((?:Task|IRQ|Overflow) stack: +)\[.*$/, "$1[(stack)..(stack)]"],
  [/^(note: \w+)\[\d+\]/, "$1[(pid)]"],
];

/** Where the report of an Oops begins in a log; -1 where there is none. */
export function oopsBegins(log: readonly { readonly text: string }[]): number {
  return log.findIndex(({ text }) => OOPS_BEGINS.test(text));
}

/**
 * Whether the report of an Oops is about a module's own code: the PC stands there, or nowhere, where the module has jumped to. What the
 * registers and the stack are in a function of the kernel is the kernel's own business.
 *
 * @param log from the report on
 * @param kernelStart first address of the kernel, for one that has no names
 */
export function isModulesOops(log: readonly { readonly text: string }[], kernelStart: number): boolean {
  const pc = log.map(({ text }) => /^PC is at (\S+)( \[\S+\])?$/.exec(text)).find((found) => found !== null);
  return pc !== undefined && pc !== null && (pc[2] !== undefined || (/^0x/.test(pc[1]) && Number(pc[1]) < kernelStart));
}

/** Tells which lines of a log, asked about one after the other, belong to a report. */
export function reportFilter(): (text: string) => boolean {
  let inside = false;
  return (text) => inside = BEGINS.test(text) || (inside && REPORT_LINE.test(text));
}

/**
 * Takes what differs from boot to boot from the lines of a log, one after the other.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reportMask } from "./stack_dump.ts";
 * const lines = ["dfe0: b6e67000", "CPU: 0 UID: 0 PID: 123 Comm: insmod", "Exception stack(0xe0821fa8 to 0xe0821ff0)", "dfe0: b6e67000"];
 * const masked = ["dfe0: b6e67000", "CPU: 0 UID: 0 PID: (pid) Comm: insmod", "Exception stack((stack) to (stack))", "(registers)"];
 * assertEquals(lines.map(reportMask()), masked);
 * ```
 */
export function reportMask(): (text: string) => string {
  const isReport = reportFilter();
  return (text) => {
    if (isReport(text) && REGISTER_ROW.test(text)) return REGISTERS;
    return MASKS.reduce((masked, [differs, stands]) => masked.replace(differs, stands), text);
  };
}
