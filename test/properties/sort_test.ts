// SPDX-License-Identifier: GPL-2.0-only
/** The kernel's heapsort, and its twin for relocations: the same order of equal elements, element by element. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sortRelocations } from "../../src/arch_arm/sort_relocations.ts";
import { kernelSort } from "../../src/kernel/lib_sort.ts";
import { word } from "./arbitraries.ts";

/** One Elf32_Rel. */
interface Relocation {
  readonly offset: number;
  readonly info: number;
}

/** cmp_rel() of arch/arm/kernel/module-plts.c. */
function compareRelocations(a: Relocation, b: Relocation): number {
  return (a.info & 0xff) - (b.info & 0xff) || (a.info >>> 8) - (b.info >>> 8);
}

/** Relocations with few different keys, as modules have them, or any; each offset is the element's number before the sort. */
const relocations = fc.oneof(
  fc.array(fc.constantFrom(28, 0x11c, 0x21c, 0x12b, 0xffffff1c, 0), { maxLength: 200 }),
  fc.array(fc.tuple(fc.nat(3), fc.constantFrom(28, 29, 2)).map(([symbol, type]) => symbol * 256 + type), { maxLength: 64 }),
  fc.array(word, { maxLength: 64 }),
  fc.array(fc.nat(20), { maxLength: 64 }).map((keys) => keys.sort((a, b) => a - b)),
).map((infos) => infos.map((info, offset): Relocation => ({ offset, info })));

/** The kernel's sort over objects. */
function sortedByKernel<T>(elements: readonly T[], compare: (a: T, b: T) => number): T[] {
  const sorted = [...elements];
  kernelSort(sorted.length, (a, b) => compare(sorted[a], sorted[b]), (a, b) => [sorted[a], sorted[b]] = [sorted[b], sorted[a]]);
  return sorted;
}

Deno.test("sortRelocations() leaves relocations, equal ones too, in the very order of the kernel's sort()", () => {
  fc.assert(
    fc.property(relocations, fc.nat(40), (before, lead) => {
      const view = new DataView(new ArrayBuffer(lead + 8 * before.length + 8));
      before.forEach(({ offset, info }, i) => {
        view.setUint32(lead + 8 * i, offset, true);
        view.setUint32(lead + 8 * i + 4, info, true);
      });
      sortRelocations(view, lead, before.length);
      const after = before.map((_, i) => ({
        offset: view.getUint32(lead + 8 * i, true),
        info: view.getUint32(lead + 8 * i + 4, true),
      }));
      assertEquals(after, sortedByKernel(before, compareRelocations));
      assertEquals([view.getUint8(0) * lead, view.getUint32(lead + 8 * before.length, true)], [0, 0], "the neighbours");
    }),
    { numRuns: 500 },
  );
});

Deno.test("the kernel's sort() gives a permutation in order, for any elements", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 100 }), (values) => {
      const tagged = values.map((value, index) => ({ value, index }));
      const sorted = sortedByKernel(tagged, (a, b) => a.value - b.value);
      assertEquals(sorted.map(({ value }) => value), [...values].sort((a, b) => a - b));
      assertEquals(new Set(sorted.map(({ index }) => index)).size, values.length);
    }),
    { numRuns: 300 },
  );
});

/** An element sinks into a heap: down the path of the larger children (of equal ones the right), to the last place it is less than. */
function sink<T>(heap: T[], root: number, end: number, compare: (a: T, b: T) => number): void {
  const path = [root];
  for (let child = 2 * root + 1; child < end; child = 2 * child + 1) {
    if (child + 1 < end && compare(heap[child], heap[child + 1]) <= 0) child++;
    path.push(child);
  }
  while (path.length > 1 && compare(heap[root], heap[path[path.length - 1]]) >= 0) path.pop();
  const values = path.map((at) => heap[at]);
  path.forEach((at, i) => heap[at] = values[(i + 1) % path.length]);
}

/** The heapsort that the comments of lib/sort.c describe: the two largest elements leave the heap in each round. */
function heapsortOfTwo<T>(elements: readonly T[], compare: (a: T, b: T) => number): T[] {
  const heap = [...elements];
  for (let root = Math.floor(heap.length / 2) - 1; root >= 0; root--) sink(heap, root, heap.length, compare);
  const exchange = (a: number, b: number) => [heap[a], heap[b]] = [heap[b], heap[a]];
  let end = heap.length;
  while (end > 3) {
    exchange(0, --end);
    const second = compare(heap[1], heap[2]) <= 0 ? 2 : 1;
    exchange(second, --end);
    sink(heap, second, end, compare);
    sink(heap, 0, end, compare);
  }
  if (end > 1) exchange(0, --end);
  if (end === 2 && compare(heap[0], heap[1]) > 0) exchange(0, 1);
  return heap;
}

Deno.test("kernelSort() moves equal elements as the heapsort of lib/sort.c does", () => {
  let unstable = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(6), { maxLength: 120 }), (values) => {
      const tagged = values.map((value, index) => ({ value, index }));
      const sorted = sortedByKernel(tagged, (a, b) => a.value - b.value);
      assertEquals(sorted, heapsortOfTwo(tagged, (a, b) => a.value - b.value));
      if (sorted.some((each, i) => i > 0 && each.value === sorted[i - 1].value && each.index < sorted[i - 1].index)) unstable++;
    }),
    { numRuns: 300 },
  );
  assert(unstable > 0, "a heapsort is not stable");
});
