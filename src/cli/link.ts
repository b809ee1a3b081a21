// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel link`: a module of its objects, without a linker.
 *
 * @module
 */

import { ElfError } from "../elf/image.ts";
import { LinkError, linkModule } from "../kbuild/link.ts";
import { InputError } from "../suite/input_error.ts";
import { readInput } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { writeFiles } from "./output.ts";

/** @returns the exit code: 0 */
export function linkCommand(args: readonly string[], io: CommandIo): number {
  const { options, rest } = readOptions(args, { o: "string" });
  if (options.o === undefined) throw new UsageError("no module is named to be written");
  if (rest.length === 0) throw new UsageError("no object is named");
  const inputs = rest.map((path) => ({ path, bytes: readInput(io.resolve(path), "object") }));
  try {
    writeFiles(new Map([[io.resolve(options.o), linkModule(inputs)]]));
  } catch (error) {
    if (!(error instanceof LinkError || error instanceof ElfError)) throw error;
    throw new InputError(`Cannot link ${options.o}: ${error.message}`);
  }
  return 0;
}
