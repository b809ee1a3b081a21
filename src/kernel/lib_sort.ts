// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's sort(): a heapsort, so equal elements change places. Where their order can be seen (the relocations of a section, the entries
 * of a table), only this very algorithm gives it.
 *
 * Models: sort_r() of lib/sort.c, whose heap is walked bottom-up.
 *
 * @module
 */

/**
 * Sorts `count` elements that are known by their index.
 *
 * @param compare sign of element a against element b
 * @param swap exchanges two elements
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kernelSort } from "./lib_sort.ts";
 * const words = [3, 1, 2];
 * kernelSort(3, (a, b) => words[a] - words[b], (a, b) => [words[a], words[b]] = [words[b], words[a]]);
 * assertEquals(words, [1, 2, 3]);
 * ```
 */
export function kernelSort(
  count: number,
  compare: (a: number, b: number) => number,
  swap: (a: number, b: number) => void,
): void {
  let end = count;
  let root = count >> 1;
  if (root === 0) return;
  let nextRoot = 0;
  for (;;) {
    if (root > 0) {
      // While the heap is built, the element to sift down moves towards the front; later it is the one left in the place of
      // the second largest.
      root -= nextRoot === 0 ? 1 : 2;
    } else if (end > 3) {
      end--;
      swap(0, end);
      nextRoot = compare(1, 2) <= 0 ? 1 : 0;
      root = nextRoot === 0 ? 1 : 2;
      end--;
      swap(root, end);
    } else {
      break;
    }
    siftDown(root, end, compare, swap);
  }
  end--;
  swap(0, end);
  if (end === 2 && compare(0, 1) > 0) swap(0, 1);
}

function siftDown(root: number, end: number, compare: (a: number, b: number) => number, swap: (a: number, b: number) => void) {
  let leaf = root;
  for (;;) {
    const left = 2 * leaf + 1;
    const right = left + 1;
    if (right < end) {
      leaf = compare(left, right) > 0 ? left : right;
    } else {
      if (right === end) leaf = left;
      break;
    }
  }
  while (leaf !== root && compare(root, leaf) >= 0) leaf = (leaf - 1) >> 1;
  const place = leaf;
  while (leaf !== root) {
    leaf = (leaf - 1) >> 1;
    swap(leaf, place);
  }
}
