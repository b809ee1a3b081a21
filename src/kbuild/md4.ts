// SPDX-License-Identifier: GPL-2.0-only
/**
 * The digest of srcversion: MD4 (RFC 1320) over words of the wrong byte order, cut to 23 digits.
 *
 * Models: md4_transform(), md4_update() and md4_final_ascii() of scripts/mod/sumversion.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";

type Mix = (x: number, y: number, z: number) => number;

/** A round: how three words are mixed, what is added, the order of the block's words, and the four rotations. */
interface Round {
  readonly mix: Mix;
  readonly add: number;
  readonly order: readonly number[];
  readonly shifts: readonly number[];
}

const ROUNDS: readonly Round[] = [
  {
    mix: (x, y, z) => x & y | ~x & z,
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => x & y | x & z | y & z,
    add: 0x5a827999,
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    add: 0x6ed9eba1,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
  },
];

/** md4_transform(): works one block of sixteen words into the hash. */
function transform(hash: Uint32Array, block: Uint32Array): void {
  let [a, b, c, d] = hash;
  for (const { mix, add, order, shifts } of ROUNDS) {
    for (const [i, word] of order.entries()) {
      const sum = u32(a + mix(b, c, d) + block[word] + add);
      const shift = shifts[i % 4];
      [a, b, c, d] = [d, u32(sum << shift | sum >>> 32 - shift), b, c];
    }
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
}

/**
 * The digest as modpost prints it: 23 upper-case hexadecimal digits.
 *
 * The words of a block are taken big-endian, where RFC 1320 has them little-endian; the two words of the length are as they are.
 */
export function md4Ascii(bytes: Uint8Array): string {
  const hash = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  const padded = new Uint8Array((bytes.length + 9 + 63 >>> 6) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, u32(bytes.length << 3));
  view.setUint32(padded.length - 4, bytes.length >>> 29);
  for (let at = 0; at < padded.length; at += 64) {
    transform(hash, Uint32Array.from({ length: 16 }, (_, i) => view.getUint32(at + i * 4)));
  }
  const digest = new DataView(new ArrayBuffer(16));
  hash.forEach((word, i) => digest.setUint32(i * 4, word, true));
  const words = [0, 4, 8, 12].map((at) => digest.getUint32(at).toString(16).padStart(8, "0"));
  return words.join("").toUpperCase().slice(0, 23);
}
