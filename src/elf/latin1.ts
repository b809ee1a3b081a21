// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bytes as text, one character per byte: names in ELF files and in the kernel's memory have no encoding.
 *
 * @module
 */

/** Characters that are made at a time: a call takes only so many arguments. */
const PIECE = 4096;

/**
 * Bytes from `start` to `end` as latin-1 text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { latin1 } from "./latin1.ts";
 * assertEquals(latin1(Uint8Array.of(0x61, 0xe9, 0x62, 0), 0, 3), "a\u00e9b");
 * ```
 */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += PIECE) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(at + PIECE, end)) as unknown as number[]);
  }
  return text;
}
