// SPDX-License-Identifier: GPL-2.0-only
/**
 * Symbol versions: the CRCs that a module expects, and the version magic.
 *
 * Models: check_version(), check_modstruct_version() and same_magic() of kernel/module/version.c, try_to_force_load() of
 * kernel/module/main.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { ENOEXEC } from "../kernel/errno.ts";
import { bug, pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_WARNING } from "../kernel/log.ts";
import type { KernelModule } from "../kernel/module.ts";
import { Name } from "../kernel/name.ts";
import type { Section } from "../kernel/section.ts";
import { TAINT } from "../kernel/taint.ts";
import type { LoadInfo } from "./load_info.ts";

/** struct modversion_info: the CRC, then 60 bytes of name. */
const MODVERSION_INFO_SIZE = 64;
const NAME_OFFSET = 4;

const MODULE_LAYOUT = Name.of("module_layout");

/**
 * Where the entries of __versions begin in the copy, as far as they lie in it: a hash table by their names. Of two entries for one name
 * the first counts.
 */
export class VersionTable {
  /** Offset of an entry, and one more; 0 where there is none. */
  readonly #slots: Int32Array;
  /** Whether the section goes on behind the copy. */
  readonly isCutOff: boolean;

  constructor(readonly bytes: Uint8Array, { sh_offset, sh_size }: Section) {
    const whole = Math.floor(sh_size / MODVERSION_INFO_SIZE);
    const inCopy = Math.max(0, Math.ceil((bytes.length - NAME_OFFSET - sh_offset) / MODVERSION_INFO_SIZE));
    const count = Math.min(whole, inCopy);
    this.isCutOff = inCopy < whole;
    this.#slots = new Int32Array(2 << (32 - Math.clz32(count)));
    for (let i = 0, at = sh_offset; i < count; i++, at += MODVERSION_INFO_SIZE) {
      const slot = this.#slotOf(new Name(bytes, at + NAME_OFFSET));
      if (this.#slots[slot] === 0) this.#slots[slot] = at + 1;
    }
  }

  /** Offset of the first entry for a name. */
  find(name: Name): number | undefined {
    const at = this.#slots[this.#slotOf(name)] - 1;
    return at < 0 ? undefined : at;
  }

  /** Where an entry for the name stands, or would stand. */
  #slotOf(name: Name): number {
    const mask = this.#slots.length - 1;
    let slot = name.hash & mask;
    while (this.#slots[slot] !== 0 && !name.standsAt(this.bytes, this.#slots[slot] - 1 + NAME_OFFSET)) slot = (slot + 1) & mask;
    return slot;
  }
}

/**
 * try_to_force_load(): with CONFIG_MODULE_FORCE_LOAD a defect only taints.
 *
 * @returns 0 or minus ENOEXEC
 */
export function tryToForceLoad(kernel: Kernel, mod: KernelModule, reason: string): number {
  if (!kernel.config("MODULE_FORCE_LOAD")) return -ENOEXEC;
  if (!kernel.testTaint(TAINT.FORCED_MODULE)) kernel.printk(KERN_WARNING, `${mod.name}: ${reason}: kernel tainted.`);
  kernel.addTaint(TAINT.FORCED_MODULE, "now unreliable");
  mod.setTaint(TAINT.FORCED_MODULE);
  return 0;
}

/**
 * check_version(): does the module expect the CRC that the exporter gives?
 *
 * @param crc the exporter's CRC; undefined where it has none
 */
export function checkVersion(info: LoadInfo, symname: Name, mod: KernelModule, crc: number | undefined): boolean {
  const { kernel } = info;
  if (!kernel.config("MODVERSIONS")) return true;
  // Who exports without CRCs has tainted the kernel already.
  if (crc === undefined) return true;
  if (info.index.vers === 0) return tryToForceLoad(kernel, mod, symname.toString()) === 0;
  const { area } = info.copy;
  const versions = info.versions ??= new VersionTable(area.bytes, info.sechdrs[info.index.vers]);
  const at = versions.find(symname);
  if (at === undefined && versions.isCutOff) throw pageFault(u32(area.base + area.bytes.length), "read");
  const expected = at === undefined ? undefined : area.view.getUint32(at, true);
  if (expected === crc) return true;
  if (expected === undefined) kernel.printk(KERN_WARNING, `${info.name}: no symbol version for ${symname}`);
  else kernel.printk(KERN_WARNING, `${info.name}: disagrees about version of symbol ${symname}`);
  return false;
}

/** check_modstruct_version(): the layout of struct module itself has a CRC, that of the function module_layout. */
export function checkModstructVersion(info: LoadInfo, mod: KernelModule): boolean {
  if (!info.kernel.config("MODVERSIONS")) return true;
  const layout = info.kernel.symbols.find(MODULE_LAYOUT, true);
  if (layout === undefined) throw bug(info.kernel.config, "kernel/module/version.c:72");
  return checkVersion(info, MODULE_LAYOUT, mod, layout.crc);
}

/**
 * same_magic(): with CRCs the first word, the kernel's version, does not count.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sameMagic } from "./version.ts";
 * assertEquals(sameMagic("6.12.1 SMP ", "6.12.2 SMP ", true), true);
 * assertEquals(sameMagic("6.12.1 SMP ", "6.12.2 SMP ", false), false);
 * ```
 */
export function sameMagic(a: string, b: string, hasCrcs: boolean): boolean {
  const rest = (text: string) => {
    const space = text.indexOf(" ");
    return !hasCrcs ? text : space < 0 ? "" : text.slice(space);
  };
  return rest(a) === rest(b);
}
