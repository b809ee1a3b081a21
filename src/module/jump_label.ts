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
import type { AddressSpace } from "../kernel/memory.ts";
import { type KernelModule, MODULE_STATE } from "../kernel/module.ts";
import { JUMP_ENTRY_SIZE, MOST_TABLE_ENTRIES } from "./sections.ts";

/** JUMP_TYPE_TRUE: the key was defined as true. */
const JUMP_TYPE_TRUE = 1;
const JUMP_TYPE_MASK = 3;
const JUMP_ENTRY_BRANCH = 1;
const JUMP_ENTRY_INIT = 2;

/** The entries of __jump_table; bit 0 of a key says which way the branch points, bit 1 that the code is freed after init. */
class JumpTable {
  readonly codes: Uint32Array;
  readonly targets: Uint32Array;
  readonly keys: Uint32Array;

  constructor(readonly space: AddressSpace, readonly address: number, readonly count: number) {
    this.codes = new Uint32Array(count);
    this.targets = new Uint32Array(count);
    this.keys = new Uint32Array(count);
    for (let i = 0, at = address; i < count; i++, at += JUMP_ENTRY_SIZE) {
      this.codes[i] = space.read32(at);
      this.targets[i] = space.read32(at + 4);
      this.keys[i] = space.read32(at + 8);
    }
  }

  /** jump_entry_key(). */
  key(i: number): number {
    return u32(this.keys[i] & ~JUMP_TYPE_MASK);
  }

  /** jump_label_cmp(): by key, and of one key by code. */
  compare(a: number, b: number): number {
    return this.key(a) - this.key(b) || this.codes[a] - this.codes[b];
  }

  swap(a: number, b: number): void {
    for (const words of [this.codes, this.targets, this.keys]) {
      const word = words[a];
      words[a] = words[b];
      words[b] = word;
    }
  }

  /** Puts the entries back where they were read. */
  write(): void {
    for (let i = 0, at = this.address; i < this.count; i++, at += JUMP_ENTRY_SIZE) {
      this.space.write32(at + 8, this.keys[i]);
      this.space.write32(at, this.codes[i]);
      this.space.write32(at + 4, this.targets[i]);
    }
  }
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
  const table = new JumpTable(space, address, count);
  const { readOnly } = space.find(address) ?? {};
  kernelSort(count, (a, b) => table.compare(a, b), (a, b) => {
    // Entries change places word by word, the last one first.
    if (readOnly) throw pageFault(u32(address + a * JUMP_ENTRY_SIZE + 8), "write");
    table.swap(a, b);
  });
  for (let i = 0; i < count; i++) {
    if (mod.withinInit(table.codes[i])) table.keys[i] |= JUMP_ENTRY_INIT;
    else table.keys[i] &= ~JUMP_ENTRY_INIT;
  }
  table.write();
  let previous = 0;
  for (let i = 0; i < count; i++) {
    const key = table.key(i);
    if (key === previous) continue;
    previous = key;
    if (mod.within(key)) {
      const type = space.read32(key + 4) & JUMP_TYPE_MASK;
      space.write32(key + 4, u32(address + i * JUMP_ENTRY_SIZE) | type);
    } else {
      updateForeignKey(kernel, mod, key, table);
    }
  }
}

/** The entries of a key that the kernel or another module defines: patched where the key no longer stands as it was defined. */
function updateForeignKey(kernel: Kernel, mod: KernelModule, key: number, table: JumpTable): void {
  const [enabled, wasTrue] = keyState(kernel, key);
  if (enabled === wasTrue) return;
  for (let i = 0; i < table.count; i++) {
    if (table.key(i) === key) patchEntry(kernel, mod, table, i, enabled);
  }
}

/** arch_jump_label_transform(). */
function patchEntry(kernel: Kernel, mod: KernelModule, { codes, targets, keys }: JumpTable, i: number, enabled: boolean): void {
  const jumps = enabled !== ((keys[i] & JUMP_ENTRY_BRANCH) !== 0);
  const insn = jumps ? armGenBranch(kernel, codes[i], targets[i], false) : armGenNop(kernel);
  if (insn === undefined) throw new NotModelled(`a jump label of ${mod.name} that does not reach its target`);
  patchText(kernel, codes[i], insn);
}

/**
 * jump_label_update(): patches every entry of a key that a module defines, in all modules.
 *
 * @param enabled how the key stands now
 * @returns the addresses that were patched
 */
export function jumpLabelUpdate(kernel: Kernel, key: number, enabled: boolean): number[] {
  const patched: number[] = [];
  for (const mod of kernel.modules) {
    const table = new JumpTable(kernel.space, mod.jumpEntries.address, mod.jumpEntries.count);
    for (let i = 0; i < table.count; i++) {
      // What is in init's sections has gone when init has returned.
      const isGone = (table.keys[i] & JUMP_ENTRY_INIT) !== 0 && mod.state !== MODULE_STATE.COMING;
      if (table.key(i) !== key || isGone) continue;
      patchEntry(kernel, mod, table, i, enabled);
      patched.push(table.codes[i]);
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
