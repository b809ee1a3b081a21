// SPDX-License-Identifier: GPL-2.0-only
/**
 * Options of the commands.
 *
 * @module
 */

import { parseArgs } from "@std/cli";

/** Bad usage: one line that says what is wrong; the command's usage is printed behind it. */
export class UsageError extends Error {
  override name = "UsageError";
}

type Kind = "string" | "boolean";

/** The values of options by their kinds. */
type Values<Kinds extends Record<string, Kind>> = {
  [Name in keyof Kinds]?: Kinds[Name] extends "string" ? string : boolean;
};

/**
 * Reads options and the arguments behind them.
 *
 * @param kinds the options that the command knows
 * @param stopEarly options end at the first argument that is none
 * @throws {UsageError} for an unknown option, or one without its value
 */
export function readOptions<const Kinds extends Record<string, Kind>>(
  args: readonly string[],
  kinds: Kinds,
  { stopEarly = false } = {},
): { options: Values<Kinds>; rest: string[] } {
  const names = Object.keys(kinds);
  const parsed = parseArgs(args, {
    string: [...names.filter((name) => kinds[name] === "string"), "_"],
    boolean: names.filter((name) => kinds[name] === "boolean"),
    stopEarly,
    unknown: (argument, key) => {
      if (key !== undefined) throw new UsageError(`unknown option ${argument}`);
      return true;
    },
  });
  const options: Record<string, string | boolean> = {};
  for (const name of names) {
    const value = parsed[name];
    if (kinds[name] === "boolean" && value === true) options[name] = true;
    if (kinds[name] !== "string" || value === undefined) continue;
    if (typeof value !== "string" || value === "") throw new UsageError(`option --${name} needs one value`);
    options[name] = value;
  }
  return { options: options as Values<Kinds>, rest: parsed._.map(String) };
}
