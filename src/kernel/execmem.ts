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
import { pagesIn } from "./page_pool.ts";

export const PAGE_SIZE = 4096;

/** A range of addresses, end not included. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

/** PAGE_ALIGN(), as an unsigned 32-bit number. */
export function pageAlign(size: number): number {
  return u32(u32(size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
}

/** Bytes of memory for copies; larger files get their own. */
const LEAST_SPARE = 1 << 20;
/** The least that is ever taken: a page and its guard page. */
const SMALLEST = 2 * PAGE_SIZE;

/** The free addresses of a range: holes in order, none of them empty or next to another. */
class Holes {
  readonly #holes: { start: number; end: number }[] = [];
  /** Holes before this one are too small for anything. */
  #firstUsable = 0;

  constructor(range: AddressRange, taken: readonly AddressRange[]) {
    let start = range.start;
    for (const each of [...taken].sort((a, b) => a.start - b.start)) {
      if (each.start > start) this.#holes.push({ start, end: Math.min(each.start, range.end) });
      start = Math.max(start, each.end);
      if (start >= range.end) return;
    }
    this.#holes.push({ start, end: range.end });
  }

  /** Takes `length` bytes of the lowest hole that has them. @returns their address */
  take(length: number): number | undefined {
    const holes = this.#holes;
    while (this.#firstUsable < holes.length && sizeOf(holes[this.#firstUsable]) < SMALLEST) this.#firstUsable++;
    let at = this.#firstUsable;
    while (at < holes.length && sizeOf(holes[at]) < length) at++;
    if (at === holes.length) return undefined;
    const hole = holes[at];
    const { start } = hole;
    hole.start += length;
    if (hole.start === hole.end) holes.splice(at, 1);
    return start;
  }

  /** Takes what is free of a range. */
  exclude(range: AddressRange): void {
    const parts = this.#holes.flatMap(({ start, end }) => {
      const below = { start, end: Math.min(end, range.start) };
      const above = { start: Math.max(start, range.end), end };
      return [below, above].filter((part) => part.start < part.end);
    });
    this.#holes.splice(0, this.#holes.length, ...parts);
    this.#firstUsable = 0;
  }

  /** Makes a hole where something was taken. */
  give(start: number, end: number): void {
    const at = this.#holes.findLastIndex((hole) => hole.start < start) + 1;
    this.#firstUsable = Math.min(this.#firstUsable, Math.max(0, at - 1));
    const before = this.#holes[at - 1];
    const after = this.#holes[at];
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      this.#holes.splice(at, 1);
    } else if (joinsBefore) {
      before.end = end;
    } else if (joinsAfter) {
      after.start = start;
    } else {
      this.#holes.splice(at, 0, { start, end });
    }
  }
}

function sizeOf({ start, end }: AddressRange): number {
  return end - start;
}

export class Execmem {
  /** Made when a module is the first to want memory. */
  #moduleHoles: Holes | undefined;
  readonly #vmallocHoles: Holes;
  #pages = 0;
  /** Where the next areas of modules in vmalloc space lie, and all that were so far. */
  #foreseen: readonly AddressRange[] = [];
  readonly #everForeseen = new Set<number>();
  /** Memory of a copy that was freed. */
  #spare: ArrayBuffer | undefined;

  /**
   * @param areas [MODULES_VADDR, MODULES_END) and [VMALLOC_START, VMALLOC_END)
   * @param fallback whether modules may go to vmalloc space (CONFIG_ARM_MODULE_PLTS); asked when one has to
   * @param taken areas that the booted kernel holds
   * @param pageLimit pages that vmalloc() can find before it fails
   */
  constructor(
    readonly space: AddressSpace,
    readonly areas: { readonly modules: AddressRange; readonly vmalloc: AddressRange },
    readonly fallback: () => boolean,
    readonly taken: readonly AddressRange[],
    readonly pageLimit: number,
  ) {
    this.#vmallocHoles = new Holes(areas.vmalloc, taken);
  }

  /**
   * execmem_alloc(): zeroed memory for a module.
   *
   * @param size bytes, a multiple of the page size
   * @returns undefined where neither range has room
   */
  alloc(size: number): MappedArea | undefined {
    this.#moduleHoles ??= new Holes(this.areas.modules, this.taken);
    return this.#allocIn(this.#moduleHoles, size) ?? (this.fallback() ? this.#allocForeseen(size) : undefined);
  }

  /**
   * Says where the next areas of modules in vmalloc space lie. What is free there depends on all that a kernel has done since boot, so
   * whoever holds the model to a kernel can tell it. The ranges are kept for modules, also after they were freed.
   */
  foresee(areas: readonly AddressRange[]): void {
    this.#foreseen = areas;
    for (const { start, end } of areas) {
      this.#vmallocHoles.exclude({ start, end: end + PAGE_SIZE });
      this.#everForeseen.add(start);
    }
  }

  #allocForeseen(size: number): MappedArea | undefined {
    const next = this.#foreseen[0];
    if (next === undefined || next.end - next.start !== size) return this.#allocIn(this.#vmallocHoles, size);
    this.#foreseen = this.#foreseen.slice(1);
    this.#pages += size / PAGE_SIZE;
    return this.space.map(next.start, size);
  }

  /** vmalloc(): whole pages, zeroed. @returns undefined where no hole is large enough, or for a size of 0 */
  vmallocPages(size: number): MappedArea | undefined {
    const length = pageAlign(size);
    const base = size === 0 ? undefined : this.#takeRange(this.#vmallocHoles, length);
    return base === undefined ? undefined : this.space.map(base, length);
  }

  /** vmalloc() for the temporary copy of a file: whole pages with the file's bytes in them, and zeros behind. */
  copyPages(file: Uint8Array): MappedArea | undefined {
    // A file that unpacks to nothing has a page all the same: the one that the decompressor began.
    const size = pageAlign(file.length || 1);
    const base = this.#takeRange(this.#vmallocHoles, size);
    if (base === undefined) return undefined;
    let memory = this.#spare;
    this.#spare = undefined;
    if (memory === undefined || memory.byteLength < size) memory = new ArrayBuffer(Math.max(size, LEAST_SPARE));
    const area = this.space.mapPages(base, pagesIn(memory, 0, size));
    area.bytes.set(file);
    area.bytes.fill(0, file.length);
    return area;
  }

  /** execmem_free(). The area's memory may be used for others from now on. */
  free(area: MappedArea): void {
    this.space.unmap(area);
    this.#giveRange(area);
  }

  /** vfree() of the temporary copy of a file: its memory is kept for the next one. */
  freeCopy(area: MappedArea): void {
    this.space.unmapPages(area);
    this.#giveRange(area);
    this.#spare = area.view.buffer;
  }

  #allocIn(holes: Holes, size: number): MappedArea | undefined {
    const base = this.#takeRange(holes, size);
    return base === undefined ? undefined : this.space.map(base, size);
  }

  /** Addresses of pages and of the guard page behind them. */
  #takeRange(holes: Holes, size: number): number | undefined {
    if (size === 0 || size / PAGE_SIZE + this.#pages > this.pageLimit) return undefined;
    const base = holes.take(size + PAGE_SIZE);
    if (base !== undefined) this.#pages += size / PAGE_SIZE;
    return base;
  }

  #giveRange({ base, bytes }: MappedArea): void {
    const { start, end } = this.areas.modules;
    const holes = this.#moduleHoles !== undefined && base >= start && base < end ? this.#moduleHoles : this.#vmallocHoles;
    if (!this.#everForeseen.has(base)) holes.give(base, base + bytes.length + PAGE_SIZE);
    this.#pages -= bytes.length / PAGE_SIZE;
  }
}
