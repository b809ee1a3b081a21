// SPDX-License-Identifier: GPL-2.0-only
/**
 * Mutants as steps of scenarios: which of them can share a kernel.
 *
 * @module
 */

import type { StepOutcome } from "../outcome.ts";
import type { Scenario, Step } from "../scenario.ts";
import type { Target } from "../target.ts";
import type { Mutant } from "./mutant.ts";

/** A mutant that is to be tried. */
export interface Trial {
  readonly mutant: Mutant;
  /** Its load, and its removal where it loads. */
  readonly steps: readonly Step[];
  /** Whether it can leave something behind: a fault, or a module that stays. It goes last, then. */
  readonly last: boolean;
}

/** The model's outcomes of a scenario. Where it throws, that is the last one: `notModelled`, with what was thrown. */
export async function modelOutcomes(model: Target, scenario: Scenario): Promise<StepOutcome[]> {
  const outcomes: StepOutcome[] = [];
  try {
    for await (const { outcome } of model.run(scenario)) outcomes.push(outcome);
  } catch (error) {
    const step = outcomes.length;
    const notModelled = `a bug of ours: ${error instanceof Error ? error.message : error}`;
    outcomes.push({ step, op: "insmod", module: "", notModelled, log: [], taint: 0, modules: [] });
  }
  return outcomes;
}

/** The modules that have to be there before a mutant. */
export function beforeSteps(mutants: readonly Mutant[], casePath: (file: string) => string): Step[] {
  const files = new Set(mutants.flatMap(({ base }) => base.after ?? []));
  return [...files].map((file) => ({ insmod: casePath(file), params: "" }));
}

/**
 * Tries a mutant on the model alone, to see what it leaves behind.
 *
 * @param path where both targets find its bytes
 */
export async function trialOf(
  mutant: Mutant,
  path: string,
  model: Target,
  casePath: (file: string) => string,
): Promise<Trial> {
  const load: Step = { insmod: path, params: mutant.params };
  const before = beforeSteps([mutant], casePath);
  const loaded = (await modelOutcomes(model, { cmdline: "", steps: [...before, load] })).at(-1)!;
  if (loaded.rc === undefined) return { mutant, steps: [load], last: true };
  if (loaded.rc < 0) return { mutant, steps: [load], last: false };
  const steps: Step[] = [load, { rmmod: loaded.modules[0]?.name ?? "" }];
  const removed = (await modelOutcomes(model, { cmdline: "", steps: [...before, ...steps] })).at(-1)!;
  return { mutant, steps, last: removed.rc !== 0 };
}

/** So many trials share a kernel at the most. */
const GROUP_SIZE = 25;

/** Groups that can share a kernel each: at most one that leaves something behind, at the end. */
export function grouped(trials: readonly Trial[], size = GROUP_SIZE): Trial[][] {
  const clean = trials.filter(({ last }) => !last);
  const lasts = trials.filter(({ last }) => last);
  const count = Math.max(Math.ceil(clean.length / size), lasts.length);
  const groups = Array.from({ length: count }, (): Trial[] => []);
  for (const [i, trial] of clean.entries()) groups[Math.floor(i * count / clean.length)].push(trial);
  for (const [i, trial] of lasts.entries()) groups[i].push(trial);
  return groups;
}
