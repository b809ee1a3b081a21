// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel genksyms`: the versions of exported symbols, from preprocessed C.
 *
 * @module
 */

import { decodeBytes } from "../elf/text.ts";
import { encodeName } from "../elf/writer.ts";
import { DanglingReference } from "../kbuild/genksyms/expand.ts";
import {
  EndlessDeclaration,
  genksyms,
  type GenksymsOptions,
  type GenksymsResult,
  symverLines,
} from "../kbuild/genksyms/genksyms.ts";
import { explain, explanationText } from "../kbuild/genksyms/explain.ts";
import { readSymtypes, SymtypesError, symtypesText, type TypeLine } from "../kbuild/genksyms/symtypes.ts";
import { InputError } from "../suite/input_error.ts";
import { readInput } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { writeFiles } from "./output.ts";

/** Each option in its short and its long form. */
const OPTIONS = {
  w: "boolean",
  warnings: "boolean",
  q: "boolean",
  quiet: "boolean",
  D: "boolean",
  dump: "boolean",
  d: "boolean",
  debug: "boolean",
  p: "boolean",
  preserve: "boolean",
  r: "string",
  reference: "string",
  T: "string",
  "dump-types": "string",
  explain: "boolean",
} as const;

/** The source: a file, or standard input. */
async function readSource(path: string | undefined, io: CommandIo): Promise<Uint8Array> {
  if (path === undefined || path === "-") return new TextEncoder().encode(await io.input());
  return readInput(io.resolve(path), "source");
}

function run(bytes: Uint8Array, source: string, options: GenksymsOptions, reference?: string): GenksymsResult {
  try {
    return genksyms(bytes, options);
  } catch (error) {
    if (error instanceof EndlessDeclaration) {
      const { filename, line } = error.place;
      throw new InputError(`Cannot read ${filename ?? source}, line ${line}: ${error.message}`);
    }
    if (!(error instanceof SymtypesError || error instanceof DanglingReference)) throw error;
    throw new InputError(`Cannot use reference "${reference}": ${error.message}`);
  }
}

/** Where a source does not parse: one line. The place is that of the `#line` before it, or in the source itself. */
function unparsed({ syntaxErrors: [first, ...more], isComplete }: GenksymsResult, source: string): string {
  const { filename, line, column, token } = first;
  const what = token === "" ? "the end of the source" : `"${token}"`;
  const others = more.length === 0 ? "" : `; ${more.length} more place${more.length === 1 ? "" : "s"} behind it`;
  const end = isComplete || token === "" ? "" : "; the source ends within it";
  return `Cannot parse ${filename ?? source}, line ${line}, column ${column}: unexpected ${what}${others}${end}`;
}

/** The types behind the versions of a source, or of a dump of types, which is known by its name. */
function readTypes(path: string, io: CommandIo): readonly TypeLine[] {
  const bytes = readInput(io.resolve(path), path.endsWith(".symtypes") ? "dump of types" : "source");
  if (path.endsWith(".symtypes")) {
    try {
      return readSymtypes(decodeBytes(bytes));
    } catch (error) {
      if (!(error instanceof SymtypesError)) throw error;
      throw new InputError(`Cannot read dump of types "${path}": ${error.message}`);
    }
  }
  const result = run(bytes, `"${path}"`, {});
  if (result.syntaxErrors.length > 0) throw new InputError(unparsed(result, `"${path}"`));
  return result.types;
}

/** Prints why the versions of two sources differ, each given as it is or as its dump of types. */
function explainCommand(paths: readonly string[], io: CommandIo): number {
  if (paths.length !== 2) throw new UsageError(`--explain needs two files, the old and the new, not ${paths.length}`);
  const [before, after] = paths.map((path) => readTypes(path, io));
  try {
    const explanations = explain(before, after);
    io.out(explanationText(explanations));
    return explanations.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DanglingReference)) throw error;
    throw new InputError(`Cannot compare "${paths[0]}" with "${paths[1]}": ${error.message}`);
  }
}

/**
 * Prints `#SYMVER` lines to standard output, messages to standard error.
 *
 * @returns the exit code: 0, or 1 where messages were errors; of --explain, 1 where versions differ
 * @throws {InputError} where the source does not parse; the lines of what could be read behind it are printed before, no dump is written
 */
export async function genksymsCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, OPTIONS);
  if (options.explain) return explainCommand(rest, io);
  if (rest.length > 1) throw new UsageError(`one source at a time, not ${rest.length}`);
  const reference = options.r ?? options.reference;
  const name = rest[0] === undefined || rest[0] === "-" ? "standard input" : `"${rest[0]}"`;
  const result = run(await readSource(rest[0], io), name, {
    warnings: options.w ?? options.warnings ?? false,
    dump: options.D ?? options.dump ?? false,
    debug: options.d ?? options.debug ?? false,
    preserve: options.p ?? options.preserve ?? false,
    ...(reference !== undefined && { reference: readInput(io.resolve(reference), "reference") }),
  }, reference);
  io.err(result.messages);
  io.out(symverLines(result));
  const types = options.T ?? options["dump-types"];
  if (result.syntaxErrors.length > 0) throw new InputError(unparsed(result, name));
  if (types !== undefined) writeFiles(new Map([[io.resolve(types), encodeName(symtypesText(result.types))]]));
  return result.errors === 0 ? 0 : 1;
}
