// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/slab.h.
 *
 * Models: what the exports of mm/slub.c and mm/util.c with `_noprof` at their end do, on the memory of src/kernel/slab.ts. The flags change
 * nothing: memory is zeroed in any case, and there is always some.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import { ZERO_SIZE_PTR } from "../kernel/slab.ts";
import { bytesAt, lengthAt, putBytes } from "./memory.ts";
import type { Call, Services } from "./service.ts";

function kmalloc({ kernel }: Call, size: number): number {
  const address = kernel.slab.kmalloc(size);
  if (address === 0) throw new NotModelled(`kmalloc() of ${size} bytes`);
  return address;
}

/** Functions whose first argument is the size. */
const allocate = (call: Call) => kmalloc(call, call.args.word());

function kfree({ kernel, args }: Call): void {
  kernel.slab.kfree(args.word());
}

/** kfree_const(): what kstrdup_const() did not copy, because it is constant, stays. */
function freeConst({ kernel, args }: Call): void {
  const address = args.word();
  if (kernel.slab.ksize(address) > 0) kernel.slab.kfree(address);
}

/** A copy of bytes, in memory of `room` bytes. */
function duplicate(call: Call, from: number, size: number, room: number): number {
  const address = kmalloc(call, room);
  putBytes(call.bus, address, bytesAt(call.bus, from, size));
  return address;
}

/** krealloc(): in place where the object has room. */
function krealloc(call: Call): number {
  const { slab } = call.kernel;
  const [old, size] = [call.args.word(), call.args.word()];
  if (size === 0) {
    slab.kfree(old);
    return ZERO_SIZE_PTR;
  }
  if (old === 0 || old === ZERO_SIZE_PTR) return kmalloc(call, size);
  const held = slab.ksize(old);
  if (held >= size) return old;
  const address = duplicate(call, old, held, size);
  slab.kfree(old);
  return address;
}

/** kstrdup() and kstrndup(). */
function duplicateString(call: Call, limit: (call: Call) => number): number {
  const from = call.args.word();
  if (from === 0) return 0;
  const length = lengthAt(call.bus, from, limit(call));
  return duplicate(call, from, length, length + 1);
}

export const SLAB: Services = {
  __kmalloc_noprof: allocate,
  __kmalloc_large_noprof: allocate,
  __kmalloc_node_noprof: allocate,
  __kmalloc_node_track_caller_noprof: allocate,
  __kvmalloc_node_noprof: allocate,
  __kmalloc_cache_noprof: (call) => {
    const [, , size] = [call.args.word(), call.args.word(), call.args.word()];
    return kmalloc(call, size);
  },
  __kmalloc_cache_node_noprof: (call) => {
    const [, , , size] = [call.args.word(), call.args.word(), call.args.word(), call.args.word()];
    return kmalloc(call, size);
  },
  krealloc_noprof: krealloc,
  kmemdup_noprof: (call) => {
    const [from, size] = [call.args.word(), call.args.word()];
    return duplicate(call, from, size, size);
  },
  kstrdup: (call) => duplicateString(call, () => Infinity),
  kstrndup: (call) => duplicateString(call, ({ args }) => args.word()),
  kfree,
  kfree_sensitive: kfree,
  kfree_const: freeConst,
};
