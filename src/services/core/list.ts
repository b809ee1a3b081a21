// SPDX-License-Identifier: GPL-2.0-only
/**
 * struct list_head in the memory that the CPU sees, as linux/list.h keeps it, and the checks of lists that CONFIG_DEBUG_LIST adds.
 *
 * Models: lib/list_debug.c for lists that are as they have to be; another one is a BUG().
 *
 * @module
 */

import type { Bus } from "../../cpu/bus.ts";
import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Services } from "../service.ts";
import { words } from "./words.ts";

const NEXT = 0;
const PREV = 4;
/** What list_del() leaves in an entry. */
const LIST_POISON1 = 0x100;
const LIST_POISON2 = 0x122;

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

/** __list_add_valid_or_report(). */
function mayAdd(call: Call): number {
  const [entry, prev, next] = words(call, 3);
  const { bus } = call;
  const isValid = prev !== 0 && next !== 0 && u32(bus.read32(next + PREV)) === prev && u32(bus.read32(prev + NEXT)) === next &&
    entry !== prev && entry !== next;
  if (!isValid) throw new NotModelled("BUG() of __list_add_valid_or_report(): list_add corruption");
  return 1;
}

/** __list_del_entry_valid_or_report(). */
function mayDelete(call: Call): number {
  const [entry] = words(call, 1);
  const { bus } = call;
  const [next, prev] = [u32(bus.read32(entry + NEXT)), u32(bus.read32(entry + PREV))];
  const isListed = next !== 0 && prev !== 0 && next !== LIST_POISON1 && prev !== LIST_POISON2;
  if (!isListed || u32(bus.read32(prev + NEXT)) !== entry || u32(bus.read32(next + PREV)) !== entry) {
    throw new NotModelled("BUG() of __list_del_entry_valid_or_report(): list_del corruption");
  }
  return 1;
}

export const LIST_DEBUG: Services = {
  __list_add_valid_or_report: mayAdd,
  __list_del_entry_valid_or_report: mayDelete,
};
