// SPDX-License-Identifier: GPL-2.0-only
/**
 * Input that cannot be used: one line that says which file, where in it, what stands there and what to do.
 *
 * @module
 */
export class InputError extends Error {
  override name = "InputError";
}

/** The first line of whatever was thrown. */
export function firstLine(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] : String(error);
}
