// SPDX-License-Identifier: GPL-2.0-only
/**
 * Differences of the corpus that are understood, each with its reason: `test/known_corpus.toml`. They are counted apart; one that is not
 * there any more has to be taken off the list.
 *
 * @module
 */

import { parse } from "smol-toml";
import { InputError } from "../input_error.ts";

export interface KnownDifference {
  readonly module: string;
  /** Aspect and place, as the table of causes names them: `bytes: MOD_TEXT .text`; {@link CODE} for what init returned or printed. */
  readonly difference: string;
  /** Alias of the kernel. */
  readonly kernel: string;
  readonly reason: string;
}

/** The difference of a module whose init ran, and did something else than on the real kernel. */
export const CODE = "code";

const KEYS = ["module", "difference", "kernel", "reason"] as const;

/**
 * Reads the text of the list.
 *
 * @param path for messages
 * @throws {InputError} for an entry that lacks something
 */
export function parseKnownDifferences(text: string, path: string): KnownDifference[] {
  const { known = [] } = parse(text);
  if (!Array.isArray(known)) throw new InputError(`Cannot read "${path}": "known" is not a list of tables`);
  return known.map((entry, i) => {
    const values = entry as Record<string, unknown>;
    const lacking = KEYS.find((key) => typeof values[key] !== "string" || values[key] === "");
    if (lacking !== undefined) throw new InputError(`Cannot read "${path}": entry ${i} has no ${lacking}`);
    const [module, difference, kernel, reason] = KEYS.map((key) => String(values[key]));
    return { module, difference, kernel, reason };
  });
}
