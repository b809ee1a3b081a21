// SPDX-License-Identifier: GPL-2.0-only
/**
 * What lies behind mapped addresses: memory that was freed is used again, wherever the next area of its size is mapped.
 *
 * @module
 */

/** Whole pages, as bytes and for words. */
export interface Pages {
  readonly bytes: Uint8Array;
  readonly view: DataView<ArrayBuffer>;
}

/** Bytes that are asked of the system at a time; nothing is spent on them before they are written to. */
const CHUNK_SIZE = 1 << 20;

export class PagePool {
  #chunk = new ArrayBuffer(0);
  /** Bytes of the chunk that were handed out. */
  #used = 0;
  /** What was given back, by its size. */
  readonly #free = new Map<number, Pages[]>();

  /** @returns zeroed memory of `size` bytes */
  take(size: number): Pages {
    const known = this.#free.get(size)?.pop();
    if (known !== undefined) {
      known.bytes.fill(0);
      return known;
    }
    if (this.#used + size > this.#chunk.byteLength) {
      this.#chunk = new ArrayBuffer(Math.max(CHUNK_SIZE, size));
      this.#used = 0;
    }
    const pages = pagesIn(this.#chunk, this.#used, size);
    this.#used += size;
    return pages;
  }

  /** From here on the memory may be used for others. */
  give(pages: Pages): void {
    const { length } = pages.bytes;
    const free = this.#free.get(length);
    if (free === undefined) this.#free.set(length, [pages]);
    else free.push(pages);
  }
}

export function pagesIn(memory: ArrayBuffer, start: number, size: number): Pages {
  return { bytes: new Uint8Array(memory, start, size), view: new DataView(memory, start, size) };
}
