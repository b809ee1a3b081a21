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
    throw unreadable(path, what, error);
  }
}

function unreadable(path: string, what: string, error: unknown): InputError {
  const why = error instanceof Deno.errors.NotFound ? "no such file" : firstLine(error);
  return new InputError(`Cannot read ${what} "${path}": ${why}`);
}

/** Reads files one after the other into the same memory: what it gave is gone when the next is read. */
export class InputReader {
  #memory = new Uint8Array(1 << 20);

  /** A file's bytes; throws {@link InputError} as {@link readInput} does. */
  read(path: string, what: string): Uint8Array {
    let size = 0;
    try {
      using file = Deno.openSync(path);
      for (;;) {
        const count = file.readSync(this.#memory.subarray(size));
        if (count === null) return this.#memory.subarray(0, size);
        size += count;
        if (size === this.#memory.length) this.#grow();
      }
    } catch (error) {
      throw unreadable(path, what, error);
    }
  }

  #grow(): void {
    const larger = new Uint8Array(this.#memory.length * 2);
    larger.set(this.#memory);
    this.#memory = larger;
  }
}

/** A file's text, one character per byte. */
export function readInputText(path: string, what: string): string {
  return decodeBytes(readInput(path, what));
}
