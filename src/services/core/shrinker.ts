// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/shrinker.h, linux/list_lru.h and linux/syscore_ops.h: what the kernel would call when memory runs short, or when the
 * machine sleeps, which it does not.
 *
 * Models: mm/shrinker.c, mm/list_lru.c, drivers/base/syscore.c.
 *
 * @module
 */

import type { Call, Services } from "../service.ts";
import { words } from "./words.ts";

/** Offsets in struct shrinker, and its size. */
const SHRINKER = { seeks: 12, flags: 16, size: 68 };
const SHRINKER_ALLOCATED = 1 << 1;
const DEFAULT_SEEKS = 2;
/** Offsets in struct list_lru, and room for the kernel's own struct list_lru_node. */
const LIST_LRU = { node: 0, shrinkerId: 12, memcgAware: 16 };
const LIST_LRU_NODE_SIZE = 64;

function allocateShrinker(call: Call): number {
  const flags = call.args.word();
  const shrinker = call.kernel.slab.kmalloc(SHRINKER.size);
  call.bus.write32(shrinker + SHRINKER.flags, flags | SHRINKER_ALLOCATED);
  call.bus.write32(shrinker + SHRINKER.seeks, DEFAULT_SEEKS);
  return shrinker;
}

export const SHRINKERS: Services = {
  shrinker_alloc: allocateShrinker,
  shrinker_register: () => {},
  shrinker_free: ({ kernel, args }) => kernel.slab.kfree(args.word()),
  __list_lru_init: (call) => {
    const [lru, memcgAware] = words(call, 2);
    call.bus.write32(lru + LIST_LRU.shrinkerId, -1);
    call.bus.write32(lru + LIST_LRU.node, call.objects.reserve("struct list_lru_node", LIST_LRU_NODE_SIZE));
    call.bus.write8(lru + LIST_LRU.memcgAware, memcgAware & 1);
    return 0;
  },
  list_lru_destroy: ({ bus, args }) => bus.write32(args.word() + LIST_LRU.node, 0),
  register_syscore_ops: () => {},
  unregister_syscore_ops: () => {},
};
