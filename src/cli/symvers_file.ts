// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files of Module.symvers, as commands read them.
 *
 * @module
 */

import { parseSymvers, type SymversEntry, SymversError } from "../kbuild/symvers.ts";
import { InputError } from "../suite/input_error.ts";
import { readInputText } from "./inputs.ts";
import type { CommandIo } from "./io.ts";

/**
 * The lines of a Module.symvers.
 *
 * @param parse what columns it must have
 * @throws {InputError} where it cannot be read, or a line is none; the line is named by its number
 */
export function readSymvers<Entry extends SymversEntry = SymversEntry>(
  path: string,
  io: CommandIo,
  parse: (text: string) => Entry[] = parseSymvers as (text: string) => Entry[],
): Entry[] {
  const text = readInputText(io.resolve(path), "Module.symvers");
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SymversError)) throw error;
    throw new InputError(`Cannot read Module.symvers "${path}": ${error.message}`);
  }
}
