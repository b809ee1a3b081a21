// SPDX-License-Identifier: GPL-2.0-only
/**
 * A part of a list, chosen by a seed.
 *
 * @module
 */

import { createHash } from "node:crypto";

/**
 * `count` of the items, in their order; all where there are no more. One seed chooses the same items from one list on every machine,
 * and an item that is added to the list changes the choice by no more than itself.
 *
 * @param name tells the items apart
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sampleOf } from "./sample.ts";
 * assertEquals(sampleOf(["a", "b", "c"], 5, "1", (name) => name), ["a", "b", "c"]);
 * assertEquals(sampleOf(["a", "b", "c", "d"], 2, "1", (name) => name).length, 2);
 * ```
 */
export function sampleOf<Item>(items: readonly Item[], count: number, seed: string, name: (item: Item) => string): Item[] {
  const drawn = items.map((item, index) => ({
    item,
    index,
    lot: createHash("sha256").update(`${seed}\0${name(item)}`).digest("hex"),
  }));
  const chosen = drawn.sort((a, b) => a.lot < b.lot ? -1 : 1).slice(0, count);
  return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item);
}
