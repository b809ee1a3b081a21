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

/** The command was asked for its usage. */
export class HelpWanted extends Error {
  override name = "HelpWanted";
}

type Kind = "string" | "strings" | "boolean";

/** The values of options by their kinds. */
type Values<Kinds extends Record<string, Kind>> = {
  [Name in keyof Kinds]?: Kinds[Name] extends "string" ? string : Kinds[Name] extends "strings" ? string[] : boolean;
};

/**
 * Reads options and the arguments behind them.
 *
 * @param kinds the options that the command knows
 * @param stopEarly options end at the first argument that is none; from there on all stay as they are, `--` included
 * @throws {UsageError} for an unknown option, or one without its value
 * @throws {HelpWanted} for --help
 */
export function readOptions<const Kinds extends Record<string, Kind>>(
  args: readonly string[],
  kinds: Kinds,
  { stopEarly = false } = {},
): { options: Values<Kinds>; rest: string[] } {
  const names = Object.keys(kinds);
  const flags = names.filter((name) => kinds[name] === "boolean");
  const parsed = parseArgs(args, {
    string: [...names.filter((name) => kinds[name] !== "boolean"), "_"],
    collect: names.filter((name) => kinds[name] === "strings"),
    boolean: [...flags, "help"],
    alias: { help: "h" },
    stopEarly,
    "--": true,
    unknown: (argument, key) => {
      if (key === undefined) return true;
      const name = /^--(.*)=$/.exec(argument)?.[1] ?? "";
      throw kinds[name] === "string" || kinds[name] === "strings"
        ? withoutValue(name)
        : new UsageError(`unknown option ${argument}`);
    },
  });
  if (parsed.help === true) throw new HelpWanted();
  const before = parsed._.map(String);
  const behind = parsed["--"] as string[];
  const keepsDashes = stopEarly && before.length > 0 && args.includes("--");
  const options: Record<string, string | string[] | boolean> = {};
  for (const name of names) {
    const value = parsed[name];
    if (kinds[name] === "boolean" && value === true) options[name] = true;
    if (kinds[name] === "strings" && Array.isArray(value) && value.length > 0) {
      if (value.includes("")) throw withoutValue(name);
      options[name] = value.map(String);
    }
    if (kinds[name] !== "string" || value === undefined) continue;
    if (typeof value !== "string" || value === "") throw withoutValue(name);
    options[name] = value;
  }
  return { options: options as Values<Kinds>, rest: [...before, ...(keepsDashes ? ["--"] : []), ...behind] };
}

function withoutValue(name: string): UsageError {
  return new UsageError(`option --${name} has an empty value or none; write --${name} VALUE`);
}

/**
 * The file that a command is about.
 *
 * @param what for messages: "module file", "scenario"
 * @throws {UsageError} where none is named
 */
export function fileArgument(path: string | undefined, what: string): string {
  if (path === undefined) throw new UsageError(`no ${what} is named`);
  if (path === "") throw new UsageError(`the name of the ${what} is empty`);
  return path;
}
