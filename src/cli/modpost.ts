// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel modpost`: the second halves of modules, and Module.symvers, without a kernel tree's host programs.
 *
 * @module
 */

import { decodeBytes } from "../elf/text.ts";
import { encodeName } from "../elf/writer.ts";
import { diagnosticText } from "../kbuild/diagnostics.ts";
import { ObjectError } from "../kbuild/elf_info.ts";
import { modpost, type ModpostOptions, type ModpostResult } from "../kbuild/modpost.ts";
import { type FullSymversEntry, parseFullSymvers } from "../kbuild/symvers.ts";
import { InputError } from "../suite/input_error.ts";
import { InputReader, readInputText } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { writeFiles } from "./output.ts";
import { readSymvers } from "./symvers_file.ts";

/** What kbuild says of a tree without Module.symvers. */
const NO_SYMVERS = `WARNING: Module.symvers is missing.
         Modules may not have dependencies or modversions.
         You may get many unresolved symbol errors.
`;

function readIfThere(path: string): string | undefined {
  try {
    return decodeBytes(Deno.readFileSync(path));
  } catch {
    return undefined;
  }
}

/** Where a result's files go: beside the objects, or by their last names into one folder. */
function outputs(result: ModpostResult, folder: string | undefined, io: CommandIo): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const add = (path: string, text: string) => {
    const target = io.resolve(folder === undefined ? path : `${folder}/${path.slice(path.lastIndexOf("/") + 1)}`);
    if (files.has(target)) throw new InputError(`Cannot write "${target}" for two modules; give them names of their own`);
    files.set(target, encodeName(text));
  };
  for (const [path, text] of result.sources) add(path, text);
  if (result.symvers !== undefined) add("Module.symvers", result.symvers);
  return files;
}

/** Runs modpost, and says of bad input which file is bad. */
function runModpost(
  paths: readonly string[],
  dumps: readonly FullSymversEntry[][],
  io: CommandIo,
  options: ModpostOptions,
): ModpostResult {
  let current = "";
  const reader = new InputReader();
  function* objects() {
    for (const path of paths) {
      current = path;
      yield { path, bytes: reader.read(io.resolve(path), "object") };
    }
  }
  try {
    return modpost({ objects: objects(), dumps, read: (path) => readIfThere(io.resolve(path)), options });
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    throw new InputError(`Cannot use object "${current}": ${error.message}`);
  }
}

/**
 * Prints modpost's messages to standard error and writes `.mod.c` files and Module.symvers; of a run with an error, nothing.
 *
 * @returns the exit code: 0, or 1 where modpost finds an error
 */
export function modpostCommand(args: readonly string[], io: CommandIo): number {
  const { options, rest } = readOptions(args, {
    symvers: "strings",
    o: "string",
    files: "string",
    "in-tree": "boolean",
    "without-modversions": "boolean",
    "srcversion-all": "boolean",
    "warn-unresolved": "boolean",
    "allow-missing-namespace-imports": "boolean",
    "section-mismatch-error": "boolean",
    "extra-warn": "boolean",
  });
  const listed = options.files === undefined
    ? []
    : readInputText(io.resolve(options.files), "list of objects").split("\n").filter((line) => line !== "");
  const paths = [...rest, ...listed];
  if (paths.length === 0) throw new UsageError("no object is named");
  if (options.symvers === undefined) io.err(NO_SYMVERS);
  const result = runModpost(paths, (options.symvers ?? []).map((path) => readSymvers(path, io, parseFullSymvers)), io, {
    modversions: !options["without-modversions"],
    external: !options["in-tree"],
    allVersions: options["srcversion-all"] ?? false,
    warnUnresolved: options["warn-unresolved"] ?? false,
    allowMissingNamespaceImports: options["allow-missing-namespace-imports"] ?? false,
    sectionMismatchIsError: options["section-mismatch-error"] ?? false,
    extraWarn: options["extra-warn"] ?? false,
  });
  const files = outputs(result, options.o, io);
  io.err(result.diagnostics.map(diagnosticText).join(""));
  if (result.failed) return 1;
  if (options.o !== undefined) Deno.mkdirSync(io.resolve(options.o), { recursive: true });
  writeFiles(files);
  return 0;
}
