// SPDX-License-Identifier: GPL-2.0-only
/**
 * How two outcomes of one step differ.
 *
 * @module
 */

import { diffLines } from "diff";
import { TAINT } from "../../kernel/taint.ts";
import { loaderLines } from "../compare.ts";
import { kernelLogText, layoutText } from "../golden_text.ts";
import type { StepOutcome } from "../outcome.ts";
import type { Step } from "../scenario.ts";

/** The lines that one of the two alone has. Both are empty where the outcomes agree. */
export interface Difference {
  readonly real: readonly string[];
  readonly model: readonly string[];
}

export const NONE: Difference = { real: [], model: [] };

export function isDifferent({ real, model }: Difference): boolean {
  return real.length + model.length > 0;
}

/** Whether the kernel oopsed or died. */
export function isFault({ oops, crash }: StepOutcome): boolean {
  return oops !== undefined || crash !== undefined;
}

/** Whether the loader came as far as the module's init function. */
export function reachedInit({ regions }: StepOutcome): boolean {
  return regions !== undefined;
}

function textOf(step: Step, outcome: StepOutcome, vmallocStart: number): string {
  const text = loaderLines(kernelLogText(step, outcome, vmallocStart)) + layoutText(step, outcome, vmallocStart);
  // Where a damaged pointer leads depends on where the copy of the file lies.
  return text.replace(/(?<=oops: .* virtual address )(\(address\)|[0-9a-f]{8})/, "(address)");
}

/** A load that did not outlive its init function, as if that had returned: what the loader itself did. */
function upToInit(real: StepOutcome, model: StepOutcome): StepOutcome {
  const { oops: _oops, crash: _crash, ...rest } = real;
  const began = real.log.findIndex(({ phase }) => phase !== undefined);
  // Code that falls again and again fills the kernel's log, and the loader's lines are lost, with those that tell of the sections.
  const { log, sections } = began < 0 ? model : { log: real.log.slice(0, began), sections: real.sections };
  const state = { rc: 0, errno: 0 as const, taint: model.taint, modules: model.modules };
  return { ...rest, ...state, log, ...(sections === undefined ? {} : { sections }) };
}

/** Without the taint of a warning that the module's own code caused. */
function withoutWarning(real: StepOutcome, model: StepOutcome): StepOutcome {
  const warned = real.log.some(({ phase, text }) => phase !== undefined && text.startsWith("WARNING: "));
  return warned ? { ...real, taint: real.taint & ~(1 << TAINT.WARN) | model.taint & (1 << TAINT.WARN) } : real;
}

/**
 * Compares what the kernel and the model made of a step: return code, the loader's own lines, state and places.
 *
 * What a module's own code did is not the loader's doing: where the real kernel fell in init or exit, the step counts up to there.
 *
 * @param vmallocStart VMALLOC_START
 */
export function differenceOf(step: Step, real: StepOutcome, model: StepOutcome, vmallocStart: number): Difference {
  const inCode = isFault(real) && model.rc === 0;
  if (inCode && "rmmod" in step) return NONE;
  const counted = inCode && reachedInit(real) ? upToInit(real, model) : withoutWarning(real, model);
  const texts = [counted, model].map((outcome) => textOf(step, outcome, vmallocStart));
  const changes = diffLines(texts[0], texts[1]);
  const lines = (chosen: typeof changes) => chosen.flatMap(({ value }) => value.split("\n").slice(0, -1));
  return { real: lines(changes.filter(({ removed }) => removed)), model: lines(changes.filter(({ added }) => added)) };
}

/** A line without what differs from module to module. */
function general(line: string | undefined): string {
  if (line === undefined) return "(nothing)";
  return line
    .replace(/^# (insmod|rmmod) .* = /, "$1 = ")
    .replace(/^(<\d>) [^ :]+: /, "$1 NAME: ")
    .replace(/^module .*/, "module ...")
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{8}\b|\b\d+\b/g, "N")
    .replace(/ +/g, " ");
}

/** What a difference begins with, the same for all that have the same cause. */
export interface Cause {
  readonly real: string;
  readonly model: string;
}

/**
 * The cause of a difference: the first line of each side, without names and numbers.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { causeOf } from "./difference.ts";
 * const cause = causeOf({ real: ["# insmod x.ko = -EINVAL"], model: ["# insmod x.ko = 0", "<4> x: 12 lines"] });
 * assertEquals(cause, { real: "insmod = -EINVAL", model: "insmod = N" });
 * ```
 */
export function causeOf({ real, model }: Difference): Cause {
  return { real: general(real[0]), model: general(model[0]) };
}

export function causeText({ real, model }: Cause): string {
  return `real: ${real}; model: ${model}`;
}
