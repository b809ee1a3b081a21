// SPDX-License-Identifier: GPL-2.0-only
/**
 * xz with the filter for ARM code before LZMA2, as kernel images are packed: the filter is undone here, LZMA2 by the library, which knows no
 * filter. For that the stream is written anew, without the filter and without the check, which is over the unfiltered bytes.
 *
 * Source: the .xz file format 1.1.0 (sections 2 and 3, 5.3.1 LZMA2, 5.3.2 branch filters).
 *
 * @module
 */

import { crc32 } from "node:zlib";

const HEADER_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const STREAM_HEADER = 12;
const FILTER_ARM = 0x07;
const FILTER_LZMA2 = 0x21;

/** A 32-bit word, little-endian. */
function word(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24];
}

function withCrc(bytes: readonly number[]): number[] {
  return [...bytes, ...word(crc32(Uint8Array.from(bytes)))];
}

/** A number in groups of seven bits, the lowest first. */
function multibyte(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value;; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push(rest % 128 | 0x80);
  }
}

/** The filters of the first block: the dictionary size's code where they are that for ARM and LZMA2, and where its data begins. */
function armBlock(stream: Uint8Array): { dictionary: number; data: number } | undefined {
  if (!HEADER_MAGIC.every((byte, i) => stream[i] === byte)) return undefined;
  const size = (stream[STREAM_HEADER] + 1) * 4;
  const flags = stream[STREAM_HEADER + 1];
  // Two filters, sizes not stored, the ARM filter without a start offset, LZMA2 with its one byte.
  const filters = stream.subarray(STREAM_HEADER + 2, STREAM_HEADER + 7);
  if (flags !== 1 || filters[0] !== FILTER_ARM || filters[1] !== 0 || filters[2] !== FILTER_LZMA2 || filters[3] !== 1) {
    return undefined;
  }
  return { dictionary: filters[4], data: STREAM_HEADER + size };
}

/** The end of the LZMA2 chunks that begin at `at`, and how many bytes they unpack to; undefined where they are damaged. */
function chunksEnd(stream: Uint8Array, at: number): { end: number; unpacked: number } | undefined {
  let unpacked = 0;
  for (let i = at; i < stream.length;) {
    const control = stream[i];
    if (control === 0) return { end: i + 1, unpacked };
    if (control >= 0x80) {
      unpacked += ((control & 0x1f) << 16 | stream[i + 1] << 8 | stream[i + 2]) + 1;
      i += (control >= 0xc0 ? 6 : 5) + (stream[i + 3] << 8 | stream[i + 4]) + 1;
    } else {
      if (control > 2) return undefined;
      const size = (stream[i + 1] << 8 | stream[i + 2]) + 1;
      unpacked += size;
      i += 3 + size;
    }
  }
  return undefined;
}

/** The code of the smallest dictionary that holds so many bytes: the library allows no more than 64 MB. */
function dictionaryFor(size: number): number {
  let code = 0;
  while ((2 | code & 1) * 2 ** ((code >> 1) + 11) < size) code++;
  return code;
}

/**
 * The stream without its ARM filter.
 *
 * @returns undefined where the stream has none, or is damaged; what is unpacked of it is to be given to {@link undoArmFilter}
 */
export function withoutArmFilter(stream: Uint8Array): Uint8Array | undefined {
  const block = armBlock(stream);
  const chunks = block === undefined ? undefined : chunksEnd(stream, block.data);
  if (block === undefined || chunks === undefined) return undefined;
  const data = stream.subarray(block.data, chunks.end);
  // Flags: no check.
  const header = [...HEADER_MAGIC, 0, 0, ...word(crc32(Uint8Array.of(0, 0)))];
  const dictionary = Math.min(block.dictionary, dictionaryFor(chunks.unpacked));
  const blockHeader = withCrc([2, 0, FILTER_LZMA2, 1, dictionary, 0, 0, 0]);
  const padding = new Array((4 - data.length % 4) % 4).fill(0);
  const records = [0, 1, ...multibyte(blockHeader.length + data.length), ...multibyte(chunks.unpacked)];
  const index = withCrc([...records, ...new Array((4 - records.length % 4) % 4).fill(0)]);
  const backward = [...word(index.length / 4 - 1), 0, 0];
  const footer = [...word(crc32(Uint8Array.from(backward))), ...backward, 0x59, 0x5a];
  const before = Uint8Array.from([...header, ...blockHeader]);
  const behind = Uint8Array.from([...padding, ...index, ...footer]);
  const whole = new Uint8Array(before.length + data.length + behind.length);
  whole.set(before);
  whole.set(data, before.length);
  whole.set(behind, before.length + data.length);
  return whole;
}

/** Undoes the filter in place: the targets of `bl` instructions become relative again. */
export function undoArmFilter(code: Uint8Array): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    if (code[at + 3] !== 0xeb) continue;
    const target = (code[at] | code[at + 1] << 8 | code[at + 2] << 16) << 2;
    const offset = target - (at + 8) >>> 2;
    code[at] = offset;
    code[at + 1] = offset >>> 8;
    code[at + 2] = offset >>> 16;
  }
}
