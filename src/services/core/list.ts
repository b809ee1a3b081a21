// SPDX-License-Identifier: GPL-2.0-only
/**
 * struct list_head in the memory that the CPU sees, as linux/list.h keeps it.
 *
 * @module
 */

import type { Bus } from "../../cpu/bus.ts";
import { u32 } from "../../elf/word.ts";

const NEXT = 0;
const PREV = 4;

/** INIT_LIST_HEAD(). */
export function initList(bus: Bus, head: number): void {
  bus.write32(head + NEXT, head);
  bus.write32(head + PREV, head);
}

/** list_add_tail(). */
export function addTail(bus: Bus, entry: number, head: number): void {
  const last = bus.read32(head + PREV);
  bus.write32(head + PREV, entry);
  bus.write32(entry + NEXT, head);
  bus.write32(entry + PREV, last);
  bus.write32(last + NEXT, entry);
}

/** list_del_init(). */
export function removeFromList(bus: Bus, entry: number): void {
  const [next, prev] = [bus.read32(entry + NEXT), bus.read32(entry + PREV)];
  bus.write32(next + PREV, prev);
  bus.write32(prev + NEXT, next);
  initList(bus, entry);
}

/** The entries of a list as it stands now. */
export function listEntries(bus: Bus, head: number): number[] {
  const entries = [];
  for (let at = u32(bus.read32(head + NEXT)); at !== u32(head); at = u32(bus.read32(at + NEXT))) entries.push(at);
  return entries;
}
