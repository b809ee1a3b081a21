// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which kept guests are removed, so that the cache has a bound.
 *
 * @module
 */

/** A guest takes about 90 MB; each command line of the cases has two. */
const KEPT = 64;
const DAY_MS = 86_400_000;
const KEPT_DAYS = 14;
/** A guest that is still being made has a longer name; nobody works on one for so long. */
const HALF_MADE_DAYS = 1;
const MADE = /^boot-[0-9a-f]{12}$/;
const HALF_MADE = /^boot-[0-9a-f]{12}\./;

export interface KeptGuest {
  /** Name of its directory. */
  name: string;
  /** When it was last used; ms since 1970. */
  used: number;
}

/**
 * The names of those that go: all but the last used ones, and what has not been used for long.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { staleGuests } from "./stale.ts";
 * const day = 86_400_000;
 * const guests = [{ name: "boot-00000000000a", used: 0 }, { name: "boot-00000000000b", used: 9 * day }, { name: "own", used: 0 }];
 * assertEquals(staleGuests(guests, 15 * day), ["boot-00000000000a"]);
 * ```
 */
export function staleGuests(guests: readonly KeptGuest[], now: number): string[] {
  const made = guests.filter(({ name }) => MADE.test(name)).sort((a, b) => b.used - a.used);
  const stale = made.filter(({ used }, index) => index >= KEPT || now - used > KEPT_DAYS * DAY_MS);
  const left = guests.filter(({ name, used }) => HALF_MADE.test(name) && now - used > HALF_MADE_DAYS * DAY_MS);
  return [...stale, ...left].map(({ name }) => name);
}
