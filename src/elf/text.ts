// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bytes as text, one character per byte. (The platform's "latin1" is windows-1252, which has other characters from 0x80 to 0x9f.)
 *
 * @module
 */

const CHUNK = 0x2000;
/** Right for what is ASCII, and fast. */
const ASCII = new TextDecoder("latin1");

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80) return false;
  return true;
}

/**
 * Bytes as text of the same length.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { decodeBytes } from "./text.ts";
 * assertEquals(decodeBytes(Uint8Array.of(0x41, 0x80)), "A\x80");
 * ```
 */
export function decodeBytes(bytes: Uint8Array): string {
  if (bytes.length > CHUNK && isAscii(bytes)) return ASCII.decode(bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK) as unknown as number[]);
  }
  return text;
}
