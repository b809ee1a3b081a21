// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/inet_frag.h, net/inet_hashtables.h, net/dst_cache.h, net/gro_cells.h and net/ipv6.h: tables of the internet protocols, in a module's own structs.
 *
 * Models: inet_frags_init() and fqdir_init() of net/ipv4/inet_fragment.c, inet_hashinfo2_init_mod() and inet_ehash_locks_alloc() of
 * net/ipv4/inet_hashtables.c for one CPU, dst_cache_init() of net/core/dst_cache.c, gro_cells_init() of net/core/gro_cells.c, ipv6_mod_enabled() of net/ipv6/af_inet6.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { PER_CPU_OFFSET } from "../core/percpu.ts";
import { offsetOf } from "../layout.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

/** struct inet_frags, and the wait queue of the struct completion in it. */
const FRAGS = { cache: 16, cacheName: 20, references: 52, completion: 56, waiters: 64 };
/** IPV6_ADDR_ of net/ipv6.h. */
const ADDRESS = {
  ANY: 0,
  UNICAST: 1,
  MULTICAST: 2,
  LOOPBACK: 0x10,
  LINKLOCAL: 0x20,
  SITELOCAL: 0x40,
  COMPATV4: 0x80,
  MAPPED: 0x1000,
};
const SCOPE = { LINKLOCAL: 2, SITELOCAL: 5, GLOBAL: 14 };
/** struct fqdir: where its size and its fields before the table are the same in any configuration. */
const FQDIR = { frags: 16, net: 20 };
/** Bytes of struct dst_cache_pcpu, and room for a struct gro_cell of any configuration. */
const DST_CACHE_SIZE = 28;
const GRO_CELL_SIZE = 512;
/** struct inet_hashinfo; INET_LHTABLE_SIZE; struct inet_listen_hashbucket: a lock and the head of an empty list that ends in an odd number. */
const HASHINFO = { locks: 4, mask: 8, locksMask: 12, listenMask: 36, listen: 40 };
const LISTEN_BUCKETS = 32;
const BUCKET = { size: 8, head: 4 };
/** Locks of a CPU: a page of them, 4 bytes each. */
const LOCKS_PER_CPU = 1024;

function initFrags(call: Call): number {
  const { bus } = call;
  const frags = call.args.word();
  const name = stringAt(bus, u32(bus.read32(frags + FRAGS.cacheName)));
  bus.write32(frags + FRAGS.cache, unexported(call, `struct kmem_cache ${name}`));
  bus.write32(frags + FRAGS.references, 1);
  bus.write32(frags + FRAGS.completion, 0);
  bus.write32(frags + FRAGS.completion + 4, 0);
  bus.write32(frags + FRAGS.waiters, frags + FRAGS.waiters);
  bus.write32(frags + FRAGS.waiters + 4, frags + FRAGS.waiters);
  return 0;
}

/** fqdir_init(): of the table in it nothing is known. */
function initDirectory(call: Call): number {
  const { bus, objects } = call;
  const [pointer, frags, net] = [call.args.word(), call.args.word(), call.args.word()];
  const directory = objects.reserve("struct fqdir", offsetOf(call, "fqdir", "size"));
  objects.know(directory, new Uint8Array(FQDIR.frags));
  objects.know32(directory + FQDIR.frags, frags);
  objects.know32(directory + FQDIR.net, net);
  objects.know32(directory + offsetOf(call, "fqdir", "mem"), 0);
  bus.write32(frags + FRAGS.references, bus.read32(frags + FRAGS.references) + 1);
  bus.write32(pointer, directory);
  return 0;
}

/** dst_cache_init(): nothing in it, and the time from when on it counts. */
function initDstCache({ bus, args, kernel }: Call): number {
  const cache = args.word();
  const jiffies = kernel.profile.exports.find("jiffies")?.value;
  if (jiffies === undefined) throw new NotModelled("dst_cache_init(): the kernel does not export jiffies");
  bus.write32(cache, u32(kernel.slab.kmalloc(DST_CACHE_SIZE) - PER_CPU_OFFSET));
  bus.write32(cache + 4, bus.read32(jiffies));
  return 0;
}

/** __ipv6_addr_type(): the kind of an address, and its scope in the upper half. */
function addressType({ bus, args }: Call): number {
  const address = args.word();
  const word = (i: number) => u32(bus.read32(address + 4 * i));
  const [first, second] = [bus.read8(address), bus.read8(address + 1)];
  const kind = (type: number, scope: number) => type | (scope << 16);
  if ((first & 0xe0) !== 0 && (first & 0xe0) !== 0xe0) return kind(ADDRESS.UNICAST, SCOPE.GLOBAL);
  if (first === 0xff) {
    const scope = second & 15;
    const type = { 1: ADDRESS.LOOPBACK, 2: ADDRESS.LINKLOCAL, 5: ADDRESS.SITELOCAL }[scope] ?? 0;
    return kind(ADDRESS.MULTICAST | type, scope);
  }
  if (first === 0xfe && (second & 0xc0) === 0x80) return kind(ADDRESS.LINKLOCAL | ADDRESS.UNICAST, SCOPE.LINKLOCAL);
  if (first === 0xfe && (second & 0xc0) === 0xc0) return kind(ADDRESS.SITELOCAL | ADDRESS.UNICAST, SCOPE.SITELOCAL);
  if ((word(0) | word(1)) !== 0 || (first & 0xfe) === 0xfc) return kind(ADDRESS.UNICAST, SCOPE.GLOBAL);
  if (word(2) === 0) {
    if (word(3) === 0) return ADDRESS.ANY;
    if (word(3) === 0x0100_0000) return kind(ADDRESS.LOOPBACK | ADDRESS.UNICAST, SCOPE.LINKLOCAL);
    return kind(ADDRESS.COMPATV4 | ADDRESS.UNICAST, SCOPE.GLOBAL);
  }
  return kind(word(2) === 0xffff_0000 ? ADDRESS.MAPPED : ADDRESS.UNICAST, SCOPE.GLOBAL);
}

function initListenTable({ bus, args, kernel }: Call): number {
  const info = args.word();
  const table = kernel.slab.kmalloc(LISTEN_BUCKETS * BUCKET.size);
  for (let i = 0; i < LISTEN_BUCKETS; i++) bus.write32(table + i * BUCKET.size + BUCKET.head, 1);
  bus.write32(info + HASHINFO.listen, table);
  bus.write32(info + HASHINFO.listenMask, LISTEN_BUCKETS - 1);
  return 0;
}

function allocLocks({ bus, args, kernel }: Call): number {
  const info = args.word();
  const count = Math.min(LOCKS_PER_CPU, u32(bus.read32(info + HASHINFO.mask)) + 1);
  bus.write32(info + HASHINFO.locks, kernel.slab.kmalloc(4 * count));
  bus.write32(info + HASHINFO.locksMask, count - 1);
  return 0;
}

export const INET: Services = {
  inet_frags_init: initFrags,
  inet_frags_fini: (call) => call.bus.write32(call.args.word() + FRAGS.cache, 0),
  fqdir_init: initDirectory,
  fqdir_pre_exit: ({ bus, args }) => bus.write32(args.word(), 0),
  fqdir_exit: () => {},
  clean_acked_data_flush: () => {},
  dst_cache_init: initDstCache,
  dst_cache_destroy: ({ bus, args, kernel }) => {
    const cache = u32(bus.read32(args.word()));
    if (cache !== 0) kernel.slab.kfree(u32(cache + PER_CPU_OFFSET));
  },
  gro_cells_init: ({ bus, args, kernel }) => {
    bus.write32(args.word(), u32(kernel.slab.kmalloc(GRO_CELL_SIZE) - PER_CPU_OFFSET));
    return 0;
  },
  gro_cells_destroy: ({ bus, args }) => bus.write32(args.word(), 0),
  inet_hashinfo2_init_mod: initListenTable,
  inet_ehash_locks_alloc: allocLocks,
  ipv6_mod_enabled: () => 1,
  __ipv6_addr_type: addressType,
};
