// SPDX-License-Identifier: GPL-2.0-only
/**
 * Mutants on the real kernel and on the model.
 *
 * @module
 */

import { InputError } from "../input_error.ts";
import type { StepOutcome } from "../outcome.ts";
import type { Step } from "../scenario.ts";
import type { Target } from "../target.ts";
import { type Difference, differenceOf, isDifferent, isFault, NONE, reachedInit } from "./difference.ts";
import type { Mutant } from "./mutant.ts";
import { beforeSteps, grouped, modelOutcomes, type Trial, trialOf } from "./trial.ts";

/** What became of a mutant. */
export interface Verdict {
  readonly mutant: Mutant;
  /** How the load ended on the real kernel. */
  readonly real: StepOutcome;
  readonly difference: Difference;
}

/** The two that are compared, and where they find mutants. */
export interface Arena {
  readonly real: Target;
  readonly model: Target;
  /** VMALLOC_START. */
  readonly vmallocStart: number;
  /** Puts a file where both targets find it, and gives its path. */
  place(name: string, bytes: Uint8Array): string;
  /** The path of a file under `cases/`. */
  casePath(file: string): string;
  /** How many real kernels run at once. */
  readonly parallel: number;
}

/** What init returned, where that was not 0: the loader goes on with it. */
function returnedByInit(real: StepOutcome): number | undefined {
  if (!reachedInit(real) || real.rc === undefined) return undefined;
  if (real.rc < 0) return real.rc;
  const line = real.log.find(({ phase, text }) => phase === undefined && text.includes("->init suspiciously returned "));
  const returned = /suspiciously returned (\d+),/.exec(line?.text ?? "")?.[1];
  return returned === undefined ? undefined : Number(returned);
}

/** The model's outcomes, with init functions that return what they returned on the real kernel. */
async function modelLike(arena: Arena, steps: readonly Step[], real: readonly StepOutcome[]): Promise<StepOutcome[]> {
  const told = steps.map((step, i): Step => {
    const init = real[i] && "insmod" in step ? returnedByInit(real[i]) : undefined;
    return init === undefined ? step : { ...step, init } as Step;
  });
  return await modelOutcomes(arena.model, { cmdline: "", steps: told });
}

/** Whether both kernels are in the same state, as far as one sees, and sane. */
function sameState(real: StepOutcome, model: StepOutcome): boolean {
  const state = ({ taint, modules }: StepOutcome) => JSON.stringify([taint, modules.map(({ name, size }) => [name, size])]);
  return real.rc !== undefined && model.rc !== undefined && state(real) === state(model);
}

/** Runs a group in a kernel of its own, and gives the verdicts on those of it that were reached in a sane state. */
async function runGroup(arena: Arena, group: readonly Trial[]): Promise<Verdict[]> {
  const before = beforeSteps(group.map(({ mutant }) => mutant), arena.casePath);
  const steps = [...before, ...group.flatMap((trial) => trial.steps)];
  const real: StepOutcome[] = [];
  for await (const { outcome } of arena.real.run({ cmdline: "", steps })) real.push(outcome);
  const model = await modelLike(arena, steps, real);

  const verdicts: Verdict[] = [];
  let at = before.length;
  for (const { mutant, steps: own } of group) {
    if (real[at] === undefined || model[at] === undefined) break;
    let difference = NONE;
    let sane = true;
    for (let i = at; i < at + own.length && sane && !isDifferent(difference); i++) {
      difference = differenceOf(steps[i], real[i], model[i], arena.vmallocStart);
      sane = sameState(real[i], model[i]);
    }
    verdicts.push({ mutant, real: real[at], difference });
    at += own.length;
    // A loaded module that was not compared up to its removal is gone too, if both agree so.
    if (!sane || isFault(real[at - 1]) || !sameState(real[at - 1], model[at - 1])) break;
  }
  return verdicts;
}

/** How often a group is begun that does not come as far as its first mutant. */
const ATTEMPTS = 5;

/** Runs a group, again where the kernel did not come as far as its first mutant: on a busy machine a guest can be given up that was only slow. */
async function runPatiently(arena: Arena, group: readonly Trial[]): Promise<Verdict[]> {
  for (let attempt = 1;; attempt++) {
    try {
      const verdicts = await runGroup(arena, group);
      if (verdicts.length > 0) return verdicts;
      throw new Error("The kernel under test did not come as far as the first mutant");
    } catch (error) {
      if (error instanceof InputError || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Runs groups, some at once; what a group did not come to goes to further ones. */
async function runAll(arena: Arena, trials: readonly Trial[], done: (verdict: Verdict) => void): Promise<void> {
  const groups = grouped(trials);
  const worker = async () => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const verdicts = await runPatiently(arena, group);
      verdicts.forEach(done);
      if (verdicts.length < group.length) groups.push(...grouped(group.slice(verdicts.length)));
    }
  };
  await Promise.all(Array.from({ length: arena.parallel }, worker));
}

/**
 * Judges mutants. One that differs in a kernel that others were tried in before is tried again in one of its own, and that counts.
 *
 * @param judged called once for each mutant
 * @returns in the mutants' order
 */
export async function judge(
  arena: Arena,
  mutants: readonly Mutant[],
  judged: () => void = () => {},
): Promise<Verdict[]> {
  const trials: Trial[] = [];
  for (const [i, mutant] of mutants.entries()) {
    const name = mutant.base.file.slice(mutant.base.file.lastIndexOf("/") + 1);
    trials.push(await trialOf(mutant, arena.place(`${i}/${name}`, mutant.bytes), arena.model, arena.casePath));
  }
  const verdicts = new Map<Mutant, Verdict>();
  const note = (verdict: Verdict) => {
    if (!verdicts.has(verdict.mutant)) judged();
    verdicts.set(verdict.mutant, verdict);
  };
  await runAll(arena, trials, note);
  const doubtful = trials.filter(({ mutant }) => isDifferent(verdicts.get(mutant)!.difference));
  await runAll(arena, doubtful.map((trial) => ({ ...trial, last: true })), note);
  return mutants.map((mutant) => verdicts.get(mutant)!);
}
