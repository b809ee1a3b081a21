// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the commands that bring, build and describe kernels have in common: their arguments, and how they end.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { resolve } from "@std/path";
import { ProfileNotFound } from "../profile/load_profile.ts";
import { firstLine, InputError, refusedFile } from "../suite/input_error.ts";
import { FetchError } from "./packages/apt.ts";
import { cacheDirectory } from "./kernel_under_test.ts";

/** The arguments of a command, read. */
export interface KernelArguments {
  /** What is not an option. */
  operands: string[];
  /** The cache directory, absolute. */
  cache: string;
  /** A file of sources to fetch packages from, absolute. */
  sources?: string;
  /** The options without a value that were given. */
  flags: ReadonlySet<string>;
  /** The other options that were given, by name. */
  options: Partial<Record<string, string>>;
}

/**
 * Reads `--cache`, `--sources`, and options of the command's own, each with one value, and flags, which have none.
 *
 * @param operands how many arguments that are no options there may be
 * @param here the folder that relative paths are in
 * @throws {InputError} naming what is wrong, with the usage
 */
export function readKernelArguments(
  args: readonly string[],
  { usage, options, flags = [], operands }: {
    usage: string;
    options: readonly string[];
    flags?: readonly string[];
    operands: number;
  },
  here: string = Deno.env.get("INIT_CWD") ?? Deno.cwd(),
): KernelArguments {
  const fail = (what: string): never => {
    throw new InputError(`${what}; ${usage}`);
  };
  const names = ["cache", "sources", ...options];
  const parsed = parseArgs([...args], {
    string: ["_", ...names],
    boolean: flags,
    unknown: (argument) => argument.startsWith("-") ? fail(`unknown option ${argument}`) : true,
  });
  const found: Partial<Record<string, string>> = {};
  for (const name of names) {
    const value: unknown = parsed[name];
    if (value === undefined) continue;
    found[name] = typeof value === "string" && value !== "" ? value : fail(`option --${name} needs one value`);
  }
  const given = parsed._.map(String);
  if (given.length > operands) fail(`unknown argument ${given[operands]}`);
  const { cache, sources, ...own } = found;
  return {
    operands: given,
    cache: resolve(here, cache ?? cacheDirectory()),
    ...(sources === undefined ? {} : { sources: resolve(here, sources) }),
    flags: new Set(flags.filter((flag) => parsed[flag] === true)),
    options: own,
  };
}

/**
 * Runs a command. Its exit code: what `work` gives; 1 where something cannot be downloaded or built; 2 for bad input.
 *
 * @param name the task's name, for messages
 */
export async function runKernelCommand(name: string, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const expected = error instanceof InputError || error instanceof ProfileNotFound || error instanceof FetchError;
    const line = expected ? firstLine(error) : refusedFile(error);
    if (line === undefined) throw error;
    console.error(`${name}: ${line}`);
    return error instanceof FetchError ? 1 : 2;
  }
}
