// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/bitops.h, linux/find.h and linux/bitmap.h.
 *
 * Models: arch/arm/lib/bitops.h and findbit.S, lib/find_bit.c, lib/bitmap.c, lib/hweight.c. A bitmap is read and written word by word.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import type { Bus } from "../../cpu/bus.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** Address of the word of a bit, and the bit in it. */
function place(map: number, bit: number): { at: number; mask: number } {
  return { at: map + 4 * (bit >>> 5), mask: 1 << (bit & 31) };
}

function testBit(bus: Bus, map: number, bit: number): boolean {
  const { at, mask } = place(map, bit);
  return (bus.read32(at) & mask) !== 0;
}

/** An atomic change of one bit. @returns whether it was set */
function changeBit(change: (word: number, mask: number) => number, returnsOld: boolean): Service {
  return (call) => {
    const [bit, map] = words(call, 2);
    const { at, mask } = place(map, bit);
    const word = call.bus.read32(at);
    call.bus.write32(at, change(word, mask));
    return returnsOld ? Number((word & mask) !== 0) : undefined;
  };
}

const set = (word: number, mask: number) => word | mask;
const clear = (word: number, mask: number) => word & ~mask;
const flip = (word: number, mask: number) => word ^ mask;

/** The first bit from `start` on for which a combination of the maps' words has a 1; `size` where there is none. */
function findNext(
  bus: Bus,
  maps: readonly number[],
  size: number,
  start: number,
  combine: (...words: number[]) => number,
): number {
  for (let bit = start; bit < size;) {
    const word = combine(...maps.map((map) => bus.read32(map + 4 * (bit >>> 5)))) & (~0 << (bit & 31));
    const lowest = Math.clz32(word & -word);
    if (word !== 0) return Math.min(size, (bit & ~31) + 31 - lowest);
    bit = (bit | 31) + 1;
  }
  return size;
}

type Combine = (...words: number[]) => number;
const same: Combine = (a) => a;
const inverted: Combine = (a) => ~a;
const and: Combine = (a, b) => a & b;
const andNot: Combine = (a, b) => a & ~b;
const or: Combine = (a, b) => a | b;
const xor: Combine = (a, b) => a ^ b;

/** @param count of maps; then come the size and, with `next`, where to begin */
function find(count: number, combine: Combine, next: boolean): Service {
  return (call) => {
    const maps = words(call, count);
    const size = call.args.word();
    return findNext(call.bus, maps, size, next ? call.args.word() : 0, combine);
  };
}

function findLast(call: Call): number {
  const [map, size] = words(call, 2);
  for (let bit = size - 1; bit >= 0; bit--) if (testBit(call.bus, map, bit)) return bit;
  return size;
}

function weightOf(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/** The words of `size` bits of a combination, those behind the last bit cut off. */
function combined(bus: Bus, maps: readonly number[], size: number, combine: Combine): number[] {
  return Array.from({ length: Math.ceil(size / 32) }, (_, i) => {
    const word = combine(...maps.map((map) => bus.read32(map + 4 * i)));
    const left = size - 32 * i;
    return left >= 32 ? word : word & ~(~0 << left);
  });
}

/** Writes a combination of two maps to a third. @returns whether a bit of it is set, for those that say so */
function operate(combine: Combine): Service {
  return (call) => {
    const [to, a, b, size] = words(call, 4);
    const result = combined(call.bus, [a, b], size, combine);
    for (const [i, word] of result.entries()) call.bus.write32(to + 4 * i, word);
    return Number(result.some((word) => word !== 0));
  };
}

/** Whether a combination of two maps has no bit set, or has one. */
function test(combine: Combine, wanted: "none" | "some"): Service {
  return (call) => {
    const [a, b, size] = words(call, 3);
    const some = combined(call.bus, [a, b], size, combine).some((word) => word !== 0);
    return Number(some === (wanted === "some"));
  };
}

/** Sets or clears `count` bits from one on. */
function fill(change: (word: number, mask: number) => number): Service {
  return (call) => {
    const [map, start, count] = words(call, 3);
    for (let bit = start; bit < start + count; bit++) {
      const { at, mask } = place(map, bit);
      call.bus.write32(at, change(call.bus.read32(at), mask));
    }
  };
}

/** bitmap_find_next_zero_area_off(): the first run of zeros of a length, so aligned. */
function findZeroArea(call: Call): number {
  const [map, size, start, count, mask, offset] = words(call, 6);
  for (let index = start;;) {
    index = u32(((findNext(call.bus, [map], size, index, inverted) + offset + mask) & ~mask) - offset);
    const end = index + count;
    if (end > size) return end;
    const taken = findNext(call.bus, [map], end, index, same);
    if (taken >= end) return index;
    index = taken + 1;
  }
}

function allocateBitmap({ kernel, args }: Call): number {
  return kernel.slab.kmalloc(4 * Math.ceil(args.word() / 32));
}

export const BITOPS: Services = {
  _set_bit: changeBit(set, false),
  _clear_bit: changeBit(clear, false),
  _change_bit: changeBit(flip, false),
  _test_and_set_bit: changeBit(set, true),
  _test_and_clear_bit: changeBit(clear, true),
  _test_and_change_bit: changeBit(flip, true),
  _find_first_bit_le: find(1, same, false),
  _find_next_bit_le: find(1, same, true),
  _find_first_zero_bit_le: find(1, inverted, false),
  _find_next_zero_bit_le: find(1, inverted, true),
  _find_first_and_bit: find(2, and, false),
  _find_next_and_bit: find(2, and, true),
  _find_next_andnot_bit: find(2, andNot, true),
  _find_next_or_bit: find(2, or, true),
  _find_last_bit: findLast,
  __bitmap_weight: (call) => {
    const [map, size] = words(call, 2);
    return combined(call.bus, [map], size, same).reduce((sum, word) => sum + weightOf(word), 0);
  },
  __bitmap_set: fill(set),
  __bitmap_clear: fill(clear),
  __bitmap_and: operate(and),
  __bitmap_or: operate(or),
  __bitmap_xor: operate(xor),
  __bitmap_andnot: operate(andNot),
  __bitmap_equal: test(xor, "none"),
  __bitmap_subset: test(andNot, "none"),
  __bitmap_intersects: test(and, "some"),
  __bitmap_complement: (call) => {
    const [to, from, size] = words(call, 3);
    for (const [i, word] of combined(call.bus, [from], size, inverted).entries()) call.bus.write32(to + 4 * i, word);
  },
  bitmap_find_next_zero_area_off: findZeroArea,
  bitmap_alloc: allocateBitmap,
  bitmap_zalloc: allocateBitmap,
  bitmap_free: ({ kernel, args }) => kernel.slab.kfree(args.word()),
  __sw_hweight8: ({ args }) => weightOf(args.word() & 0xff),
  __sw_hweight16: ({ args }) => weightOf(args.word() & 0xffff),
  __sw_hweight32: ({ args }) => weightOf(args.word()),
  __sw_hweight64: ({ args }) => {
    const value = args.double();
    return BigInt(weightOf(Number(value & 0xffffffffn)) + weightOf(Number(value >> 32n)));
  },
};
