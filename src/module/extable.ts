// SPDX-License-Identifier: GPL-2.0-only
/**
 * The exception table: which instructions may fault, and where execution goes on then.
 *
 * Models: sort_extable() and trim_init_extable() of lib/extable.c.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelSort } from "../kernel/lib_sort.ts";
import type { KernelModule } from "../kernel/module.ts";
import { EXCEPTION_TABLE_ENTRY_SIZE, MOST_TABLE_ENTRIES } from "./sections.ts";

/** sort_extable(): sorts the entries by instruction, in place. */
export function sortExtable(kernel: Kernel, mod: KernelModule): void {
  const { address, count } = mod.extable;
  if (count > MOST_TABLE_ENTRIES) throw new NotModelled(`sort_extable() of ${count} entries`);
  const { space } = kernel;
  const entries = Array.from({ length: count }, (_, i) => {
    const at = address + i * EXCEPTION_TABLE_ENTRY_SIZE;
    return { insn: space.read32(at), fixup: space.read32(at + 4) };
  });
  kernelSort(count, (a, b) => entries[a].insn - entries[b].insn, (a, b) => {
    [entries[a], entries[b]] = [entries[b], entries[a]];
  });
  for (const [i, { insn, fixup }] of entries.entries()) {
    space.write32(address + i * EXCEPTION_TABLE_ENTRY_SIZE, insn);
    space.write32(address + i * EXCEPTION_TABLE_ENTRY_SIZE + 4, fixup);
  }
}

/** trim_init_extable(): entries for code of init stand at one end of the sorted table or at the other. */
export function trimInitExtable(kernel: Kernel, mod: KernelModule): void {
  let { address, count } = mod.extable;
  const insn = (index: number) => kernel.space.read32(address + index * EXCEPTION_TABLE_ENTRY_SIZE);
  while (count > 0 && mod.withinInit(insn(0))) {
    address += EXCEPTION_TABLE_ENTRY_SIZE;
    count--;
  }
  while (count > 0 && mod.withinInit(insn(count - 1))) count--;
  mod.extable = { address, count };
  mod.put("extable", address);
  mod.put("num_exentries", count);
}
