// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whatever can replay a scenario: the model, the real kernel, any other loader.
 *
 * @module
 */

import type { StepResult } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";

export interface Target {
  /** For reports: "model", or the command. */
  readonly name: string;
  /**
   * Whether module code runs; where not, init is taken to return 0 and prints nothing. Left out where the results say it, or the
   * lines: one of phase "init" comes from code that ran.
   */
  readonly runsCode?: boolean;
  /** Whether the log has what dump_stack() shows behind some warnings; so, unless it is false. */
  readonly givesStacks?: boolean;
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
