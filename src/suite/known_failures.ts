// SPDX-License-Identifier: GPL-2.0-only
/**
 * Known failures: cases on which the model is known to differ from the real kernel, each with its reason. One that agrees after all breaks
 * the build too, so that the list stays true.
 *
 * @module
 */

import { parse } from "smol-toml";
import { InputError } from "./input_error.ts";
import type { Verdict } from "./runner.ts";

export interface KnownFailure {
  /** `<area>/<name>`. */
  readonly case: string;
  /** Alias of the kernel. */
  readonly kernel: string;
  readonly reason: string;
}

/** Reads the list. @throws {InputError} for an entry without case, kernel or reason */
export function readKnownFailures(path: string): KnownFailure[] {
  const { known = [] } = parse(Deno.readTextFileSync(path));
  if (!Array.isArray(known)) throw new InputError(`Cannot read ${path}: "known" is not a list of tables`);
  return known.map((entry, i) => {
    const values = entry as Record<string, unknown>;
    for (const key of ["case", "kernel", "reason"]) {
      if (typeof values[key] !== "string" || values[key] === "") {
        throw new InputError(`Cannot read ${path}: entry ${i} has no ${key}`);
      }
    }
    return { case: String(values.case), kernel: String(values.kernel), reason: String(values.reason) };
  });
}

/**
 * What is to be said of a verdict: its difference, unless that is known; for a known one that has gone, to take it off the list.
 *
 * @param kernel alias of the kernel
 */
export function checkKnownFailure(known: readonly KnownFailure[], kernel: string, { id, difference }: Verdict): string {
  const entry = known.find((each) => each.case === id && each.kernel === kernel);
  if (entry === undefined) return difference;
  return difference === "" ? `${id} agrees by now; take it off test/known_failures.toml (${entry.reason})` : "";
}
