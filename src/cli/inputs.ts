// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files that commands read.
 *
 * @module
 */

import { decodeBytes } from "../elf/text.ts";
import { firstLine, InputError } from "../suite/input_error.ts";

/**
 * A file's bytes.
 *
 * @param what what the file is to be, for the message
 * @throws {InputError} where it cannot be read
 */
export function readInput(path: string, what: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : firstLine(error);
    throw new InputError(`Cannot read ${what} "${path}": ${why}`);
  }
}

/** A file's text, one character per byte. */
export function readInputText(path: string, what: string): string {
  return decodeBytes(readInput(path, what));
}
