// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which guests of a corpus are replayed. A guest is replayed whole: where a module lands depends on all that came before it.
 *
 * @module
 */

import { InputError } from "../input_error.ts";
import type { CorpusGuest } from "./recording.ts";

/** Part `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Reads `i/n`.
 *
 * @throws {InputError} for anything else
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseShard } from "./choose.ts";
 * assertEquals(parseShard("2/3"), { index: 2, count: 3 });
 * ```
 */
export function parseShard(text: string): Shard {
  const found = /^(\d+)\/(\d+)$/.exec(text);
  const shard = { index: Number(found?.[1]), count: Number(found?.[2]) };
  if (found && shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new InputError(`Shard "${text}" is not i/n with 1 <= i <= n`);
}

/** The guests of one shard, by their numbers. Together the shards of one count have each guest once. */
export function guestsOfShard(guests: readonly CorpusGuest[], { index, count }: Shard): number[] {
  return [...guests.keys()].filter((number) => number % count === index - 1);
}

function modulesOf(guest: CorpusGuest): Set<string> {
  return new Set(guest.filter(({ op }) => op === "insmod").map(({ module }) => module));
}

/** Guests with at least `count` modules between them, from all over the corpus and always the same ones. */
export function sampleGuests(guests: readonly CorpusGuest[], numbers: readonly number[], count: number): number[] {
  const chosen: number[] = [];
  const modules = new Set<string>();
  // Halving again and again: the first, the middle one, the quarters, the eighths.
  const spread = numbers.map((_, i) => i).sort((a, b) => bitReversed(a) - bitReversed(b));
  for (const at of spread) {
    if (modules.size >= count) break;
    chosen.push(numbers[at]);
    for (const module of modulesOf(guests[numbers[at]])) modules.add(module);
  }
  return chosen.sort((a, b) => a - b);
}

/** The lowest 16 bits in reverse order. */
function bitReversed(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 16; bit++) reversed = reversed * 2 + (value >> bit & 1);
  return reversed;
}
