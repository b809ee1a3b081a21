// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/xarray.h, linux/idr.h and linux/radix-tree.h: pointers and numbers by index.
 *
 * Models: lib/xarray.c, lib/idr.c, lib/radix-tree.c, by what goes in and comes out. The nodes have no memory of their own; the head, by
 * which code sees that nothing is in, is kept as the kernel has it.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EBUSY, EEXIST, ENOENT, ENOSPC } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Services } from "../service.ts";
import { words } from "./words.ts";

/** Offsets in struct xarray, with which struct idr and struct ida begin, and in struct idr behind it. */
const XARRAY = { flags: 4, head: 8 };
const IDR = { base: 12, next: 16 };
/** XA_FLAGS_ALLOC1: numbers begin at 1. */
const XA_FLAGS_ZERO_BUSY = 8;
/** xa_mk_node(): an internal entry. */
const NODE = 2;
const NODE_SIZE = 576;
/** XA_ZERO_ENTRY: a place that is reserved. */
const ZERO_ENTRY = 257 << 2 | 2;
const MAX_ID = 0x7fffffff;

/** What is in one array: entries by index, marks by index. */
class Contents {
  readonly entries = new Map<number, number>();
  readonly marks = new Map<number, number>();

  indices(): number[] {
    return [...this.entries.keys()].sort((a, b) => a - b);
  }

  /** The lowest index of a range that is free. */
  free(from: number, to: number): number | undefined {
    for (let index = from; index <= to; index++) if (!this.entries.has(index)) return index;
    return undefined;
  }
}

class Arrays {
  readonly byAddress = new Map<number, Contents>();
  #node: number | undefined;

  /** A node's address, for heads. */
  node(call: Call): number {
    return this.#node ??= call.objects.reserve("struct xa_node", NODE_SIZE);
  }
}

/** The contents of the array at an address: none where its head says so, as of an array in new memory. */
function contentsOf(call: Call, array: number): Contents {
  const { byAddress } = call.state(Arrays);
  const known = byAddress.get(array);
  const isEmpty = call.bus.read32(array + XARRAY.head) === 0;
  if (known !== undefined && !isEmpty) return known;
  if (!isEmpty) throw new NotModelled("an xarray that other code has filled");
  const made = new Contents();
  byAddress.set(array, made);
  return made;
}

function showHead(call: Call, array: number, { entries }: Contents): void {
  const alone = entries.size === 1 ? entries.get(0) : undefined;
  const head = entries.size === 0 ? 0 : alone ?? (call.state(Arrays).node(call) | NODE);
  call.bus.write32(array + XARRAY.head, head);
}

/** Stores an entry, or removes it with 0. @returns what was there */
function put(call: Call, array: number, index: number, entry: number): number {
  const contents = contentsOf(call, array);
  const old = contents.entries.get(index) ?? 0;
  if (entry === 0) {
    contents.entries.delete(index);
    contents.marks.delete(index);
  } else contents.entries.set(index, entry);
  showHead(call, array, contents);
  return visible(old);
}

function visible(entry: number): number {
  return entry === ZERO_ENTRY ? 0 : entry;
}

const load = (call: Call) => {
  const [array, index] = words(call, 2);
  return visible(contentsOf(call, array).entries.get(index) ?? 0);
};

const store = (call: Call) => {
  const [array, index, entry] = words(call, 3);
  return put(call, array, index, entry);
};

const erase = (call: Call) => {
  const [array, index] = words(call, 2);
  return put(call, array, index, 0);
};

/** __xa_alloc(): the index goes where the pointer says. */
function xaAlloc(call: Call): number {
  const [array, at, entry, max, min] = words(call, 5);
  const busy = (call.bus.read32(array + XARRAY.flags) & XA_FLAGS_ZERO_BUSY) !== 0;
  const index = contentsOf(call, array).free(busy ? Math.max(min, 1) : min, max);
  if (index === undefined) return -EBUSY;
  call.bus.write32(at, index);
  put(call, array, index, entry === 0 ? ZERO_ENTRY : entry);
  return 0;
}

/** xa_find() and xa_find_after(): the next entry that has a mark, or any (8). */
function xaFind(call: Call, after: boolean): number {
  const [array, at, max, mark] = words(call, 4);
  const contents = contentsOf(call, array);
  const from = u32(call.bus.read32(at)) + (after ? 1 : 0);
  for (const index of contents.indices()) {
    const entry = contents.entries.get(index) ?? 0;
    const isMarked = mark === 8 || ((contents.marks.get(index) ?? 0) & (1 << mark)) !== 0;
    if (index < from || index > max || visible(entry) === 0 || !isMarked) continue;
    call.bus.write32(at, index);
    return entry;
  }
  return 0;
}

function setMark(call: Call, isSet: boolean): void {
  const [array, index, mark] = words(call, 3);
  const { entries, marks } = contentsOf(call, array);
  if (!entries.has(index)) return;
  const old = marks.get(index) ?? 0;
  marks.set(index, isSet ? old | (1 << mark) : old & ~(1 << mark));
}

function destroy(call: Call): void {
  const array = call.args.word();
  call.state(Arrays).byAddress.delete(array);
  call.bus.write32(array + XARRAY.head, 0);
}

/** The number that idr_alloc() and its kin take. @param end the first that is too high; 0 or less: none is */
function idrTake(call: Call, idr: number, entry: number, start: number, end: number): number {
  if (start < 0) throw new NotModelled("WARN_ON_ONCE() of idr_alloc(): start below 0");
  const base = call.bus.read32(idr + IDR.base);
  const max = end > 0 ? end - 1 : MAX_ID;
  const id = contentsOf(call, idr).free(Math.max(start, base), max);
  if (id === undefined) return -ENOSPC;
  put(call, idr, id, entry === 0 ? ZERO_ENTRY : entry);
  return id;
}

/** idr_get_next(): the first entry from a number on; the number goes where the pointer says. */
function nextEntry(call: Call): number {
  const [idr, at] = words(call, 2);
  const contents = contentsOf(call, idr);
  const from = u32(call.bus.read32(at));
  const id = contents.indices().find((each) => each >= from && visible(contents.entries.get(each) ?? 0) !== 0);
  if (id === undefined) return 0;
  call.bus.write32(at, id);
  return contents.entries.get(id) ?? 0;
}

export const XARRAYS: Services = {
  xa_load: load,
  xa_store: store,
  __xa_store: store,
  xa_erase: erase,
  __xa_erase: erase,
  __xa_insert: (call) => {
    const [array, index, entry] = words(call, 3);
    if (contentsOf(call, array).entries.has(index)) return -EBUSY;
    put(call, array, index, entry === 0 ? ZERO_ENTRY : entry);
    return 0;
  },
  __xa_cmpxchg: (call) => {
    const [array, index, old, entry] = words(call, 4);
    const now = visible(contentsOf(call, array).entries.get(index) ?? 0);
    if (now === old) put(call, array, index, entry);
    return now;
  },
  __xa_alloc: xaAlloc,
  xa_find: (call) => xaFind(call, false),
  xa_find_after: (call) => xaFind(call, true),
  xa_set_mark: (call) => setMark(call, true),
  xa_clear_mark: (call) => setMark(call, false),
  __xa_set_mark: (call) => setMark(call, true),
  __xa_clear_mark: (call) => setMark(call, false),
  xa_get_mark: (call) => {
    const [array, index, mark] = words(call, 3);
    return Number(((contentsOf(call, array).marks.get(index) ?? 0) & (1 << mark)) !== 0);
  },
  xa_destroy: destroy,
  radix_tree_lookup: load,
  radix_tree_insert: (call) => {
    const [array, index, entry] = words(call, 3);
    if (contentsOf(call, array).entries.has(index)) return -EEXIST;
    put(call, array, index, entry);
    return 0;
  },
  radix_tree_delete: erase,
  idr_alloc: (call) => {
    const [idr, entry, start, end] = words(call, 4);
    return idrTake(call, idr, entry, s32(start), s32(end));
  },
  idr_alloc_cyclic: (call) => {
    const [idr, entry, start, end] = words(call, 4);
    const next = Math.max(s32(start), call.bus.read32(idr + IDR.next));
    const later = idrTake(call, idr, entry, next, s32(end));
    const id = later === -ENOSPC && next > s32(start) ? idrTake(call, idr, entry, s32(start), s32(end)) : later;
    if (id >= 0) call.bus.write32(idr + IDR.next, id + 1);
    return id;
  },
  idr_alloc_u32: (call) => {
    const [idr, entry, at, max] = words(call, 4);
    const base = call.bus.read32(idr + IDR.base);
    const id = contentsOf(call, idr).free(Math.max(u32(call.bus.read32(at)), base), max);
    if (id === undefined) return -ENOSPC;
    put(call, idr, id, entry === 0 ? ZERO_ENTRY : entry);
    call.bus.write32(at, id);
    return 0;
  },
  idr_find: load,
  idr_remove: erase,
  idr_replace: (call) => {
    const [idr, entry, id] = words(call, 3);
    const { entries } = contentsOf(call, idr);
    const old = entries.get(id);
    if (old === undefined) return -ENOENT;
    put(call, idr, id, entry === 0 ? ZERO_ENTRY : entry);
    return visible(old);
  },
  idr_for_each: (call) => {
    const [idr, callback, data] = words(call, 3);
    const contents = contentsOf(call, idr);
    for (const id of contents.indices()) {
      const result = call.invoke(callback, id, visible(contents.entries.get(id) ?? 0), data);
      if (result !== 0) return result;
    }
    return 0;
  },
  idr_get_next: nextEntry,
  idr_get_next_ul: nextEntry,
  idr_destroy: destroy,
  idr_preload: () => {},
  ida_alloc_range: (call) => {
    const [ida, min, max] = words(call, 3);
    if (s32(min) < 0) return -ENOSPC;
    const id = contentsOf(call, ida).free(min, s32(max) < 0 ? MAX_ID : max);
    if (id === undefined) return -ENOSPC;
    put(call, ida, id, ZERO_ENTRY);
    return id;
  },
  ida_free: (call) => {
    const [ida, id] = words(call, 2);
    if (s32(id) < 0) return;
    if (!contentsOf(call, ida).entries.has(id)) throw new NotModelled(`WARN() of ida_free() of ${id}, which is not allocated`);
    put(call, ida, id, 0);
  },
  ida_destroy: destroy,
};
