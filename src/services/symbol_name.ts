// SPDX-License-Identifier: GPL-2.0-only
/**
 * Names of addresses in modules.
 *
 * Models: find_kallsyms_symbol() of kernel/module/kallsyms.c and __sprint_symbol() of kernel/kallsyms.c. Of the kernel's own addresses a
 * profile knows the exported ones only, so those have no names here.
 *
 * @module
 */

import { SHN, STT, symbolType } from "../elf/constants.ts";
import { SYM } from "../elf/records.ts";
import { hex32, u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MOD_INIT_TEXT, MOD_TEXT } from "../kernel/module.ts";

/** A symbol that an address belongs to. */
export interface SymbolPlace {
  readonly name: string;
  readonly module: string;
  /** From the symbol to the address, and from the symbol to the next. */
  readonly offset: number;
  readonly size: number;
}

/** is_mapping_symbol(). */
function isMappingSymbol(name: string): boolean {
  return name.startsWith(".L") || name.startsWith("L0") || name.startsWith("$");
}

/** kallsyms_symbol_value(): without the mark of Thumb. */
function symbolValue({ space, config }: Kernel, at: number): number {
  const isThumb = config("THUMB2_KERNEL") && symbolType(space.read8(at + 12)) === STT.FUNC;
  return u32(space.read32(at + 4) & (isThumb ? ~1 : ~0));
}

function findInModule(kernel: Kernel, mod: KernelModule, address: number): SymbolPlace | undefined {
  const { space } = kernel;
  const tables = mod.get("kallsyms");
  if (tables === 0) return undefined;
  const [symtab, count, strtab] = [0, 4, 8].map((offset) => space.read32(tables + offset));
  const { area, size } = mod.mem[mod.withinInit(address) ? MOD_INIT_TEXT : MOD_TEXT];
  let next = (area?.base ?? 0) + size;
  let best = { name: "", value: 0 };
  for (let i = 1; i < count; i++) {
    const at = symtab + i * SYM.size;
    const name = space.cstring(strtab + space.read32(at));
    if (space.read16(at + 14) === SHN.UNDEF || name === "" || isMappingSymbol(name)) continue;
    const value = symbolValue(kernel, at);
    if (value <= address && value > best.value) best = { name, value };
    else if (value > address && value < next) next = value;
  }
  if (best.name === "") return undefined;
  return { name: best.name, module: mod.name, offset: address - best.value, size: u32(next - best.value) };
}

/** The symbol of a module that an address belongs to, if any does. */
export function findSymbolAt(kernel: Kernel, address: number): SymbolPlace | undefined {
  const mod = kernel.modules.find((each) => each.within(address));
  return mod && findInModule(kernel, mod, address);
}

/** How %pS, %ps and %pB show an address. */
export type SymbolStyle = "offset" | "no offset" | "backtrace";

/**
 * __sprint_symbol().
 *
 * @throws NotModelled for an address in the kernel's own memory
 */
export function sprintSymbol(kernel: Kernel, address: number, style: SymbolStyle): string {
  if (kernel.space.isKernel(address)) throw new NotModelled(`the name of the kernel's own address ${hex32(address)}`);
  const back = style === "backtrace" ? 1 : 0;
  const place = findSymbolAt(kernel, u32(address - back));
  if (place === undefined) return `0x${address.toString(16)}`;
  const { name, module, size } = place;
  const offset = (place.offset + back).toString(16);
  return `${name}${style === "no offset" ? "" : `+0x${offset}/0x${size.toString(16)}`} [${module}]`;
}
