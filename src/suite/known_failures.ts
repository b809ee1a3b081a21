// SPDX-License-Identifier: GPL-2.0-only
/**
 * Known failures: cases on which the model is known to differ from the real kernel, each with its reason. One that agrees after all breaks
 * the build too, so that the list stays true. Beside them, known differences of mutants: chance decides which of those a run meets, so one
 * that is not met is only reported.
 *
 * @module
 */

import { parse } from "smol-toml";
import { InputError } from "./input_error.ts";
import type { Verdict } from "./runner.ts";

/** The place of a call, behind the name of the function. */
const CALLED_FROM = / called from \S.*$/;

export interface KnownFailure {
  /** `<area>/<name>`. */
  readonly case: string;
  /** Alias of the kernel. */
  readonly kernel: string;
  readonly reason: string;
}

/** A difference that mutants can bring out. `*` in `real` and `model` stands for anything. */
export interface KnownMutant {
  /** Alias of the kernel. */
  readonly kernel: string;
  /** The first line that the kernel alone has, as `deno task mutants` prints it. */
  readonly real: string;
  /** The first line that the model alone has. */
  readonly model: string;
  readonly reason: string;
}

/** A case whose modules' code comes to what is not modelled: it is held to its golden without that code. */
export interface KnownStop {
  /** `<area>/<name>`. */
  readonly case: string;
  /** What is not modelled: the function of the kernel that is called, or the whole of what the model says. */
  readonly at: string;
  /** Alias of the one kernel on which the code comes so far; "*" for every one. */
  readonly kernel: string;
}

/** The tables of one name, each with these keys. @throws {InputError} for a table without one of them */
function readTables<Key extends string>(path: string, name: string, keys: readonly Key[]): Record<Key, string>[] {
  const tables = parse(Deno.readTextFileSync(path))[name] ?? [];
  if (!Array.isArray(tables)) throw new InputError(`Cannot read ${path}: "${name}" is not a list of tables`);
  return tables.map((entry, i) => {
    const values = entry as Record<string, unknown>;
    for (const key of keys) {
      if (typeof values[key] !== "string" || values[key] === "") {
        throw new InputError(`Cannot read ${path}: entry ${i} of ${name} has no ${key}`);
      }
    }
    return Object.fromEntries(keys.map((key) => [key, String(values[key])])) as Record<Key, string>;
  });
}

/** Reads the list. @throws {InputError} for an entry without case, kernel or reason */
export function readKnownFailures(path: string): KnownFailure[] {
  return readTables(path, "known", ["case", "kernel", "reason"]);
}

/** Reads the mutants' part of the list. @throws {InputError} for an entry without kernel, real, model or reason */
export function readKnownMutants(path: string): KnownMutant[] {
  return readTables(path, "mutant", ["kernel", "real", "model", "reason"]);
}

/** Reads the list of stops. @throws {InputError} for an entry without case, at or kernel */
export function readKnownStops(path: string): KnownStop[] {
  return readTables(path, "stop", ["case", "at", "kernel"]);
}

/**
 * What is to be said of where a verdict's code was stopped: "" where that is as the list has it.
 *
 * @param kernel alias of the kernel
 */
export function checkKnownStop(stops: readonly KnownStop[], kernel: string, { id, stoppedBy }: Verdict): string {
  const entry = stops.find((each) => each.case === id && (each.kernel === "*" || each.kernel === kernel));
  const at = stoppedBy?.replace(CALLED_FROM, "");
  if (at === entry?.at) return "";
  if (at === undefined) return `${id}: its code runs to its end by now; take it off test/services_stops.toml (${entry?.at})`;
  return `${id}: its code comes to what is not modelled: ${stoppedBy}; test/services_stops.toml has ${entry?.at ?? "no entry"}`;
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
