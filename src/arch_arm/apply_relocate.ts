// SPDX-License-Identifier: GPL-2.0-only
/**
 * Applies the relocations of one section.
 *
 * Models: apply_relocate() of arch/arm/kernel/module.c, and the refusal of SHT_RELA by apply_relocate_add() of
 * include/linux/moduleloader.h.
 *
 * @module
 */

import { R_ARM } from "../elf/constants.ts";
import { REL, SYM } from "../elf/records.ts";
import { s32, u32 } from "../elf/word.ts";
import { ENOEXEC } from "../kernel/errno.ts";
import { pageFault, UnknownFact } from "../kernel/fault.ts";
import type { AddressRange } from "../kernel/execmem.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import type { Section } from "../kernel/section.ts";
import { BRANCH24, THM_BRANCH24 } from "./fields.ts";
import { getModulePlt } from "./plts.ts";
import { type RelocationFailure, type RelocationRow, type RelocationSite, relocationsOf } from "./relocations.ts";

const rowsOfKernel = new WeakMap<ReadonlySet<string>, readonly (RelocationRow | undefined)[]>();

/** The relocation table of a kernel, made once for each configuration. */
function rowsFor(config: ReadonlySet<string>): readonly (RelocationRow | undefined)[] {
  const known = rowsOfKernel.get(config);
  if (known !== undefined) return known;
  const rows = relocationsOf(config);
  rowsOfKernel.set(config, rows);
  return rows;
}

/** The text of a failure behind `NAME: section N reloc N sym 'NAME': `. */
function failureText(failure: RelocationFailure, type: number, loc: number, value: number): string {
  switch (failure) {
    case "arm-to-thumb":
      return "unsupported interworking call (ARM -> Thumb)";
    case "thumb-to-arm":
      return "unsupported interworking call (Thumb -> ARM)";
    case "range":
      return `relocation ${type} out of range (${cHex(loc)} -> ${cHex(value)})`;
  }
}

/** `%#lx` of the kernel's printk(), which has 0x in front of zero too. */
function cHex(value: number): string {
  return `0x${u32(value).toString(16)}`;
}

/**
 * apply_relocate(): all relocations of section `relindex`, up to the first that cannot be applied.
 *
 * @param symindex index of .symtab, whose values are addresses by now
 * @param symbolName the name at an offset of the string table, for log lines
 * @returns 0 or minus ENOEXEC
 */
export function applyRelocate(
  kernel: Kernel,
  sechdrs: readonly Section[],
  symbolName: (st_name: number) => string,
  symindex: number,
  relindex: number,
  mod: KernelModule,
): number {
  const symsec = sechdrs[symindex];
  const relsec = sechdrs[relindex];
  const dstsec = sechdrs[relsec.sh_info];
  const rows = rowsFor(kernel.profile.config);
  const { standIns } = kernel.profile.exports;
  const refuse = (text: string) => {
    kernel.printk(KERN_ERR, text);
    return -ENOEXEC;
  };
  const placeText = (i: number, symbol: number) =>
    `${mod.name}: section ${relindex} reloc ${i} sym '${symbolName(symsec.view.getUint32(symbol, true))}'`;
  const count = Math.floor(relsec.sh_size / REL.size);
  const symbolCount = Math.floor(symsec.sh_size / SYM.size);
  const lastOffset = u32(dstsec.sh_size - 4);
  const dstEnd = dstsec.view.byteLength - 4;
  const site: RelocationSite = {
    view: dstsec.view,
    at: 0,
    loc: 0,
    value: 0,
    info: 0,
    plt: kernel.config("ARM_MODULE_PLTS") ? (loc, target) => getModulePlt(kernel, mod, u32(loc), target) : undefined,
  };
  for (let i = 0, at = relsec.at; i < count; i++, at += REL.size) {
    const offset = relsec.view.getUint32(at, true);
    const info = relsec.view.getUint32(at + 4, true);
    const symbolIndex = info >>> 8;
    // An index of exactly the number of symbols passes, and reads what lies behind them.
    if (symbolIndex > symbolCount) return refuse(`${mod.name}: section ${relindex} reloc ${i}: bad relocation sym offset`);
    const symbol = symsec.at + symbolIndex * SYM.size;
    if (symbol + SYM.size > symsec.view.byteLength) throw pageFault(symsec.sh_addr + symbolIndex * SYM.size, "read");
    if (offset > lastOffset) {
      return refuse(`${placeText(i, symbol)}: out of bounds relocation, offset ${s32(offset)} size ${dstsec.sh_size}`);
    }
    const row = rows[info & 0xff];
    if (row === undefined) return refuse(`${mod.name}: unknown relocation: ${info & 0xff}`);
    site.view = dstsec.view;
    site.at = dstsec.at + offset;
    site.loc = s32(dstsec.sh_addr + offset);
    // A section of less than four bytes has no end to the kernel's eye.
    if (site.at > dstEnd) findPlace(kernel, site);
    site.value = symsec.view.getInt32(symbol + 4, true);
    site.info = symsec.view.getUint8(symbol + 12);
    if (standIns !== undefined && isWithin(standIns, u32(site.value)) && asksForAddress(kernel, row)) {
      const name = symbolName(symsec.view.getUint32(symbol, true));
      throw new UnknownFact("the address of", "System.map or the kernel's image", name);
    }
    const failure = row.apply(site);
    if (failure !== undefined) {
      return refuse(`${placeText(i, symbol)}: ${failureText(failure, info & 0xff, site.loc, site.value)}`);
    }
  }
  return 0;
}

function isWithin({ start, end }: AddressRange, address: number): boolean {
  return address >= start && address < end;
}

/**
 * Whether it depends on a symbol's address if the kernel can apply a relocation: on how far a branch goes where there are no PLTs, and in a
 * Thumb-2 kernel on what an ARM branch leads to.
 */
function asksForAddress({ config }: Kernel, { field, type }: RelocationRow): boolean {
  if (field === BRANCH24) return !config("ARM_MODULE_PLTS") || config("THUMB2_KERNEL");
  return field === THM_BRANCH24 ? !config("ARM_MODULE_PLTS") : type === R_ARM.LDR_PC_G2;
}

/** Points a site to wherever its address is mapped. */
function findPlace(kernel: Kernel, site: RelocationSite): void {
  const address = u32(site.loc);
  kernel.space.read32(address);
  const area = kernel.space.find(address);
  if (area === undefined) throw pageFault(address, "read");
  site.view = area.view;
  site.at = address - area.base;
}

/** apply_relocate_add(): ARM's loader takes no explicit addends. @returns minus ENOEXEC */
export function applyRelocateAdd(kernel: Kernel, mod: KernelModule): number {
  kernel.printk(KERN_ERR, `module ${mod.name}: REL relocation unsupported`);
  return -ENOEXEC;
}
