// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs cases on a target and holds them to their goldens.
 *
 * @module
 */

import { type Case, caseId } from "./cases.ts";
import { compareWithGolden } from "./compare.ts";
import { type Goldens, goldenTexts, type Origin, readGolden } from "./golden.ts";
import { InputError, TargetError } from "./input_error.ts";
import type { StepResult } from "./outcome.ts";
import type { Target } from "./target.ts";

/** What a case came to. */
export interface Verdict {
  readonly id: string;
  /** Undefined where the case has no golden yet. */
  readonly origin: Origin | undefined;
  /** "" where the run agrees with its golden; else what differs, and what to do. */
  readonly difference: string;
  /** Whether the lines of the modules' own code were compared, too. */
  readonly ranCode?: boolean;
  /** What is not modelled, and stopped the modules' code; what was compared then is a run without it. */
  readonly stoppedBy?: string;
}

/** Runs a case to its end, or to the step that the kernel did not survive. */
export async function resultsOf(target: Target, each: Case): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for await (const result of target.run(each)) results.push(result);
  return results;
}

/** Runs a case and compares it. */
export async function runCase(target: Target, each: Case, goldens: Goldens): Promise<Verdict> {
  const { dir, profile } = goldens;
  const id = caseId(each);
  if (each.problem !== undefined) return { id, origin: undefined, difference: each.problem };
  const golden = readGolden(dir, profile.release, each);
  if (golden === undefined) {
    const difference = `Case ${id} has no golden for ${profile.release}; write one with: deno task bless ${id}`;
    return { id, origin: undefined, difference };
  }
  let results: StepResult[];
  try {
    results = await resultsOf(target, each);
  } catch (error) {
    // What is wrong with one case, or with the answer to it, is in no other case's way.
    if (!(error instanceof InputError) || error instanceof TargetError) throw error;
    return { id, origin: golden.origin, difference: error.message };
  }
  const ranCode = target.runsCode ??
    results.some(({ outcome, ranCode }) => ranCode ?? outcome.log.some(({ phase }) => phase === "init"));
  const texts = goldenTexts(each, results, goldens);
  const difference = compareWithGolden(id, golden, texts, {
    runsCode: ranCode,
    stacks: target.stacks ?? "all",
    givesImages: target.givesImages,
  });
  const remedy = golden.origin === "recorded"
    ? `The golden is what the real kernel did. If the case itself has changed: deno task record ${id}`
    : `If the new result is right: deno task bless ${id}`;
  const stoppedBy = results.find((result) => result.stoppedBy !== undefined)?.stoppedBy;
  return {
    id,
    origin: golden.origin,
    difference: difference === "" ? "" : `${difference}\n${remedy}`,
    ranCode,
    ...(stoppedBy === undefined ? {} : { stoppedBy }),
  };
}
