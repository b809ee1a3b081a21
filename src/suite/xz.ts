// SPDX-License-Identifier: GPL-2.0-only
/**
 * Unpacks xz. A file of its own, because only those who meet such a file pay for the library.
 *
 * @module
 */

// @ts-types="./xz_decompress.d.ts"
import xz from "xz-decompress";

/**
 * @param limit bytes that the result may have at the most
 * @throws {Error} for damaged data, and for a result beyond the limit
 */
export async function unpackXz(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of new xz.XzReadableStream(source)) {
    parts.push(part.slice());
    size += part.length;
    if (size > limit) throw new Error(`more than ${limit} bytes`);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
