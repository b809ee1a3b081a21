// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/rhashtable.h: tables whose entries inline functions of modules find and add; they grow when a worker comes to it.
 *
 * Models: rhashtable_init_noprof(), rhashtable_free_and_destroy() of lib/rhashtable.c; lib/bucket_locks.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { bytesAt, putBytes } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { kernelFunction } from "../unexported.ts";
import { initList } from "./list.ts";
import { words } from "./words.ts";

/** Offsets in struct rhashtable, and its size without what is only there to count allocations. */
const TABLE = { tbl: 0, keyLen: 4, maxElems: 8, p: 12, rhlist: 40, runWork: 44, mutex: 60, lock: 80, nelems: 84, size: 88 };
/** Offsets in struct rhashtable_params, and its size. */
const PARAMS = {
  nelemHint: 0,
  keyLen: 2,
  headOffset: 6,
  maxSize: 8,
  minSize: 12,
  hashfn: 16,
  objHashfn: 20,
  objCmpfn: 24,
  size: 28,
};
/** Offsets in struct bucket_table. */
const BUCKETS = { size: 0, nest: 4, hashRnd: 8, walkers: 12, buckets: 64 };
const HASH_MIN_SIZE = 4;
const HASH_DEFAULT_SIZE = 64;
/** Offsets in struct mutex and struct work_struct. */
const MUTEX_WAIT_LIST = 12;
const WORK = { data: 0, entry: 4, func: 12 };
/** WORK_STRUCT_NO_POOL. */
const NO_POOL = 0xffe00000;
/** The hash of a table's keys begins with a random number; here it is always the same. */
const HASH_RND = 0x1f83_d9ab;

function roundUp(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** The p of a table as rhashtable_init() makes it of the parameters. */
function writeParams(call: Call, table: number, params: number): void {
  const { bus } = call;
  const p = table + TABLE.p;
  putBytes(bus, p, bytesAt(bus, params, PARAMS.size));
  const minSize = bus.read16(params + PARAMS.minSize);
  const maxSize = u32(bus.read32(params + PARAMS.maxSize));
  bus.write16(p + PARAMS.minSize, Math.max(HASH_MIN_SIZE, minSize === 0 ? 0 : roundUp(minSize)));
  if (maxSize !== 0) bus.write32(p + PARAMS.maxSize, 2 ** Math.floor(Math.log2(maxSize)));
  const keyLength = bus.read16(params + PARAMS.keyLen);
  const inWords = bus.read32(params + PARAMS.hashfn) === 0 && keyLength % 4 === 0;
  bus.write32(table + TABLE.keyLen, inWords ? keyLength / 4 : keyLength);
  if (bus.read32(params + PARAMS.hashfn) === 0) {
    bus.write32(p + PARAMS.hashfn, kernelFunction(call, inWords ? "rhashtable_jhash2" : "jhash"));
  }
  const rounded = u32(bus.read32(p + PARAMS.maxSize));
  bus.write32(table + TABLE.maxElems, rounded !== 0 && rounded < 2 ** 30 ? rounded * 2 : 0x80000000);
}

function initTable(call: Call, table: number, params: number): number {
  const { bus, kernel } = call;
  const [keyLength, hash, compare] = [
    bus.read16(params + PARAMS.keyLen),
    bus.read32(params + PARAMS.objHashfn),
    bus.read32(params + PARAMS.objCmpfn),
  ];
  if ((keyLength === 0 && hash === 0) || (hash !== 0 && compare === 0)) return -EINVAL;
  putBytes(bus, table, new Uint8Array(TABLE.size));
  initList(bus, table + TABLE.mutex + MUTEX_WAIT_LIST);
  writeParams(call, table, params);
  const hint = bus.read16(params + PARAMS.nelemHint);
  const minSize = bus.read16(table + TABLE.p + PARAMS.minSize);
  const size = Math.max(hint === 0 ? HASH_DEFAULT_SIZE : roundUp(Math.floor(hint * 4 / 3)), minSize);
  const buckets = kernel.slab.kmalloc(BUCKETS.buckets + 4 * size);
  if (buckets === 0) throw new NotModelled(`rhashtable_init() of ${size} buckets`);
  bus.write32(buckets + BUCKETS.size, size);
  bus.write32(buckets + BUCKETS.hashRnd, HASH_RND);
  initList(bus, buckets + BUCKETS.walkers);
  bus.write32(table + TABLE.tbl, buckets);
  bus.write32(table + TABLE.runWork + WORK.data, NO_POOL);
  initList(bus, table + TABLE.runWork + WORK.entry);
  bus.write32(table + TABLE.runWork + WORK.func, kernelFunction(call, "rht_deferred_worker"));
  return 0;
}

/** Gives each entry to a function, and the buckets back. @param free 0 for none */
function destroyTable(call: Call, table: number, free: number, argument: number): void {
  const { bus, kernel } = call;
  const buckets = u32(bus.read32(table + TABLE.tbl));
  const headOffset = bus.read16(table + TABLE.p + PARAMS.headOffset);
  for (let i = 0; free !== 0 && i < bus.read32(buckets + BUCKETS.size); i++) {
    // Bit 0 locks a bucket, and marks the end of its chain.
    let head = u32(bus.read32(buckets + BUCKETS.buckets + 4 * i) & ~1);
    while (head !== 0 && (head & 1) === 0) {
      const next = u32(bus.read32(head));
      call.invoke(free, head - headOffset, argument);
      head = next;
    }
  }
  kernel.slab.kfree(buckets);
}

/** __alloc_bucket_spinlocks(): one CPU asks for at most `perCpu` of them. */
function allocateBucketLocks({ bus, args, kernel }: Call): number {
  const [locks, mask, maxSize, perCpu] = [args.word(), args.word(), args.word(), args.word()];
  const count = perCpu === 0 ? maxSize : Math.min(perCpu, maxSize);
  bus.write32(locks, kernel.slab.kmalloc(4 * count));
  bus.write32(mask, count - 1);
  return 0;
}

export const RHASHTABLE: Services = {
  __alloc_bucket_spinlocks: allocateBucketLocks,
  free_bucket_spinlocks: ({ args, kernel }) => kernel.slab.kfree(args.word()),
  rhashtable_init_noprof: (call) => {
    const [table, params] = words(call, 2);
    return initTable(call, table, params);
  },
  rhltable_init_noprof: (call) => {
    const [table, params] = words(call, 2);
    const error = initTable(call, table, params);
    call.bus.write8(table + TABLE.rhlist, 1);
    return error;
  },
  rhashtable_destroy: (call) => destroyTable(call, call.args.word(), 0, 0),
  rhashtable_free_and_destroy: (call) => {
    const [table, free, argument] = words(call, 3);
    if (call.bus.read8(table + TABLE.rhlist) !== 0 && free !== 0) {
      throw new NotModelled("rhashtable_free_and_destroy() of lists");
    }
    destroyTable(call, table, free, argument);
  },
};
