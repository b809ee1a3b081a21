// SPDX-License-Identifier: GPL-2.0-only
/**
 * Instructions that the kernel writes into code.
 *
 * Models: arm_gen_nop(), arm_gen_branch() and arm_gen_branch_link() of arch/arm/kernel/insn.c, __patch_text() of
 * arch/arm/kernel/patch.c, NOP of arch/arm/kernel/ftrace.c.
 *
 * @module
 */

import { s32, u32 } from "../elf/word.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { BRANCH24, THM_BRANCH24 } from "./fields.ts";

/** arm_gen_nop(): `mov r0, r0`, or the wide no-op of Thumb-2. */
export function armGenNop(kernel: Kernel): number {
  return kernel.isThumb2 ? 0xf3af8000 : 0xe1a00000;
}

/** What ftrace puts in the place of a call to mcount: `add sp, sp, #4`. */
export function ftraceNop(kernel: Kernel): number {
  return kernel.isThumb2 ? 0xf10d0d04 : 0xe28dd004;
}

/**
 * The instruction for a branch from `pc` to `target`.
 *
 * @param link with a return address (BL)
 * @returns undefined where it does not reach; unlike the loader's test, this one takes the most negative offset
 */
export function armGenBranch(kernel: Kernel, pc: number, target: number, link: boolean): number | undefined {
  if (kernel.isThumb2) {
    const offset = s32(target - (pc + 4));
    if (offset < -16777216 || offset > 16777214) return undefined;
    return THM_BRANCH24.write(link ? 0xf000d000 : 0xf0009000, offset);
  }
  const offset = s32(target - (pc + 8));
  if (offset < -33554432 || offset > 33554428) return undefined;
  return BRANCH24.write(link ? 0xeb000000 : 0xea000000, offset);
}

/** An instruction at an address, Thumb-2 with its first halfword on top. */
export function readInsn(kernel: Kernel, address: number): number {
  if (!kernel.isThumb2) return kernel.space.read32(address);
  return u32((kernel.space.read16(address) << 16) | kernel.space.read16(address + 2));
}

/** __patch_text(). */
export function patchText(kernel: Kernel, address: number, insn: number): void {
  if (!kernel.isThumb2) {
    kernel.space.patch32(address, insn);
    return;
  }
  kernel.space.patch16(address, insn >>> 16);
  kernel.space.patch16(u32(address + 2), insn & 0xffff);
}
