// SPDX-License-Identifier: GPL-2.0-only
/**
 * The reserved chunk of per-CPU memory, from which modules' `.data..percpu` sections are allocated.
 *
 * Models: pcpu_alloc() with `reserved` of mm/percpu.c: the lowest fitting place, in units of PCPU_MIN_ALLOC_SIZE (4 bytes).
 *
 * @module
 */

import { align } from "../elf/word.ts";
import { type AddressRange, PAGE_SIZE } from "./execmem.ts";
import { NotModelled, UnknownFact } from "./fault.ts";
import type { Machine } from "./profile.ts";
import { KERN_INFO, KERN_WARNING } from "./log.ts";

const PCPU_MIN_ALLOC_SIZE = 4;
const PCPU_MIN_UNIT_SIZE = 32 << 10;
/** Bytes of the chunk (include/linux/percpu.h). */
export const PERCPU_MODULE_RESERVE = 8 << 10;

export class PercpuReserve {
  #taken: (AddressRange & { readonly unit: number })[] = [];
  /** Whether an area has been freed: from then on the chunk's contig_hint can be short of the truth by up to a page. */
  #hintMayBeOff = false;
  /** warn_limit: so many failures have a line. */
  #warnLimit = 10;

  /**
   * @param machine says where the chunk is, as per-CPU pointers
   * @param printk for the line about a failure
   */
  constructor(
    readonly machine: Pick<Machine, "percpuReserved" | "percpuIsStandIn">,
    readonly printk: (level: number, text: string) => void = () => {},
  ) {}

  get chunk(): AddressRange {
    return this.machine.percpuReserved;
  }

  /**
   * __alloc_reserved_percpu().
   *
   * @param size bytes
   * @param alignment bytes, a power of two of at most a page
   * @returns the per-CPU pointer, or undefined where there is no room
   */
  alloc(size: number, alignment: number): number | undefined {
    const unit = Math.max(alignment, PCPU_MIN_ALLOC_SIZE);
    const aligned = align(size, PCPU_MIN_ALLOC_SIZE);
    if ((unit & (unit - 1)) !== 0 || aligned === 0 || aligned > PCPU_MIN_UNIT_SIZE) {
      throw new NotModelled(`WARN() of pcpu_alloc(): illegal size (${aligned}) or align (${unit}) for percpu allocation`);
    }
    if (this.machine.percpuIsStandIn) this.#needRoom(aligned, unit);
    let start = align(this.chunk.start, unit);
    let at = 0;
    for (; at < this.#taken.length; at++) {
      if (start + size <= this.#taken[at].start) break;
      start = align(this.#taken[at].end, unit);
    }
    if (start + size > this.chunk.end) return this.#fail(aligned, unit);
    this.#trustHint(start, aligned);
    this.#taken.splice(at, 0, { start, end: start + aligned, unit });
    return start;
  }

  /** Where the chunk is not known, there is room for certain if there is wherever it begins: with all that alignment can waste. */
  #needRoom(size: number, unit: number): void {
    const needed = this.#taken.reduce((sum, { start, end, unit }) => sum + end - start + unit, size + unit);
    if (needed > (this.#hintMayBeOff ? PAGE_SIZE : PERCPU_MODULE_RESERVE)) {
      throw new UnknownFact("where the per-CPU memory for modules begins", "System.map or vmlinux");
    }
  }

  /** pcpu_find_block_fit() believes the hint and refuses what would fit; how far off the hint is, is not modelled. */
  #trustHint(start: number, size: number): void {
    const crossesBlocks = Math.floor(start / PAGE_SIZE) !== Math.floor((start + size - 1) / PAGE_SIZE);
    if (!this.#hintMayBeOff || !crossesBlocks) return;
    const ends = [...this.#taken.map((area) => area.start), this.chunk.end];
    const runs = ends.map((end, i) => end - (i === 0 ? this.chunk.start : this.#taken[i - 1].end));
    if (Math.max(...runs) - size < PAGE_SIZE) {
      throw new NotModelled("the contig_hint of pcpu_find_block_fit() after an area was freed");
    }
  }

  /** The line of a failed allocation; the kernel dumps its stack behind it. */
  #fail(size: number, unit: number): undefined {
    if (this.#warnLimit === 0) return;
    const why = "alloc from reserved chunk failed";
    this.printk(KERN_WARNING, `percpu: allocation failed, size=${size} align=${unit} atomic=0, ${why}`);
    if (--this.#warnLimit === 0) this.printk(KERN_INFO, "percpu: limit reached, disable warning");
  }

  /** free_percpu(). */
  free(start: number): void {
    const at = this.#taken.findIndex((each) => each.start === start);
    if (at < 0) return;
    this.#taken.splice(at, 1);
    this.#hintMayBeOff = true;
  }
}
