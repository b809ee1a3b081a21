// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel log of one step: which lines are the kernel's answer, which are the loader's debug output that the oracle switched on,
 * and which were printed while the module's own code ran.
 *
 * @module
 */

import type { LogLine } from "../../suite/outcome.ts";
import type { LogRecord } from "./log_record.ts";

/** A line of the "Final section addresses" block. */
export interface DebugSection {
  name: string;
  address: number;
  size: number;
}

/** What one step's records say. */
export interface StepLog {
  lines: LogLine[];
  /** Name of the module, and where its sections are, from the loader's debug output. */
  module: string | undefined;
  sections: DebugSection[] | undefined;
}

/** Marker that the agent writes before the first step and at the end of each. */
const MARKER = /^insmodel: (?:begin|end of step \d+)$/;
const DEBUG_LEVEL = 7;

/** The loader's pr_debug() lines, kernel/module and kernel/params.c apart from those with a tab in front. */
const LOADER_DEBUG: readonly RegExp[] = [
  /^finit_module: fd=-?\d+, uargs=\S+, flags=-?\d+$/,
  /^init_module: umod=\S+, len=\d+, uargs=\S+$/,
  /^Core section allocation order for .*:$/,
  /^Init section allocation order for .*:$/,
  /^Final section addresses for .*:$/,
  /^Failed to find symbol .*$/,
  /^\S* does not use \S*!$/,
  /^Allocating new usage for .*\.$/,
  /^\S* unusing \S*$/,
  /^\S* already dying$/,
  /^Common symbol: .*$/,
  /^Absolute symbol: 0x[0-9a-f]{8} .*$/,
  /^-?\d+ digest: [0-9a-f]*$/,
  /^Found checksum [0-9A-F]+ vs module [0-9A-F]+$/,
];
const ORDER_LINE = /^\t.*$/;
const ADDRESS_LINE = /^\t0x([0-9a-f]+) 0x([0-9a-f]{8,}) (.*)$/;
const BLOCK_START = /^(?:(?:Core|Init) section allocation order|Final section addresses) for (.*):$/;

/** trace_initcall_start_cb() and trace_initcall_finish_cb() of init/main.c, for a function of a module. */
const INIT_STARTS = /^calling {2}.* @ \d+$/;
const INIT_ENDS = /^initcall .* returned -?\d+ after -?\d+ usecs$/;

/** What do_init_module() prints of its own after init: these lines, and behind them a dump of the stack. */
const AFTER_INIT = /^do_init_module: /;

/** What delete_module() itself prints: add_taint() of a removal by force, before exit runs. */
const REMOVAL_BY_FORCE = "Disabling lock debugging due to kernel taint";

/** Lines that tell of the emulation, not of the module: of its speed, of the driver core where initcall_debug cannot be told off. */
const EMULATION: readonly RegExp[] = [
  /^hrtimer: interrupt took \d+ ns$/,
  /^workqueue: \S+ hogged CPU for >\d+us /,
  /^probe of .* returned -?\d+ after \d+ usecs$/,
  // A driver of the board waits for what QEMU lacks, and says so some time after boot.
  /: deferred probe pending: /,
];

function isMarker({ kernel, text }: LogRecord): boolean {
  return !kernel && MARKER.test(text);
}

/** The records after the agent's last marker: those of the step that was not finished. */
export function sinceLastMarker(records: readonly LogRecord[]): LogRecord[] {
  return records.slice(records.findLastIndex(isMarker) + 1);
}

/**
 * Sorts the records of one step. A record of several lines becomes several lines.
 *
 * @param exiting the step has run a module's exit function: all but the loader's own lines counts as printed by it
 * @param lostInInit the guest was lost after the module's init function was called: where no record says so, the records begin after that
 */
export function readStepLog(records: readonly LogRecord[], exiting: boolean, lostInInit: boolean): StepLog {
  const log: StepLog = { lines: [], module: undefined, sections: undefined };
  let block: "order" | "addresses" | undefined;
  let initRuns = lostInInit && !records.some(({ text }) => INIT_STARTS.test(text));
  // From the end of init up to do_init_module()'s own words: what init has started prints here, a thread or a work item.
  let afterInit = false;
  for (const { level, kernel, text } of records) {
    if (isMarker({ level, kernel, text }) || EMULATION.some((form) => form.test(text))) continue;
    if (level === DEBUG_LEVEL && kernel && !exiting) {
      if (INIT_STARTS.test(text)) {
        initRuns = true;
        block = undefined;
        continue;
      }
      if (initRuns && INIT_ENDS.test(text)) {
        initRuns = false;
        afterInit = true;
        continue;
      }
    }
    if (level === DEBUG_LEVEL && kernel && !initRuns) {
      const address = block === "addresses" ? ADDRESS_LINE.exec(text) : null;
      if (address) {
        log.sections?.push({ address: parseInt(address[1], 16), size: parseInt(address[2], 16), name: address[3] });
        continue;
      }
      if (block === "order" && ORDER_LINE.test(text)) continue;
      const start = BLOCK_START.exec(text);
      block = start ? (text.startsWith("Final") ? "addresses" : "order") : undefined;
      if (start) log.module ??= start[1];
      if (block === "addresses") log.sections ??= [];
      if (LOADER_DEBUG.some((form) => form.test(text))) continue;
    }
    if (AFTER_INIT.test(text)) afterInit = false;
    const phase = initRuns || afterInit
      ? { phase: "init" as const }
      : exiting && text !== REMOVAL_BY_FORCE
      ? { phase: "exit" as const }
      : {};
    for (const line of text.split("\n")) log.lines.push({ level, text: line, ...phase });
  }
  return log;
}
