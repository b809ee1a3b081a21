// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whatever can replay a scenario: the model, the real kernel, any other loader.
 *
 * @module
 */

import type { StepResult } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";

/** Everyone's; those of modules' code, but not of what the loader itself meets; nobody's. */
export type Stacks = "all" | "modules" | "none";

export interface Target {
  /** For reports: "model", or the command. */
  readonly name: string;
  /**
   * Whether module code runs; where not, init is taken to return 0 and prints nothing. Left out where the results say it, or the
   * lines: one of phase "init" comes from code that ran.
   */
  readonly runsCode?: boolean;
  /** Whose stacks the log has in the reports of Oopses and warnings; everyone's unless given. */
  readonly stacks?: Stacks;
  /** Whether results come with the bytes of the modules' memory. */
  readonly givesImages: boolean;
  /**
   * Replays a scenario on a freshly booted kernel.
   *
   * @param scenario with absolute paths
   * @returns the steps' results, one after the other
   */
  run(scenario: Scenario): AsyncIterable<StepResult>;
}
