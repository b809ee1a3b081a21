// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files that a command writes: all of them or none, and none half.
 *
 * @module
 */

import { firstLine, InputError } from "../suite/input_error.ts";

function isThere(path: string, bytes: Uint8Array): boolean {
  try {
    if (Deno.statSync(path).size !== bytes.length) return false;
    const old = Deno.readFileSync(path);
    return old.every((byte, i) => byte === bytes[i]);
  } catch {
    return false;
  }
}

/**
 * Writes files, each under another name first. One that is there already with the same bytes is left as it is, with its time, by which make
 * goes.
 *
 * @throws {InputError} where one cannot be written; then none has its final name
 */
export function writeFiles(files: ReadonlyMap<string, Uint8Array>): void {
  const written: string[] = [];
  let current = "";
  try {
    for (const [path, bytes] of files) {
      if (isThere(path, bytes)) continue;
      current = path;
      Deno.writeFileSync(`${path}.tmp`, bytes);
      written.push(path);
    }
    for (const path of written) Deno.renameSync(`${path}.tmp`, path);
  } catch (error) {
    for (const path of written) removeIfThere(`${path}.tmp`);
    throw new InputError(`Cannot write "${current}": ${firstLine(error)}`);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It has its final name already.
  }
}
