// SPDX-License-Identifier: GPL-2.0-only
/**
 * ARM's last word on a module that has been relocated: code that depends on where memory begins and on how many processors there are.
 *
 * Models: module_finalize() of arch/arm/kernel/module.c; fixup_pv_table() of arch/arm/kernel/phys2virt.S, fixup_smp() of
 * arch/arm/kernel/head.S.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { EINVAL } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Section } from "../kernel/section.ts";
import { patchText, readInsn } from "./insn.ts";

/** find_mod_section(): the first of that name, allocated or not. */
function findModSection(sechdrs: readonly Section[], name: string): Section | undefined {
  return sechdrs.find((section) => section.name === name);
}

/**
 * module_finalize(). The unwind tables, which the kernel registers here, are read where they are and stay as they are.
 *
 * @returns 0 or minus EINVAL
 */
export function moduleFinalize(kernel: Kernel, sechdrs: readonly Section[]): number {
  const pvTable = findModSection(sechdrs, ".pv_table");
  if (pvTable !== undefined && kernel.config("ARM_PATCH_PHYS_VIRT")) fixupPvTable(kernel, pvTable);
  const altSmp = findModSection(sechdrs, ".alt.smp.init");
  if (altSmp === undefined || kernel.profile.machine.smp) return 0;
  if (!kernel.config("SMP_ON_UP")) return -EINVAL;
  fixupSmp(kernel, altSmp);
  return 0;
}

/** The words of a table, as the assembly walks them: `step` bytes at a time, up to the end. */
function* tableEntries(section: Section, step: number): Generator<number> {
  for (let at = section.sh_addr; at < section.sh_addr + section.sh_size; at += step) yield at;
}

/**
 * fixup_pv_table(): patches the distance of physical and virtual addresses into ADD and SUB (its two highest bytes; which one, the rotation
 * that the immediate has tells) and, with LPAE, into MOVW, MOV and MVN.
 */
function fixupPvTable(kernel: Kernel, section: Section): void {
  if (kernel.config("CPU_ENDIAN_BE8")) throw new NotModelled("fixup_pv_table() of a big-endian kernel");
  const lpae = kernel.config("ARM_LPAE");
  const low = u32(kernel.profile.machine.pvOffset);
  const high = kernel.profile.machine.pvOffset < 0 ? 0xffffffff : 0;
  for (const entry of tableEntries(section, 4)) {
    const site = u32(entry + kernel.space.read32(entry));
    const word = readInsn(kernel, site);
    patchText(
      kernel,
      site,
      kernel.isThumb2 ? patchThumb(word, low, high, lpae) : patchArm(word, low, high, lpae),
    );
  }
}

/** One site of A32: imm8 gets bits 31-24 or 23-20 (with zeros below) of the distance, as its rotation says. */
function patchArm(word: number, low: number, high: number, lpae: boolean): number {
  const isMov = (word & 0x01000000) !== 0;
  if (!lpae || !isMov) {
    const byte = word & 0x800 ? (low >>> 16) & 0xf0 : low >>> 24;
    return u32((word & ~0xff) | byte);
  }
  const isMovw = (word & 0xc00000) === 0;
  const cleared = word & ~0x400fff;
  if (isMovw) return u32(cleared | ((low >>> 24) << 4) | (((low >>> 16) & 0xf0) >>> 4));
  return u32(cleared | (high === 0xffffffff ? 0x400000 : high & 0xff));
}

/** One site of Thumb-2: MOVW gets bits 31-21 of the distance in imm3 and imm8. */
function patchThumb(word: number, low: number, high: number, lpae: boolean): number {
  const kept = u32(word & 0xffff0f00);
  const isMovw = !lpae || (word & 0x02000000) !== 0;
  if (isMovw) return u32(kept | ((low >>> 21) & 0xff) | ((low >>> 29) << 12));
  const mov = u32(kept & ~0x00200000);
  return high === 0xffffffff ? u32(mov | 0x00200000) : u32(mov | (high & 0xff));
}

/** fixup_smp(): on one processor, each site gets the instruction that the table has for it. */
function fixupSmp(kernel: Kernel, section: Section): void {
  for (const entry of tableEntries(section, 8)) {
    kernel.space.write32(u32(entry + kernel.space.read32(entry)), kernel.space.read32(entry + 4));
  }
}
