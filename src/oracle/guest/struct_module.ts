// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module's memory regions, read from the struct module of a stopped guest.
 *
 * @module
 */

import { MOD_MEM_NAMES, MOD_MEM_NUM_TYPES } from "../../kernel/module.ts";
import type { FieldPlace } from "../../kernel/profile.ts";
import type { Gdb } from "./gdb.ts";

/** One entry of mod->mem[] that has a size. */
export interface ModuleRegion {
  type: string;
  base: number;
  /** Bytes. */
  size: number;
}

/**
 * The regions of the struct module at `address`, in the order of enum mod_mem_type; none where it is not mapped.
 *
 * @param mem where struct module keeps the array, one struct module_memory per type
 */
export async function readRegions(gdb: Gdb, mem: FieldPlace, address: number): Promise<ModuleRegion[]> {
  const [offset, length] = mem;
  const entry = length / MOD_MEM_NUM_TYPES;
  const bytes = await gdb.memory(address + offset, length);
  if (!bytes) return [];
  const view = new DataView(bytes.buffer);
  const regions: ModuleRegion[] = [];
  for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) {
    const base = view.getUint32(type * entry, true);
    const size = view.getUint32(type * entry + 4, true);
    if (base && size) regions.push({ type: MOD_MEM_NAMES[type], base, size });
  }
  return regions;
}

/** The type of the region that holds an address; an empty section may lie at a region's very end. */
export function regionOf(regions: readonly ModuleRegion[], address: number): string | undefined {
  const inside = regions.find(({ base, size }) => address >= base && address < base + size);
  return (inside ?? regions.find(({ base, size }) => address === base + size))?.type;
}
