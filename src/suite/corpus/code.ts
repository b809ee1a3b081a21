// SPDX-License-Identifier: GPL-2.0-only
/**
 * Holds what a module's own code did, run on the model, to what it did on the real kernel: what init returned, and the lines that were
 * printed while it ran.
 *
 * @module
 */

import type { KernelModule } from "../../kernel/module.ts";
import type { StepOutcome } from "../outcome.ts";
import { cameToInit, type CorpusStep } from "./step.ts";

/** How the code of one load came out. */
export type CodeVerdict =
  /** It ran to its return; a difference is what is not as it was recorded, "" where nothing is. */
  | { readonly kind: "ran"; readonly difference: string }
  /** It came to what is not modelled. */
  | { readonly kind: "stopped"; readonly by: string }
  /** It was not run: a module that it uses is not as its code makes it on the real kernel. */
  | { readonly kind: "behind"; readonly module: string };

/** Whether a module is what its code made of it on the real kernel, as far as one sees. */
export function isAsRecorded(verdict: CodeVerdict): boolean {
  return verdict.kind === "ran" && verdict.difference === "";
}

/** Which modules of a guest are not as their own code makes them on the real kernel. */
export class RunModules {
  readonly #unlike = new WeakSet<KernelModule>();

  /** The module that keeps one that uses it from being run. */
  unlikeBelow(mod: KernelModule): KernelModule | undefined {
    return mod.uses.find((used) => this.#unlike.has(used));
  }

  /** A module is not as its code would have made it. */
  note(mod: KernelModule): void {
    this.#unlike.add(mod);
  }
}

/** What init returned, as far as the call tells. */
function returned({ init, end }: CorpusStep): string {
  return init === undefined ? end : String(init);
}

function firstDifference(recorded: readonly string[], replayed: readonly string[]): string {
  const count = Math.max(recorded.length, replayed.length);
  for (let i = 0; i < count; i++) {
    if (recorded[i] !== replayed[i]) return `recorded ${recorded[i] ?? "no line"}, printed ${replayed[i] ?? "no line"}`;
  }
  return "";
}

/**
 * Judges the code of one load.
 *
 * @param outcome of the load on the model
 * @param replayed the same, as a recording keeps it
 * @param behind the module that kept it from being run
 * @returns undefined where a load did not come to init
 */
export function judgeCode(
  recorded: CorpusStep,
  replayed: CorpusStep,
  { notModelled }: StepOutcome,
  behind: string | undefined,
): CodeVerdict | undefined {
  if (recorded.op === "rmmod" || !cameToInit(recorded)) return undefined;
  if (behind !== undefined) return { kind: "behind", module: behind };
  if (notModelled !== undefined) return { kind: "stopped", by: notModelled };
  const [wanted, got] = [returned(recorded), returned(replayed)];
  const difference = wanted === got
    ? firstDifference(recorded.printed, replayed.printed)
    : `recorded ${wanted}, returned ${got}`;
  return { kind: "ran", difference };
}
