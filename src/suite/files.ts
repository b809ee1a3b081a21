// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a path names.
 *
 * @module
 */

function stat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether a path names anything that may be looked at; throws what the system says where it cannot tell. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

/** Whether a path names a file, for certain. */
export function isFile(path: string): boolean {
  return stat(path)?.isFile ?? false;
}

/** Whether a path names a folder, for certain. */
export function isFolder(path: string): boolean {
  return stat(path)?.isDirectory ?? false;
}
