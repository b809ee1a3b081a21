// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files held to the size and the hash that they must have.
 *
 * @module
 */

export interface FileFacts {
  /** Bytes. */
  size: number;
  /** In hex. */
  sha256: string;
}

/** SHA-256 in hex. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is wrong with the file at `path`; undefined where it is what it must be. */
export async function whatIsWrong(path: string, { size, sha256 }: FileFacts): Promise<string | undefined> {
  try {
    const found = await Deno.stat(path);
    if (!found.isFile) return "is not a file";
    if (found.size !== size) return `has ${found.size} bytes, not ${size}`;
    const sum = await sha256Hex(await Deno.readFile(path));
    return sum === sha256 ? undefined : `has SHA-256 ${sum}, not ${sha256}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "is not there";
    throw error;
  }
}
