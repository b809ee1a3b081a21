// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/rhashtable.h, linux/once.h and linux/zlib.h: of tables with resizing only that they are there; nothing is known of what
 * is in them.
 *
 * Models: rhashtable_init() and rhltable_init() of lib/rhashtable.c, __alloc_bucket_spinlocks() of lib/bucket_locks.c for one CPU,
 * __do_once_start() and __do_once_done() of lib/once.c, zlib_inflate_workspacesize() of lib/zlib_inflate/inflate.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { bytesAt, putBytes } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

/** struct rhashtable; struct rhashtable_params; struct bucket_table. */
const TABLE = {
  buckets: 0,
  keyLength: 4,
  maxElements: 8,
  params: 12,
  list: 40,
  work: 44,
  mutexWaiters: 72,
  size: 88,
};
const PARAMS = { keyLength: 2, maxSize: 8, minSize: 12, hash: 16, objectHash: 20, objectCompare: 24, size: 28 };
const BUCKET_TABLE_SIZE = 64;
const HASH_MIN_SIZE = 4;
/** struct work_struct: its list and function. */
const WORK = { entry: 4, function: 12 };
/** struct inflate_workspace: bytes. */
const INFLATE_WORKSPACE = 42284;

function powerBelow(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}

function powerFrom(value: number): number {
  return 2 ** Math.ceil(Math.log2(value));
}

/** An empty list. */
function initList({ bus }: Call, list: number): void {
  bus.write32(list, list);
  bus.write32(list + 4, list);
}

/** The fields that follow from the parameters. */
function applyParams(call: Call, table: number, params: number): void {
  const { bus } = call;
  const own = table + TABLE.params;
  const [maxSize, minSize, keyLength] = [
    u32(bus.read32(params + PARAMS.maxSize)),
    bus.read16(params + PARAMS.minSize),
    bus.read16(params + PARAMS.keyLength),
  ];
  putBytes(bus, own, bytesAt(bus, params, PARAMS.size));
  bus.write16(own + PARAMS.minSize, Math.max(minSize === 0 ? 0 : powerFrom(minSize), HASH_MIN_SIZE));
  if (maxSize !== 0) bus.write32(own + PARAMS.maxSize, powerBelow(maxSize));
  const limit = maxSize === 0 ? 2 ** 31 : Math.min(2 * powerBelow(maxSize), 2 ** 31);
  bus.write32(table + TABLE.maxElements, limit);
  const ownHash = bus.read32(params + PARAMS.hash) !== 0;
  const inWords = !ownHash && keyLength % 4 === 0;
  bus.write32(table + TABLE.keyLength, inWords ? keyLength / 4 : keyLength);
  if (!ownHash) bus.write32(own + PARAMS.hash, unexported(call, inWords ? "rhashtable_jhash2" : "jhash"));
}

function initTable(call: Call, isList: boolean): number {
  const { bus, args, objects } = call;
  const [table, params] = [args.word(), args.word()];
  const has = (offset: number) => bus.read32(params + offset) !== 0;
  const hasKey = bus.read16(params + PARAMS.keyLength) !== 0;
  if ((!hasKey && !has(PARAMS.objectHash)) || (has(PARAMS.objectHash) && !has(PARAMS.objectCompare))) return -EINVAL;
  putBytes(bus, table, new Uint8Array(TABLE.size));
  applyParams(call, table, params);
  initList(call, table + TABLE.mutexWaiters);
  initList(call, table + TABLE.work + WORK.entry);
  bus.write32(table + TABLE.work + WORK.function, unexported(call, "rht_deferred_worker"));
  bus.write32(table + TABLE.buckets, objects.reserve("struct bucket_table", BUCKET_TABLE_SIZE));
  bus.write8(table + TABLE.list, isList ? 1 : 0);
  return 0;
}

function allocBucketLocks({ bus, args, kernel }: Call): number {
  const [locks, mask, maxSize, perCpu] = [args.word(), args.word(), args.word(), args.word()];
  const count = perCpu === 0 ? maxSize : Math.min(perCpu, maxSize);
  bus.write32(locks, kernel.slab.kmalloc(4 * count));
  bus.write32(mask, count - 1);
  return 0;
}

export const RHASHTABLE: Services = {
  rhashtable_init_noprof: (call) => initTable(call, false),
  rhltable_init_noprof: (call) => initTable(call, true),
  __alloc_bucket_spinlocks: allocBucketLocks,
  free_bucket_spinlocks: ({ args, kernel }) => kernel.slab.kfree(args.word()),
  __do_once_start: ({ bus, args }) => bus.read8(args.word()) === 0 ? 1 : 0,
  __do_once_done: ({ bus, args }) => bus.write8(args.word(), 1),
  __do_once_sleepable_start: ({ bus, args }) => bus.read8(args.word()) === 0 ? 1 : 0,
  __do_once_sleepable_done: ({ bus, args }) => bus.write8(args.word(), 1),
  zlib_inflate_workspacesize: () => INFLATE_WORKSPACE,
};
