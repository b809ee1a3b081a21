// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/slab.h: caches of objects of one size.
 *
 * Models: __kmem_cache_create_args(), kmem_cache_alloc_noprof() and its kin, kmem_cache_free(), kmem_cache_destroy() of mm/slab_common.c
 * and mm/slub.c. Objects come from src/kernel/slab.ts; each is made anew, so that a constructor is called for each object as it is handed
 * out, where the kernel calls it for all objects of a page at once. /proc/slabinfo and the merging of caches are not there.
 *
 * @module
 */

import { hex32, u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { words } from "./words.ts";

/** Room for a struct kmem_cache of any configuration, bytes. */
const KMEM_CACHE_SIZE = 256;
/** kmalloc()'s objects are aligned to this (ARCH_KMALLOC_MINALIGN); those whose size is a power of two, to their size. */
const NATURAL_ALIGNMENT = 64;
/** Offsets in struct kmem_cache_args. */
const ARGS = { align: 0, ctor: 20 };

interface Cache {
  readonly name: string;
  /** Bytes of an object. */
  readonly size: number;
  /** Bytes that are asked for, so that the alignment comes out. */
  readonly room: number;
  /** Address, or 0. */
  readonly constructor_: number;
  readonly live: Set<number>;
}

class Caches {
  readonly byAddress = new Map<number, Cache>();
}

function cacheAt(call: Call, address: number): Cache {
  const cache = call.state(Caches).byAddress.get(address);
  if (cache === undefined) throw new NotModelled(`struct kmem_cache at ${hex32(address)}, which no module has made`);
  return cache;
}

function create(call: Call): number {
  const [name, size, args] = words(call, 3);
  const { bus, objects } = call;
  const alignment = args === 0 ? 0 : u32(bus.read32(args + ARGS.align));
  const room = alignment > NATURAL_ALIGNMENT ? 2 ** Math.ceil(Math.log2(Math.max(size, alignment))) : size;
  const text = stringAt(bus, name);
  const address = objects.reserve(`struct kmem_cache of ${text}`, KMEM_CACHE_SIZE);
  const constructor_ = args === 0 ? 0 : u32(bus.read32(args + ARGS.ctor));
  call.state(Caches).byAddress.set(address, { name: text, size, room, constructor_, live: new Set() });
  return address;
}

function allocate(call: Call, cache: Cache): number {
  const address = call.kernel.slab.kmalloc(cache.room);
  if (address === 0) throw new NotModelled(`kmem_cache_alloc() of ${cache.size} bytes`);
  cache.live.add(address);
  if (cache.constructor_ !== 0) call.invoke(cache.constructor_, address);
  return address;
}

function free({ kernel }: Call, cache: Cache, address: number): void {
  if (!cache.live.delete(address)) {
    throw new NotModelled(`kmem_cache_free() of ${hex32(address)}, which is not of ${cache.name}`);
  }
  kernel.slab.kfree(address);
}

function destroy(call: Call): void {
  const address = call.args.word();
  if (address === 0) return;
  const { name, live } = cacheAt(call, address);
  if (live.size > 0) throw new NotModelled(`kmem_cache_destroy() of ${name}, which still has objects`);
  call.state(Caches).byAddress.delete(address);
}

const allocateOne = (call: Call) => allocate(call, cacheAt(call, call.args.word()));

export const KMEM_CACHE: Services = {
  __kmem_cache_create_args: create,
  kmem_cache_alloc_noprof: allocateOne,
  kmem_cache_alloc_lru_noprof: allocateOne,
  kmem_cache_alloc_node_noprof: allocateOne,
  kmem_cache_alloc_bulk_noprof: (call) => {
    const [address, , count, array] = words(call, 4);
    const cache = cacheAt(call, address);
    for (let i = 0; i < count; i++) call.bus.write32(array + 4 * i, allocate(call, cache));
    return count;
  },
  kmem_cache_free: (call) => {
    const [cache, object] = words(call, 2);
    if (object !== 0) free(call, cacheAt(call, cache), object);
  },
  kmem_cache_free_bulk: (call) => {
    const [cache, count, array] = words(call, 3);
    for (let i = 0; i < count; i++) free(call, cacheAt(call, cache), u32(call.bus.read32(array + 4 * i)));
  },
  kmem_cache_size: (call) => cacheAt(call, call.args.word()).size,
  kmem_cache_shrink: (call) => {
    cacheAt(call, call.args.word());
    return 0;
  },
  kmem_cache_destroy: destroy,
  // linux/mempool.h: the pool's data is the cache.
  mempool_alloc_slab: (call) => allocate(call, cacheAt(call, words(call, 2)[1])),
  mempool_free_slab: (call) => {
    const [object, cache] = words(call, 2);
    free(call, cacheAt(call, cache), object);
  },
};
