// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where modules' memory comes from.
 *
 * Models: execmem_alloc() and execmem_free() of mm/execmem.c with ARM's ranges (execmem_arch_setup() of arch/arm/mm/init.c), and
 * of mm/vmalloc.c the search for the lowest hole. Each area is followed by a guard page. Freed areas are free at once.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import type { AddressSpace, MappedArea } from "./memory.ts";

export const PAGE_SIZE = 4096;

/** The least that is ever taken: a page and its guard page. */
const SMALLEST = 2 * PAGE_SIZE;

/** A range of addresses, end not included. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

/** PAGE_ALIGN(), as an unsigned 32-bit number. */
export function pageAlign(size: number): number {
  return u32(u32(size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
}

export class Execmem {
  /** What is taken, with guard pages, by address. */
  #taken: AddressRange[];
  /** For each range an address below which it has no hole that anything fits into. */
  readonly #searchFrom: Map<AddressRange, number>;
  #pages = 0;

  /**
   * @param modules [MODULES_VADDR, MODULES_END)
   * @param vmalloc [VMALLOC_START, VMALLOC_END)
   * @param fallback whether modules may go to vmalloc space (CONFIG_ARM_MODULE_PLTS)
   * @param taken areas that the booted kernel holds
   * @param pageLimit pages that vmalloc() can find before it fails
   */
  constructor(
    readonly space: AddressSpace,
    readonly modules: AddressRange,
    readonly vmalloc: AddressRange,
    readonly fallback: boolean,
    taken: readonly AddressRange[],
    readonly pageLimit: number,
  ) {
    this.#taken = [...taken].sort((a, b) => a.start - b.start);
    this.#searchFrom = new Map([[modules, modules.start], [vmalloc, vmalloc.start]]);
  }

  /**
   * execmem_alloc(): zeroed memory for a module.
   *
   * @param size bytes, a multiple of the page size
   * @returns undefined where neither range has room
   */
  alloc(size: number): MappedArea | undefined {
    return this.#allocIn(this.modules, size) ?? (this.fallback ? this.#allocIn(this.vmalloc, size) : undefined);
  }

  /** vmalloc(): memory for the temporary copy of the file. */
  vmallocPages(size: number): MappedArea | undefined {
    return this.#allocIn(this.vmalloc, pageAlign(size));
  }

  /** execmem_free() and vfree(). */
  free(area: MappedArea): void {
    const at = this.#firstAbove(area.base) - 1;
    if (this.#taken[at]?.start === area.base) this.#taken.splice(at, 1);
    for (const [range, from] of this.#searchFrom) {
      const hole = Math.max(range.start, this.#taken[at - 1]?.end ?? 0);
      if (hole < from) this.#searchFrom.set(range, hole);
    }
    this.#pages -= area.bytes.length / PAGE_SIZE;
    this.space.unmap(area);
  }

  #allocIn(range: AddressRange, size: number): MappedArea | undefined {
    if (size === 0 || size / PAGE_SIZE + this.#pages > this.pageLimit) return undefined;
    const base = this.#reserve(range, size + PAGE_SIZE);
    if (base === undefined) return undefined;
    this.#pages += size / PAGE_SIZE;
    return this.space.map(base, size);
  }

  /** Takes the lowest hole of `length` bytes in a range. */
  #reserve(range: AddressRange, length: number): number | undefined {
    let start = this.#searchFrom.get(range) ?? range.start;
    let isFirstHole = true;
    let at = Math.max(0, this.#firstAbove(start) - 1);
    for (; at < this.#taken.length; at++) {
      const { start: takenStart, end: takenEnd } = this.#taken[at];
      if (takenEnd <= start) continue;
      if (takenStart - start >= length) break;
      if (takenStart - start >= SMALLEST) isFirstHole = false;
      start = Math.max(start, takenEnd);
      if (isFirstHole) this.#searchFrom.set(range, start);
    }
    if (start + length > range.end) return undefined;
    this.#taken.splice(at, 0, { start, end: start + length });
    if (isFirstHole) this.#searchFrom.set(range, start + length);
    return start;
  }

  /** Index of the first taken area that begins above an address. */
  #firstAbove(address: number): number {
    let low = 0;
    let high = this.#taken.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#taken[middle].start > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
