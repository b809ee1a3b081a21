// SPDX-License-Identifier: GPL-2.0-only
/**
 * Outcomes as text: what goldens hold and what the command line prints. Made for a reviewer's diff.
 *
 * @module
 */

import type { LogLine, ModuleEntry, StepOutcome } from "./outcome.ts";
import type { InsmodStep, Step } from "./scenario.ts";
import { isModulesOops, oopsBegins, reportMask } from "./stack_dump.ts";

/** Text without those of its addresses that lie in vmalloc space, which differ from boot to boot. */
function placeless(text: string, vmallocStart: number): string {
  return text.replace(/\b0x[0-9a-f]{8}\b/g, (address) => Number(address) >= vmallocStart ? "(vmalloc)" : address);
}

/** PAGE_OFFSET, as far as it matters here. */
function kernelStart(vmallocStart: number): number {
  return Math.min(vmallocStart, 0xc0000000);
}

const SHOWS_ADDRESS = /^(pc : |Unable to handle kernel|Unhandled (prefetch abort|fault):|\[[0-9a-f]{8}\] \(page)/;

/** As {@link withoutKernelAddress}, where a line of the log is such a line, or has the registers that point to code. */
function withoutOopsAddress(text: string, vmallocStart: number): string {
  return SHOWS_ADDRESS.test(text) ? withoutKernelAddress(text, vmallocStart) : text;
}

/** The first line of an Oops without any address in the kernel's memory. */
function withoutKernelAddress(text: string, vmallocStart: number): string {
  const first = kernelStart(vmallocStart);
  return text.replace(/\b[0-9a-f]{8}\b/g, (address) => parseInt(address, 16) >= first ? "(address)" : address);
}

/** How a step ended: `0`, `-ENOENT`, or what became of the kernel. */
function ended(outcome: StepOutcome, vmallocStart: number): string {
  if (outcome.oops !== undefined) return `oops: ${withoutKernelAddress(outcome.oops, vmallocStart)}`;
  if (outcome.crash !== undefined) return `crash: ${withoutKernelAddress(outcome.crash, vmallocStart)}`;
  if (outcome.notModelled !== undefined) return `not modelled: ${outcome.notModelled}`;
  return outcome.errno === 0 ? "0" : `-${outcome.errno}`;
}

/** A log up to the report of an Oops in the kernel's own code, whose registers and stack are of that one moment. */
function comparable(outcome: StepOutcome, kernelStart: number): readonly LogLine[] {
  const at = outcome.rc !== undefined ? -1 : oopsBegins(outcome.log);
  if (at < 0 || isOfModule(outcome, kernelStart)) return outcome.log;
  return outcome.log.slice(0, at);
}

/** Whether a module's own code made the kernel oops. */
function isOfModule({ oops, log }: StepOutcome, kernelStart: number): boolean {
  return oops !== undefined && isModulesOops(log.slice(oopsBegins(log)), kernelStart);
}

/** Text on one line: what /dev/kmsg would escape, is. */
export function escapeText(text: string): string {
  return [...text].map((char) => {
    const code = char.charCodeAt(0);
    return code < 32 || code > 126 || char === "\\" ? `\\x${code.toString(16).padStart(2, "0")}` : char;
  }).join("");
}

/** A step as a command: `insmod symbol_user.ko`, with what else it was given. */
export function stepCommand(step: Step): string {
  const words = "insmod" in step
    ? ["insmod", step.insmod.slice(step.insmod.lastIndexOf("/") + 1), step.params, ...insmodOptions(step)]
    : ["rmmod", step.rmmod, step.flags === undefined ? "" : `flags=${step.flags.join(",")}`];
  if (step.unprivileged) words.push("unprivileged");
  return escapeText(words.filter((word) => word !== "").join(" "));
}

function insmodOptions({ flags, raw_flags, syscall, opened, init }: InsmodStep): string[] {
  const options = { flags: flags?.join(","), raw_flags, syscall, opened, init: typeof init === "number" ? init : undefined };
  return Object.entries(options).flatMap(([key, value]) => value === undefined ? [] : [`[${key}=${value}]`]);
}

/** The lines of a log, with a heading where the module's own code begins and ends to print. */
function logLines(log: readonly LogLine[], vmallocStart: number, masked: boolean): string[] {
  const lines: string[] = [];
  const mask = masked ? reportMask() : (text: string) => text;
  let phase = "loader";
  for (const line of log) {
    const now = line.phase ?? "loader";
    if (now !== phase) lines.push(`# ${now}`);
    phase = now;
    lines.push(
      `<${line.level}> ${
        escapeText(masked ? placeless(withoutOopsAddress(mask(line.text), vmallocStart), vmallocStart) : line.text)
      }`,
    );
  }
  return lines;
}

/**
 * One step as a golden's `kernel.log` has it.
 *
 * @param vmallocStart VMALLOC_START; addresses from there on are not shown
 * @param masked without what differs from boot to boot in the report of a fault; where not, registers and stack are shown
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kernelLogText } from "./golden_text.ts";
 * const log = [{ level: 4, text: "symbol_user: Unknown symbol exported_function (err -2)" }];
 * const outcome = { step: 0, op: "insmod", module: "symbol_user", rc: -2, errno: "ENOENT", log, taint: 0, modules: [] } as const;
 * const step = { insmod: "/cases/symbol_user.ko", params: "" };
 * assertEquals(
 *   kernelLogText(step, { ...outcome, log, modules: [] }, 0xe0800000),
 *   "# insmod symbol_user.ko = -ENOENT\n<4> symbol_user: Unknown symbol exported_function (err -2)\n",
 * );
 * ```
 */
export function kernelLogText(step: Step, outcome: StepOutcome, vmallocStart: number, masked = true): string {
  const log = masked ? comparable(outcome, kernelStart(vmallocStart)) : outcome.log;
  const lines = [`# ${stepCommand(step)} = ${ended(outcome, vmallocStart)}`, ...logLines(log, vmallocStart, masked)];
  return lines.map((line) => `${line}\n`).join("");
}

/** A line of /proc/modules. */
export function procModulesLine({ name, size, refcount, usedBy, state, address, taints }: ModuleEntry): string {
  const users = usedBy.length === 0 ? "-" : usedBy.map((user) => `${user},`).join("");
  return `${name} ${size} ${refcount ?? "-"} ${users} ${state} ${address}${taints === "" ? "" : ` (${taints})`}`;
}

/** An address as goldens show it. One in vmalloc space depends on what else the booted kernel holds, so it is left out. */
export function addressText(address: string, vmallocStart: number): string {
  return Number(address) >= vmallocStart ? "vmalloc   " : address;
}

/**
 * One step as a golden's `layout.txt` has it: taint, /proc/modules, and regions and sections of the step's module.
 *
 * @param vmallocStart VMALLOC_START; addresses from there on are not shown
 */
export function layoutText(step: Step, outcome: StepOutcome, vmallocStart: number): string {
  const lines = [`# ${stepCommand(step)}`];
  // What stands after the kernel's own code oopsed depends on the locks that the dead call held.
  const isOops = outcome.oops !== undefined && !isOfModule(outcome, kernelStart(vmallocStart));
  if (isOops || outcome.crash !== undefined) return `${lines[0]}\n`;
  lines.push(`taint ${outcome.taint}`);
  for (const entry of outcome.modules) {
    lines.push(`module ${procModulesLine({ ...entry, address: addressText(entry.address, vmallocStart).trim() })}`);
  }
  for (const { type, base, size } of outcome.regions ?? []) {
    lines.push(`region ${addressText(base, vmallocStart)} ${String(size).padStart(8)} ${type}`);
  }
  for (const [name, { address, size, region }] of Object.entries(outcome.sections ?? {})) {
    lines.push(
      `section ${addressText(address, vmallocStart)} ${String(size).padStart(8)} ${region.padEnd(17)} ${escapeText(name)}`
        .trimEnd(),
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}
