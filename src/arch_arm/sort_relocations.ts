// SPDX-License-Identifier: GPL-2.0-only
/**
 * Sorts the relocations of a section by type and symbol, as the kernel does before it counts PLT entries: where several are equal, only the
 * kernel's own heapsort leaves them in the kernel's order.
 *
 * Models: sort(rels, numrels, sizeof(Elf32_Rel), cmp_rel, NULL) of arch/arm/kernel/module-plts.c. This is kernelSort() of
 * src/kernel/lib_sort.ts written out for arrays of numbers, which is several times faster; a test holds the two together.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";

/** What is being sorted; kept from section to section. */
let keys = new Uint32Array(1 << 12);
let offsets = new Uint32Array(1 << 12);

/**
 * Sorts `count` records of Elf32_Rel in place.
 *
 * @param view the file's copy
 * @param at offset of the first record
 */
export function sortRelocations(view: DataView, at: number, count: number): void {
  if (count > keys.length) {
    keys = new Uint32Array(2 * count);
    offsets = new Uint32Array(2 * count);
  }
  let isSorted = true;
  for (let i = 0, from = at; i < count; i++, from += 8) {
    offsets[i] = view.getUint32(from, true);
    const info = view.getUint32(from + 4, true);
    keys[i] = (info << 24) | (info >>> 8);
    if (i > 0 && keys[i] <= keys[i - 1]) isSorted = false;
  }
  // Without two equal ones there is but one order.
  if (isSorted) return;
  heapsort(keys, offsets, count);
  for (let i = 0, to = at; i < count; i++, to += 8) {
    view.setUint32(to, offsets[i], true);
    view.setUint32(to + 4, u32((keys[i] << 8) | (keys[i] >>> 24)), true);
  }
}

function heapsort(keys: Uint32Array, offsets: Uint32Array, count: number): void {
  const swap = (a: number, b: number) => {
    const key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
    const offset = offsets[a];
    offsets[a] = offsets[b];
    offsets[b] = offset;
  };
  let end = count;
  let root = count >> 1;
  let shift = 0;
  for (;;) {
    if (root > 0) {
      root -= 1 << shift;
    } else if (end > 3) {
      end--;
      swap(0, end);
      shift = keys[1] <= keys[2] ? 1 : 0;
      root = 1 << shift;
      end--;
      swap(root, end);
    } else {
      break;
    }
    let leaf = root;
    let right = 2 * leaf + 2;
    for (; right < end; right = 2 * leaf + 2) leaf = right - Number(keys[right - 1] > keys[right]);
    if (right === end) leaf = right - 1;
    const key = keys[root];
    while (leaf !== root && key >= keys[leaf]) leaf = (leaf - 1) >> 1;
    if (leaf === root) continue;
    // The kernel swaps each record on the way up to the root with the one at this place, which moves each down by one.
    let movedKey = keys[leaf];
    let movedOffset = offsets[leaf];
    keys[leaf] = key;
    offsets[leaf] = offsets[root];
    do {
      leaf = (leaf - 1) >> 1;
      const nextKey = keys[leaf];
      const nextOffset = offsets[leaf];
      keys[leaf] = movedKey;
      offsets[leaf] = movedOffset;
      movedKey = nextKey;
      movedOffset = nextOffset;
    } while (leaf !== root);
  }
  end--;
  if (end < 0) return;
  swap(0, end);
  if (end === 2 && keys[0] > keys[1]) swap(0, 1);
}
