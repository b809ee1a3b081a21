// SPDX-License-Identifier: GPL-2.0-only
/**
 * CRC-32, the polynomial of Ethernet and gzip, over bytes that come piece by piece.
 *
 * Models: partial_crc32() of scripts/genksyms/genksyms.c.
 *
 * @module
 */

const POLYNOMIAL = 0xedb88320;

/** Eight tables of 256: the first is for one byte, each further one for a byte with one more behind it. */
const TABLE = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
  TABLE[byte] = crc;
}
for (let at = 256; at < TABLE.length; at++) TABLE[at] = TABLE[at - 256] >>> 8 ^ TABLE[TABLE[at - 256] & 255];

/** What a checksum begins with, and what it is XORed with in the end. */
export const CRC_ALL_ONES = -1;

/**
 * Takes the bytes from start to end into a checksum under way.
 *
 * @example
 * ```ts
 * import { CRC_ALL_ONES, crc32Update } from "./crc32.ts";
 * const bytes = new TextEncoder().encode("123456789");
 * const crc = ~crc32Update(CRC_ALL_ONES, bytes, 0, bytes.length) >>> 0;
 * if (crc !== 0xcbf43926) throw new Error("not the CRC's check value");
 * ```
 */
export function crc32Update(crc: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
    crc = TABLE[1792 + (crc & 255)] ^ TABLE[1536 + (crc >>> 8 & 255)] ^ TABLE[1280 + (crc >>> 16 & 255)] ^
      TABLE[1024 + (crc >>> 24)] ^ TABLE[768 + bytes[at + 4]] ^ TABLE[512 + bytes[at + 5]] ^ TABLE[256 + bytes[at + 6]] ^
      TABLE[bytes[at + 7]];
  }
  for (; at < end; at++) crc = TABLE[(crc ^ bytes[at]) & 255] ^ crc >>> 8;
  return crc;
}
