// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tags of .modinfo.
 *
 * Models: get_modinfo(), get_next_modinfo(), module_next_tag_pair(), setup_modinfo() and free_modinfo() of kernel/module/main.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { KernelModule } from "../kernel/module.ts";
import { copyStringForCompare, type LoadInfo } from "./load_info.ts";

type ModinfoSource = Pick<LoadInfo, "copy" | "sechdrs" | "index" | "modinfo">;

/**
 * Where the strings of .modinfo begin in the copy, in their order. Padding zeros between them are skipped; the last string may run past
 * the section's end, as the kernel's does.
 */
function modinfoStarts(info: ModinfoSource): readonly number[] {
  if (info.modinfo !== undefined) return info.modinfo;
  const { sh_offset, sh_size } = info.sechdrs[info.index.info];
  const { bytes, base } = info.copy.area;
  const starts: number[] = [];
  let at = sh_offset;
  let left = sh_size;
  for (;;) {
    if (at >= bytes.length) throw pageFault(u32(base + at), "read");
    starts.push(at);
    const end = bytes.indexOf(0, at);
    if (end < 0 || end - at >= left) break;
    left -= end - at;
    at = end;
    while (left > 1 && bytes[at] === 0) {
      at++;
      left--;
    }
    if (bytes[at] === 0) break;
  }
  return info.modinfo = starts;
}

/** Whether the string at `at` begins with `tag` and an equals sign. */
function hasTag({ copy }: ModinfoSource, at: number, tag: string): boolean {
  const { bytes } = copy.area;
  for (let i = 0; i < tag.length; i++) if (bytes[at + i] !== tag.charCodeAt(i)) return false;
  return bytes[at + tag.length] === "=".charCodeAt(0);
}

/** get_modinfo(): the value of the first `tag=value`. */
export function modinfoValue(info: ModinfoSource, tag: string): string | undefined {
  const at = modinfoStarts(info).find((start) => hasTag(info, start, tag));
  return at === undefined ? undefined : copyStringForCompare(info.copy, at).slice(tag.length + 1);
}

/** for_each_modinfo_entry(): the values of all `tag=value`. */
export function modinfoValues(info: ModinfoSource, tag: string): string[] {
  const starts = modinfoStarts(info).filter((start) => hasTag(info, start, tag));
  return starts.map((start) => copyStringForCompare(info.copy, start).slice(tag.length + 1));
}

/** modinfo_attrs: tags whose values struct module points to. */
const ATTRIBUTES = ["version", "srcversion"];

/** setup_modinfo(): the module keeps copies of what /sys/module shows of it. */
export function setupModinfo(info: LoadInfo, mod: KernelModule): void {
  const { slab, space } = info.kernel;
  for (const tag of ATTRIBUTES) {
    const value = modinfoValue(info, tag);
    if (value === undefined) continue;
    const copy = slab.kmalloc(value.length + 1);
    for (let i = 0; copy !== 0 && i < value.length; i++) space.write8(copy + i, value.charCodeAt(i));
    mod.modinfoCopies.push(copy);
    mod.put(tag, copy);
  }
}

/** free_modinfo(). */
export function freeModinfo({ slab }: Kernel, mod: KernelModule): void {
  for (const copy of mod.modinfoCopies.splice(0)) slab.kfree(copy);
}
