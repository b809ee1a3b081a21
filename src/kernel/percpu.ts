// SPDX-License-Identifier: GPL-2.0-only
/**
 * The reserved chunk of per-CPU memory, from which modules' `.data..percpu` sections are allocated.
 *
 * Models: pcpu_alloc() with `reserved` of mm/percpu.c: the lowest fitting place, in units of PCPU_MIN_ALLOC_SIZE (4 bytes).
 *
 * @module
 */

import { align } from "../elf/word.ts";
import type { AddressRange } from "./execmem.ts";

const PCPU_MIN_ALLOC_SIZE = 4;

export class PercpuReserve {
  #taken: AddressRange[] = [];

  /** @param chunk the chunk as per-CPU pointers */
  constructor(readonly chunk: AddressRange) {}

  /**
   * __alloc_reserved_percpu().
   *
   * @param size bytes
   * @param alignment bytes, a power of two of at most a page
   * @returns the per-CPU pointer, or undefined where there is no room or the alignment is none
   */
  alloc(size: number, alignment: number): number | undefined {
    const unit = Math.max(alignment, PCPU_MIN_ALLOC_SIZE);
    if ((unit & (unit - 1)) !== 0 || size > 32 << 10) return undefined;
    let start = align(this.chunk.start, unit);
    let at = 0;
    for (; at < this.#taken.length; at++) {
      if (start + size <= this.#taken[at].start) break;
      start = align(this.#taken[at].end, unit);
    }
    if (start + size > this.chunk.end) return undefined;
    this.#taken.splice(at, 0, { start, end: start + align(size, PCPU_MIN_ALLOC_SIZE) });
    return start;
  }

  /** free_percpu(). */
  free(start: number): void {
    const at = this.#taken.findIndex((each) => each.start === start);
    if (at >= 0) this.#taken.splice(at, 1);
  }
}
