// SPDX-License-Identifier: GPL-2.0-only
/**
 * Static keys: each branch on a key is a no-op or a jump, as the key stands when the module comes.
 *
 * Models: jump_label_add_module() and jump_label_update() of kernel/jump_label.c and arch_jump_label_transform() of arch/arm/kernel/jump_label.c.
 *
 * @module
 */

import { armGenBranch, armGenNop, patchText } from "../arch_arm/insn.ts";
import { u32 } from "../elf/word.ts";
import { NotModelled, pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { kernelSort } from "../kernel/lib_sort.ts";
import { type KernelModule, MODULE_STATE } from "../kernel/module.ts";
import { JUMP_ENTRY_SIZE, MOST_TABLE_ENTRIES } from "./sections.ts";

/** One entry of __jump_table; bit 0 of the key says which way the branch points, bit 1 that the code is freed after init. */
interface JumpEntry {
  code: number;
  target: number;
  key: number;
}

/** JUMP_TYPE_TRUE: the key was defined as true. */
const JUMP_TYPE_TRUE = 1;
const JUMP_TYPE_MASK = 3;
const JUMP_ENTRY_BRANCH = 1;
const JUMP_ENTRY_INIT = 2;

/** jump_entry_key(). */
function keyOf(entry: JumpEntry): number {
  return u32(entry.key & ~JUMP_TYPE_MASK);
}

/** jump_label_cmp(): by key, and of one key by code. */
function compareEntries(a: JumpEntry, b: JumpEntry): number {
  return keyOf(a) - keyOf(b) || a.code - b.code;
}

/**
 * jump_label_add_module(): sorts the table, ties the module's own keys to their entries, and patches the entries of keys that have changed
 * since they were defined.
 */
export function jumpLabelAddModule(kernel: Kernel, mod: KernelModule): void {
  const { address, count } = mod.jumpEntries;
  if (!kernel.config("JUMP_LABEL") || count === 0) return;
  if (count > MOST_TABLE_ENTRIES) throw new NotModelled(`jump_label_add_module() of ${count} entries`);
  const { space } = kernel;
  const entries = Array.from({ length: count }, (_, i): JumpEntry => {
    const at = address + i * JUMP_ENTRY_SIZE;
    return { code: space.read32(at), target: space.read32(at + 4), key: space.read32(at + 8) };
  });
  const { readOnly } = space.find(address) ?? {};
  kernelSort(count, (a, b) => compareEntries(entries[a], entries[b]), (a, b) => {
    // Entries change places word by word, the last one first.
    if (readOnly) throw pageFault(u32(address + a * JUMP_ENTRY_SIZE + 8), "write");
    [entries[a], entries[b]] = [entries[b], entries[a]];
  });
  for (const [i, entry] of entries.entries()) {
    entry.key = u32(mod.withinInit(entry.code) ? entry.key | JUMP_ENTRY_INIT : entry.key & ~JUMP_ENTRY_INIT);
    const at = address + i * JUMP_ENTRY_SIZE;
    space.write32(at + 8, entry.key);
    space.write32(at, entry.code);
    space.write32(at + 4, entry.target);
  }
  let previous = 0;
  for (const [i, entry] of entries.entries()) {
    const key = keyOf(entry);
    if (key === previous) continue;
    previous = key;
    if (mod.within(key)) {
      const type = space.read32(key + 4) & JUMP_TYPE_MASK;
      space.write32(key + 4, u32(address + i * JUMP_ENTRY_SIZE) | type);
    } else {
      updateForeignKey(kernel, mod, key, entries);
    }
  }
}

/** The entries of a key that the kernel or another module defines: patched where the key no longer stands as it was defined. */
function updateForeignKey(kernel: Kernel, mod: KernelModule, key: number, entries: readonly JumpEntry[]): void {
  const [enabled, wasTrue] = keyState(kernel, key);
  if (enabled === wasTrue) return;
  for (const entry of entries) {
    if (keyOf(entry) !== key) continue;
    patchEntry(kernel, mod, entry, enabled);
  }
}

/** arch_jump_label_transform(). */
function patchEntry(kernel: Kernel, mod: KernelModule, { code, target, key }: JumpEntry, enabled: boolean): void {
  const jumps = enabled !== ((key & JUMP_ENTRY_BRANCH) !== 0);
  const insn = jumps ? armGenBranch(kernel, code, target, false) : armGenNop(kernel);
  if (insn === undefined) throw new NotModelled(`a jump label of ${mod.name} that does not reach its target`);
  patchText(kernel, code, insn);
}

/**
 * jump_label_update(): patches every entry of a key that a module defines, in all modules.
 *
 * @param enabled how the key stands now
 * @returns the addresses that were patched
 */
export function jumpLabelUpdate(kernel: Kernel, key: number, enabled: boolean): number[] {
  const { space } = kernel;
  const patched: number[] = [];
  for (const mod of kernel.modules) {
    const { address, count } = mod.jumpEntries;
    for (let at = address; at < address + count * JUMP_ENTRY_SIZE; at += JUMP_ENTRY_SIZE) {
      const entry = { code: space.read32(at), target: space.read32(at + 4), key: space.read32(at + 8) };
      // What is in init's sections has gone when init has returned.
      const isGone = (entry.key & JUMP_ENTRY_INIT) !== 0 && mod.state !== MODULE_STATE.COMING;
      if (keyOf(entry) !== key || isGone) continue;
      patchEntry(kernel, mod, entry, enabled);
      patched.push(entry.code);
    }
  }
  return patched;
}

/** Whether a key is on, and whether it was defined so. The kernel's own keys stand as they were defined unless the profile names them. */
function keyState(kernel: Kernel, key: number): readonly [enabled: boolean, wasTrue: boolean] {
  if (kernel.space.find(key) === undefined) {
    if (!kernel.space.isKernel(key)) throw pageFault(u32(key + 4), "read");
    const changed = kernel.profile.machine.changedStaticKeys.get(key);
    const wasTrue = changed === undefined ? false : !changed;
    return [kernel.switchedKeys.get(key) ?? changed ?? false, wasTrue];
  }
  return [kernel.space.read32(key) !== 0, (kernel.space.read32(key + 4) & JUMP_TYPE_TRUE) !== 0];
}
