// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/gfp.h, linux/vmalloc.h and linux/mempool.h.
 *
 * Models: get_free_pages_noprof() and free_pages() of mm/page_alloc.c on the memory of src/kernel/slab.ts; the exports of mm/vmalloc.c on
 * vmalloc space as the profile knows it, kvfree() of mm/util.c; mm/mempool.c without waiting. Memory is zeroed, and there is always some.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { PAGE_SIZE } from "../../kernel/execmem.ts";
import { ENOMEM } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Services } from "../service.ts";
import { initList } from "./list.ts";
import { words } from "./words.ts";

function getFreePages({ kernel }: Call, order: number): number {
  const address = kernel.slab.kmalloc(PAGE_SIZE << order);
  if (address === 0) throw new NotModelled(`get_free_pages() of order ${order}`);
  return address;
}

function freePages({ kernel, args }: Call): void {
  kernel.slab.kfree(args.word());
}

/** vmalloc(): 0 where there is no room, as for 0 bytes. */
function vmalloc({ kernel }: Call, size: number): number {
  return kernel.execmem.vmallocPages(size)?.base ?? 0;
}

const vmallocOfSize = (call: Call) => vmalloc(call, call.args.word());

function vfree({ kernel, bus }: Call, address: number): void {
  if (address === 0) return;
  const area = kernel.space.find(address);
  if (area === undefined || area.base !== address) throw new NotModelled("vfree() of what vmalloc() did not return");
  kernel.execmem.free(area);
  bus.unmap(area.base, area.bytes.length);
}

function isVmallocAddress({ kernel }: Call, address: number): boolean {
  const { start, end } = kernel.profile.vmalloc;
  return address >= start && address < end;
}

function kvfree(call: Call): void {
  const address = call.args.word();
  if (isVmallocAddress(call, address)) vfree(call, address);
  else call.kernel.slab.kfree(address);
}

/** Offsets in struct mempool_s, and its size. */
const MEMPOOL = { lock: 0, minNr: 4, currNr: 8, elements: 12, poolData: 16, alloc: 20, free: 24, wait: 28, size: 40 };
const GFP_KERNEL = 0xcc0;

/** What a pool is made of: its arguments in their order. */
type PoolArguments = readonly [minNr: number, alloc: number, free: number, poolData: number];

/** mempool_init_node(): fills the pool. */
function initMempool(call: Call, pool: number, [minNr, alloc, free, poolData]: PoolArguments): number {
  const { bus, kernel } = call;
  const elements = kernel.slab.kmalloc(4 * Math.max(1, minNr));
  for (const at of [MEMPOOL.lock, MEMPOOL.currNr, MEMPOOL.wait]) bus.write32(pool + at, 0);
  initList(bus, pool + MEMPOOL.wait + 4);
  bus.write32(pool + MEMPOOL.minNr, minNr);
  bus.write32(pool + MEMPOOL.elements, elements);
  bus.write32(pool + MEMPOOL.poolData, poolData);
  bus.write32(pool + MEMPOOL.alloc, alloc);
  bus.write32(pool + MEMPOOL.free, free);
  for (let i = 0; i < Math.max(1, minNr); i++) {
    const element = call.invoke(alloc, GFP_KERNEL, poolData);
    if (element === 0) return -ENOMEM;
    bus.write32(elements + 4 * i, element);
    bus.write32(pool + MEMPOOL.currNr, i + 1);
  }
  return 0;
}

/** mempool_exit(): gives the elements back. */
function exitMempool(call: Call, pool: number): void {
  const { bus, kernel } = call;
  const elements = u32(bus.read32(pool + MEMPOOL.elements));
  const [free, poolData] = [u32(bus.read32(pool + MEMPOOL.free)), u32(bus.read32(pool + MEMPOOL.poolData))];
  for (let i = bus.read32(pool + MEMPOOL.currNr) - 1; i >= 0; i--) {
    call.invoke(free, bus.read32(elements + 4 * i), poolData);
  }
  kernel.slab.kfree(elements);
  bus.write32(pool + MEMPOOL.currNr, 0);
  bus.write32(pool + MEMPOOL.elements, 0);
}

function poolArguments(call: Call): PoolArguments {
  const [minNr, alloc, free, poolData] = words(call, 4);
  return [minNr, alloc, free, poolData];
}

function createMempool(call: Call): number {
  const pool = call.kernel.slab.kmalloc(MEMPOOL.size);
  if (initMempool(call, pool, poolArguments(call)) === 0) return pool;
  exitMempool(call, pool);
  call.kernel.slab.kfree(pool);
  return 0;
}

export const PAGES: Services = {
  get_free_pages_noprof: (call) => getFreePages(call, words(call, 2)[1]),
  get_zeroed_page_noprof: (call) => getFreePages(call, 0),
  free_pages: freePages,
  free_pages_exact: freePages,
  alloc_pages_exact_noprof: (call) => getFreePages(call, Math.ceil(Math.log2(Math.ceil(call.args.word() / PAGE_SIZE)))),
  vmalloc_noprof: vmallocOfSize,
  vzalloc_noprof: vmallocOfSize,
  vmalloc_user_noprof: vmallocOfSize,
  vmalloc_32_noprof: vmallocOfSize,
  vmalloc_32_user_noprof: vmallocOfSize,
  vmalloc_node_noprof: vmallocOfSize,
  vzalloc_node_noprof: vmallocOfSize,
  __vmalloc_noprof: vmallocOfSize,
  vcalloc_noprof: (call) => {
    const [count, size] = words(call, 2);
    return vmalloc(call, count * size);
  },
  __vcalloc_noprof: (call) => {
    const [count, size] = words(call, 2);
    return vmalloc(call, count * size);
  },
  vfree: (call) => vfree(call, call.args.word()),
  kvfree,
  is_vmalloc_addr: (call) => Number(isVmallocAddress(call, call.args.word())),
  mempool_create_node_noprof: createMempool,
  mempool_init_noprof: (call) => initMempool(call, call.args.word(), poolArguments(call)),
  mempool_exit: (call) => exitMempool(call, call.args.word()),
  mempool_destroy: (call) => {
    const pool = call.args.word();
    if (pool === 0) return;
    exitMempool(call, pool);
    call.kernel.slab.kfree(pool);
  },
  mempool_alloc_noprof: (call) => {
    const [pool, flags] = words(call, 2);
    const [alloc, poolData] = [MEMPOOL.alloc, MEMPOOL.poolData].map((at) => u32(call.bus.read32(pool + at)));
    return call.invoke(alloc, flags, poolData);
  },
  mempool_free: (call) => {
    const [element, pool] = words(call, 2);
    if (element === 0) return;
    const [release, poolData] = [MEMPOOL.free, MEMPOOL.poolData].map((at) => u32(call.bus.read32(pool + at)));
    call.invoke(release, element, poolData);
  },
  mempool_kmalloc: ({ kernel, args }) => {
    const [, size] = [args.word(), args.word()];
    return kernel.slab.kmalloc(size);
  },
  mempool_kfree: ({ kernel, args }) => kernel.slab.kfree(args.word()),
};
