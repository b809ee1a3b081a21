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
import { TAINT } from "../kernel/taint.ts";
import type { LoadInfo } from "./load_info.ts";

/** struct modversion_info: the CRC, then 60 bytes of name. */
const MODVERSION_INFO_SIZE = 64;
const NAME_OFFSET = 4;

const MODULE_LAYOUT = Name.of("module_layout");

/** Entries of __versions, as far as they lie in the copy. */
function countVersions(info: LoadInfo): number {
  const { sh_offset, sh_size } = info.sechdrs[info.index.vers];
  const { base, bytes } = info.copy.area;
  const count = Math.floor(sh_size / MODVERSION_INFO_SIZE);
  const inCopy = Math.max(0, Math.ceil((bytes.length - NAME_OFFSET - sh_offset) / MODVERSION_INFO_SIZE));
  if (inCopy < count) info.versionsEnd = base + bytes.length;
  return Math.min(count, inCopy);
}

/** The name of the entry at an offset of the copy. */
function nameOfVersion({ copy }: LoadInfo, at: number): Name {
  return new Name(copy.area.bytes, at + NAME_OFFSET);
}

/** Where the entries of __versions begin in the copy, by the hash of their names: the first of each. */
function versionsOf(info: LoadInfo): ReadonlyMap<number, number> {
  if (info.versions !== undefined) return info.versions;
  const { sh_offset } = info.sechdrs[info.index.vers];
  const versions = new Map<number, number>();
  // From the last one on, so that the first one stays.
  for (let i = countVersions(info) - 1; i >= 0; i--) {
    const at = sh_offset + i * MODVERSION_INFO_SIZE;
    versions.set(nameOfVersion(info, at).hash, at);
  }
  return info.versions = versions;
}

/** The CRC that the first entry for a name has. */
function versionOf(info: LoadInfo, symname: Name): number | undefined {
  let at = versionsOf(info).get(symname.hash);
  if (at === undefined) return undefined;
  const end = info.sechdrs[info.index.vers].sh_offset + countVersions(info) * MODVERSION_INFO_SIZE;
  // Another name may have the same hash.
  for (; at < end; at += MODVERSION_INFO_SIZE) {
    if (nameOfVersion(info, at).equals(symname)) return info.copy.area.view.getUint32(at, true);
  }
  return undefined;
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
  const expected = versionOf(info, symname);
  if (expected === undefined && info.versionsEnd !== undefined) throw pageFault(u32(info.versionsEnd), "read");
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
