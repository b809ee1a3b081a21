// SPDX-License-Identifier: GPL-2.0-only
/**
 * The classes of a module's debug prints, which are tied together before its init runs.
 *
 * Models: ddebug_add_module(), ddebug_attach_module_classes() and ddebug_remove_module() of lib/dynamic_debug.c, as far as they write into the
 * module.
 *
 * @module
 */

import type { Kernel } from "../kernel/kernel.ts";
import type { KernelModule } from "../kernel/module.ts";

/** Words of mod->dyndbg_info. */
const INFO = { classes: 1, sites: 2, classCount: 3 };
/** struct ddebug_class_map: its size, and the offset of its name; it begins with its link. */
const CLASS_MAP = { size: 32, name: 12 };
/** struct ddebug_table, and the offset of its list of classes. */
const TABLE = { size: 28, maps: 8 };

/** ddebug_add_module(): a module without a debug print has no table, and its classes stay as they are. */
export function ddebugAddModule(kernel: Kernel, mod: KernelModule): void {
  const info = (word: number) => mod.get("dyndbg_info", word);
  if (!kernel.config("DYNAMIC_DEBUG_CORE") || info(INFO.sites) === 0 || info(INFO.classCount) === 0) return;
  const { space, slab } = kernel;
  mod.ddebugTable = slab.kmalloc(TABLE.size);
  const maps = mod.ddebugTable + TABLE.maps;
  space.write32(maps, maps);
  space.write32(maps + 4, maps);
  for (let i = 0; i < info(INFO.classCount); i++) {
    const link = info(INFO.classes) + i * CLASS_MAP.size;
    if (space.cstring(space.read32(link + CLASS_MAP.name)) !== mod.name) continue;
    const next = space.read32(maps);
    space.write32(link, next);
    space.write32(link + 4, maps);
    space.write32(next + 4, link);
    space.write32(maps, link);
  }
}

/** ddebug_remove_module(). */
export function ddebugRemoveModule(kernel: Kernel, mod: KernelModule): void {
  kernel.slab.kfree(mod.ddebugTable);
  mod.ddebugTable = 0;
}
