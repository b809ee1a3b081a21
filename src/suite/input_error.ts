// SPDX-License-Identifier: GPL-2.0-only
/**
 * Input that cannot be used: one line that says which file, where in it, what stands there and what to do.
 *
 * @module
 */
export class InputError extends Error {
  override name = "InputError";
}

/** A target that cannot be asked anything at all, so that no case is at fault. */
export class TargetError extends InputError {
  override name = "TargetError";
}

/** Text on one line: a control character stands as `\\x` and its code. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}|\p{Zl}|\p{Zp}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** The first line of whatever was thrown. */
export function firstLine(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}

/**
 * What the system refused about a file, in one line that names the file; undefined for any other error. A folder that is none, a disk that
 * is full or a right that is missing is nothing that a command could have prevented.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { refusedFile } from "./input_error.ts";
 * const error = assertThrows(() => Deno.readFileSync("src"));
 * assertEquals(refusedFile(error), "Is a directory: readfile 'src'");
 * assertEquals(refusedFile(new Error("ours")), undefined);
 * ```
 */
export function refusedFile(error: unknown): string | undefined {
  const line = firstLine(error);
  return error instanceof Error && / \(os error \d+\): \w+ '/.test(line) ? line.replace(/ \(os error \d+\)/, "") : undefined;
}

/** Why the system refused, without its numbers and calls; for whatever else was thrown, its first line. */
export function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return `this task does not permit it (${firstLine(error)})`;
  return firstLine(error).replace(/ \(os error \d+\).*$/, "");
}
