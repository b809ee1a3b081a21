// SPDX-License-Identifier: GPL-2.0-only
/**
 * Unpacks xz as the kernel does. A file of its own, because only those who meet such a file pay for the library.
 *
 * Models: module_xz_decompress() of kernel/module/decompress.c. The library holds the same decoder, with one difference: it goes on to a
 * second stream, where the kernel stops behind the first, whatever follows.
 *
 * @module
 */

// @ts-types="./xz_decompress.d.ts"
import xz from "xz-decompress";
import type { Decompressed } from "../kernel/module_file.ts";

/** enum xz_ret: what the kernel has when its input ends too soon, and what the library has then. */
const XZ_OK = 0;
const XZ_BUF_ERROR = 8;
/** XZ_DATA_ERROR. */
const XZ_DATA_ERROR = 7;

/** The last two bytes of a stream. */
const FOOTER_MAGIC = [0x59, 0x5a];

/** All that the library makes of the bytes. */
async function unpackAll(bytes: Uint8Array, limit: number): Promise<Decompressed> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of new xz.XzReadableStream(source)) {
      parts.push(part.slice());
      size += part.length;
      if (size > limit) return { status: XZ_DATA_ERROR };
    }
  } catch (error) {
    const code = /error code (\d+)/.exec(String(error))?.[1];
    return { status: code === undefined ? XZ_BUF_ERROR : Number(code) };
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return { bytes: whole };
}

/** How many places are tried as the first stream's end. */
const MOST_ENDS = 16;

/** Where the first stream may end: behind a footer magic at a multiple of four. */
function possibleEnds(bytes: Uint8Array): number[] {
  const ends = [];
  for (let end = 32; end < bytes.length && ends.length < MOST_ENDS; end += 4) {
    if (FOOTER_MAGIC.every((byte, i) => bytes[end - 2 + i] === byte)) ends.push(end);
  }
  return ends;
}

/**
 * Unpacks the first stream.
 *
 * @param limit bytes that the result may have at the most; a larger one counts as damaged
 * @returns the bytes, or the status (enum xz_ret) that the kernel's decoder stops with
 */
export async function unpackXz(bytes: Uint8Array, limit: number): Promise<Decompressed> {
  const whole = await unpackAll(bytes, limit);
  if ("bytes" in whole) return whole;
  for (const end of possibleEnds(bytes)) {
    const first = await unpackAll(bytes.subarray(0, end), limit);
    if ("bytes" in first) return first;
  }
  return whole.status === XZ_BUF_ERROR ? { status: XZ_OK } : whole;
}
