// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/mm.h, linux/highmem.h and linux/scatterlist.h: pages by their struct page. All memory of the model is low memory.
 *
 * Models: __alloc_pages_noprof() and its kin of mm/page_alloc.c, page_address() of mm/highmem.c, lib/scatterlist.c. Of a struct page, its
 * references are known, and that nobody has it.
 *
 * @module
 */

import { hex32, u32 } from "../../elf/word.ts";
import { PAGE_SIZE } from "../../kernel/execmem.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { offsetOf } from "../layout.ts";
import { putBytes } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** Offsets in struct scatterlist, and bits of page_link. */
const SCATTERLIST = { pageLink: 0, offset: 4, length: 8 };
const SG_CHAIN = 1;
const SG_END = 2;

/** mem_map: the struct page of the first page of memory. */
function memMap({ kernel, bus }: Call): number {
  const at = kernel.profile.exports.find("mem_map")?.value;
  if (at === undefined) throw new NotModelled("mem_map, which the kernel does not export");
  return u32(bus.read32(at));
}

/** virt_to_page(). */
function pageOf(call: Call, address: number): number {
  const { kernel } = call;
  if (!kernel.space.isKernel(address)) throw new NotModelled(`virt_to_page() of ${hex32(address)}`);
  const index = Math.floor((address - kernel.profile.pageOffset) / PAGE_SIZE);
  return u32(memMap(call) + index * offsetOf(call, "page", "size"));
}

/** page_address(). */
function addressOf(call: Call, page: number): number {
  const index = (page - memMap(call)) / offsetOf(call, "page", "size");
  if (!Number.isInteger(index) || index < 0) throw new NotModelled(`struct page at ${hex32(page)}`);
  return call.kernel.profile.pageOffset + index * PAGE_SIZE;
}

function allocateOrder(call: Call, order: number): number {
  const address = call.kernel.slab.kmalloc(PAGE_SIZE << order);
  if (address === 0) throw new NotModelled(`alloc_pages() of order ${order}`);
  const page = pageOf(call, address);
  call.objects.know32(page + offsetOf(call, "page", "_refcount"), 1);
  for (const field of ["compound_head", "mapping", "private"]) call.objects.know32(page + offsetOf(call, "page", field), 0);
  call.objects.know32(page + offsetOf(call, "page", "_mapcount"), -1);
  return page;
}

const allocate: Service = (call) => allocateOrder(call, words(call, 2)[1]);

const free: Service = (call) => call.kernel.slab.kfree(addressOf(call, call.args.word()));

/** sg_init_table(): the last entry is marked. */
function initTable(call: Call, table: number, count: number): void {
  const size = offsetOf(call, "scatterlist", "size");
  putBytes(call.bus, table, new Uint8Array(count * size));
  call.bus.write32(table + (count - 1) * size + SCATTERLIST.pageLink, SG_END);
}

/** sg_next(): 0 behind the last; an entry may lead to another table. */
function next(call: Call): number {
  const { bus } = call;
  const entry = call.args.word();
  if ((bus.read32(entry) & SG_END) !== 0) return 0;
  const following = entry + offsetOf(call, "scatterlist", "size");
  const link = u32(bus.read32(following));
  return (link & SG_CHAIN) !== 0 ? u32(link & ~(SG_CHAIN | SG_END)) : following;
}

export const PAGE: Services = {
  __alloc_pages_noprof: allocate,
  __folio_alloc_noprof: allocate,
  __free_pages: free,
  // linux/mempool.h: flags and order are the arguments of these, too.
  mempool_alloc_pages: allocate,
  mempool_free_pages: free,
  // No memory is high memory.
  __totalhigh_pages: () => 0,
  __folio_put: free,
  page_address: (call) => addressOf(call, call.args.word()),
  __kmap_local_page_prot: (call) => addressOf(call, call.args.word()),
  kunmap_local_indexed: () => {},
  sg_init_table: (call) => {
    const [table, count] = words(call, 2);
    initTable(call, table, count);
  },
  sg_init_one: (call) => {
    const [entry, buffer, length] = words(call, 3);
    initTable(call, entry, 1);
    call.bus.write32(entry + SCATTERLIST.pageLink, pageOf(call, buffer) | SG_END);
    call.bus.write32(entry + SCATTERLIST.offset, buffer % PAGE_SIZE);
    call.bus.write32(entry + SCATTERLIST.length, length);
  },
  sg_next: next,
};
