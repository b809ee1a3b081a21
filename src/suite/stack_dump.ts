// SPDX-License-Identifier: GPL-2.0-only
/**
 * dump_stack(): the report that the kernel prints behind some warnings. It shows the stack of code that did run, and with it the
 * number of a process and the registers of a caller, which no two boots have in common.
 *
 * Models: the lines of dump_stack_print_info() of lib/dump_stack.c and of arch/arm/kernel/traps.c.
 *
 * @module
 */

/** Stands for the caller's registers, one row of them. */
const REGISTERS = "(registers)";
const BEGINS = /^CPU: \d+ UID: \d+ PID: /;
const PROCESS = /^((?:WARNING: )?CPU: \d+ (?:UID: \d+ )?PID: )\d+ /;
/** How far into a function a warning stands, which the compiler decides. */
const WARNING_OFFSET = /^(WARNING: CPU: .* at \S+:\d+ \w+)\+0x[0-9a-f]+\/0x[0-9a-f]+( \[\w+\])?$/;
/** A row of the caller's registers, or, in a kernel with frame pointers, of those that a frame has saved. */
const REGISTER_ROW = /^(?:[0-9a-f]{4}:(?: [ 0-9a-f]{8})+|(?: r\d+:[0-9a-f]{8})+)$/;
const REPORT_LINE =
  /^(Tainted: |Hardware name: |Call trace:|\s*\S+ from |Function entered at |Exception stack|\(registers\)$| r\d+:|[0-9a-f]{4}: )/;

/** Where the stack of a kernel without VMAP_STACK was; of one that has it, the place is in vmalloc space, and left out as such. */
const STACK = /^Exception stack\(0x[0-9a-f]{8} to 0x[0-9a-f]{8}\)$/;

/** Takes the place of the stack from a line that the places in vmalloc space have been taken from. */
export function withoutStack(line: string): string {
  return line.replace(STACK, "Exception stack((stack) to (stack))");
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
 * const masked = ["dfe0: b6e67000", "CPU: 0 UID: 0 PID: (pid) Comm: insmod", "Exception stack(0xe0821fa8 to 0xe0821ff0)", "(registers)"];
 * assertEquals(lines.map(reportMask()), masked);
 * ```
 */
export function reportMask(): (text: string) => string {
  const isReport = reportFilter();
  return (text) => {
    if (isReport(text) && REGISTER_ROW.test(text)) return REGISTERS;
    return text.replace(PROCESS, "$1(pid) ").replace(WARNING_OFFSET, "$1");
  };
}
