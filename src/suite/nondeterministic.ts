// SPDX-License-Identifier: GPL-2.0-only
/**
 * What two runs of one case on one kernel do not agree on. A golden holds only what they do: each exception stands, with its reason,
 * in the kernel's `kernel.toml`, and what it matches is left out of goldens and of what is held to them alike.
 *
 *     [[nondeterministic]]
 *     case = "init/prints-*"                # "*" stands for anything
 *     what = "kernel.log"                   # the golden's file: kernel.log, layout.txt or image.txt
 *     pattern = "jiffies=\\d+"              # what differs in a line: a regular expression
 *     reason = "the module prints the time since boot"
 *
 * @module
 */

import { join } from "@std/path";
import { parse } from "smol-toml";
import { InputError } from "./input_error.ts";

/** The files of a golden. */
export const GOLDEN_FILES = ["kernel.log", "layout.txt", "image.txt"] as const;
export type GoldenFile = (typeof GOLDEN_FILES)[number];

/** One exception. */
export interface Nondeterministic {
  /** Which cases it is for. */
  readonly case: RegExp;
  readonly what: GoldenFile;
  readonly pattern: RegExp;
  readonly reason: string;
}

/** Stands for what an exception matches. */
export const VARIES = "(varies)";
const KEYS = ["case", "what", "pattern", "reason"] as const;

function parseOne(value: unknown, fail: (what: string) => never): Nondeterministic {
  if (typeof value !== "object" || value === null) return fail("it must be a table");
  const values: Readonly<Record<string, unknown>> = { ...value };
  const unknown = Object.keys(values).find((key) => !KEYS.some((known) => known === key));
  if (unknown !== undefined) return fail(`unknown key "${unknown}"; known keys are ${KEYS.join(", ")}`);
  const [glob, what, pattern, reason] = KEYS.map((key) => {
    const text = values[key];
    return typeof text === "string" && text !== "" ? text : fail(`"${key}" must be a string`);
  });
  const file = GOLDEN_FILES.find((name) => name === what) ?? fail(`"what" must be one of ${GOLDEN_FILES.join(", ")}`);
  const cases = new RegExp(`^${glob.split("*").map((part) => RegExp.escape(part)).join(".*")}$`);
  try {
    return { case: cases, what: file, pattern: new RegExp(pattern, "g"), reason };
  } catch {
    return fail(`"pattern" is no regular expression: ${pattern}`);
  }
}

/**
 * Reads the exceptions of a `kernel.toml`.
 *
 * @param path for messages
 * @throws {InputError} naming what is wrong
 */
export function parseNondeterministic(toml: string, path: string): Nondeterministic[] {
  const list = parse(toml).nondeterministic ?? [];
  const fail = (where: string, what: string): never => {
    throw new InputError(`Cannot read ${path}: nondeterministic${where}: ${what}`);
  };
  if (!Array.isArray(list)) return fail("", "it must be a list of tables");
  return list.map((value, index) => parseOne(value, (what) => fail(`[${index}]`, what)));
}

/** The exceptions of a kernel. */
export function readNondeterministic(goldenDir: string, release: string): Nondeterministic[] {
  const path = join(goldenDir, release, "kernel.toml");
  return parseNondeterministic(Deno.readTextFileSync(path), path);
}

/**
 * A golden's text without what is excepted.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseNondeterministic, withoutVarying } from "./nondeterministic.ts";
 * const toml = "[[nondeterministic]]\ncase = 'init/*'\nwhat = 'kernel.log'\npattern = '\\d+ ns'\nreason = 'time'\n";
 * const exceptions = parseNondeterministic(toml, "kernel.toml");
 * assertEquals(withoutVarying("<6> took 12 ns\n", exceptions, "init/clock", "kernel.log"), "<6> took (varies)\n");
 * assertEquals(withoutVarying("<6> took 12 ns\n", exceptions, "plt/clock", "kernel.log"), "<6> took 12 ns\n");
 * ```
 */
export function withoutVarying(text: string, exceptions: readonly Nondeterministic[], id: string, file: GoldenFile): string {
  return exceptions.filter((each) => each.what === file && each.case.test(id))
    .reduce((masked, { pattern }) => masked.replace(pattern, VARIES), text);
}
