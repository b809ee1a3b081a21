// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's core services: memory, locks, work, time, data structures.
 *
 * @module
 */

import type { Services } from "../service.ts";
import { LIBFS } from "../fs/libfs.ts";
import { BITOPS } from "./bitops.ts";
import { CONSOLES } from "./console.ts";
import { FS_ENTRIES } from "./fs_entries.ts";
import { KMEM_CACHE } from "./kmem_cache.ts";
import { KOBJECTS } from "./kobject.ts";
import { KTHREAD } from "./kthread.ts";
import { LIST_DEBUG } from "./list.ts";
import { MACHINE } from "./machine.ts";
import { MATH } from "./math.ts";
import { MUTEX } from "./mutex.ts";
import { NOTIFIER } from "./notifier.ts";
import { ONCE } from "./once.ts";
import { PAGE } from "./page.ts";
import { PAGES } from "./pages.ts";
import { PARSE } from "./parse.ts";
import { PARSER } from "./parser.ts";
import { PERCPU } from "./percpu.ts";
import { RANDOM } from "./random.ts";
import { RBTREE } from "./rbtree.ts";
import { RCU } from "./rcu.ts";
import { RHASHTABLE } from "./rhashtable.ts";
import { SCANF } from "./scanf.ts";
import { SHRINKERS } from "./shrinker.ts";
import { SPINLOCK } from "./spinlock.ts";
import { STATIC_KEY } from "./static_key.ts";
import { TASKLETS } from "./tasklet.ts";
import { TIMERS } from "./timer.ts";
import { WAIT } from "./wait.ts";
import { WORKQUEUE } from "./workqueue.ts";
import { XARRAYS } from "./xarray.ts";

export const CORE: Services = {
  ...BITOPS,
  ...CONSOLES,
  ...FS_ENTRIES,
  ...KMEM_CACHE,
  ...KOBJECTS,
  ...KTHREAD,
  ...LIBFS,
  ...LIST_DEBUG,
  ...MACHINE,
  ...MATH,
  ...MUTEX,
  ...NOTIFIER,
  ...ONCE,
  ...PAGE,
  ...PAGES,
  ...PARSE,
  ...PARSER,
  ...PERCPU,
  ...RANDOM,
  ...RBTREE,
  ...RCU,
  ...RHASHTABLE,
  ...SCANF,
  ...SHRINKERS,
  ...SPINLOCK,
  ...STATIC_KEY,
  ...TASKLETS,
  ...TIMERS,
  ...WAIT,
  ...WORKQUEUE,
  ...XARRAYS,
};
