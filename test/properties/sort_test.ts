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

/**
 * lib/sort.c once more, with the C source's own variables and byte offsets instead of indices: the judge of both of the above.
 * `size` stands for the size of an element.
 */
function sortAsInC<T>(base: T[], compare: (a: T, b: T) => number): void {
  const size = 8;
  const at = (offset: number) => base[offset / size];
  const swap = (a: number, b: number) => [base[a / size], base[b / size]] = [at(b), at(a)];
  const parent = (i: number) => {
    const up = i - size;
    return Math.floor((up / size) / 2) * size;
  };
  let n = base.length * size;
  let a = Math.floor(base.length / 2) * size;
  let shift = 0;
  if (a === 0) return;
  for (;;) {
    if (a > 0) {
      a -= size << shift;
    } else if (n > 3 * size) {
      n -= size;
      swap(0, n);
      shift = compare(at(size), at(2 * size)) <= 0 ? 1 : 0;
      a = size << shift;
      n -= size;
      swap(a, n);
    } else {
      break;
    }
    let b = a;
    let c: number, d: number;
    for (; c = 2 * b + size, (d = c + size) < n;) b = compare(at(c), at(d)) > 0 ? c : d;
    if (d === n) b = c;
    while (b !== a && compare(at(a), at(b)) >= 0) b = parent(b);
    c = b;
    while (b !== a) {
      b = parent(b);
      swap(b, c);
    }
  }
  n -= size;
  swap(0, n);
  if (n === 2 * size && compare(at(0), at(size)) > 0) swap(0, size);
}

Deno.test("kernelSort() moves equal elements as lib/sort.c does", () => {
  let unstable = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(6), { maxLength: 120 }), (values) => {
      const tagged = values.map((value, index) => ({ value, index }));
      const inC = [...tagged];
      sortAsInC(inC, (a, b) => a.value - b.value);
      const sorted = sortedByKernel(tagged, (a, b) => a.value - b.value);
      assertEquals(sorted, inC);
      if (sorted.some((each, i) => i > 0 && each.value === sorted[i - 1].value && each.index < sorted[i - 1].index)) unstable++;
    }),
    { numRuns: 300 },
  );
  assert(unstable > 0, "a heapsort is not stable");
});
