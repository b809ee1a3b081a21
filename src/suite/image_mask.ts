// SPDX-License-Identifier: GPL-2.0-only
/**
 * What two boots of one kernel do not have in common in a module's memory just before init, by name: fields of struct module that the
 * profile lists, and in memory that is writable the addresses of what was allocated at run time. Code and read-only data are never masked.
 *
 * @module
 */

import { heapArea, type KernelProfile } from "../kernel/profile.ts";
import type { RegionImage, StepOutcome } from "./outcome.ts";

/** Memory that is written to between the copy and init by more than relocation. */
const WRITABLE: ReadonlySet<string> = new Set(["MOD_DATA", "MOD_RO_AFTER_INIT", "MOD_INIT_DATA"]);

/** Address of struct module in a step's module, where it came so far. */
export function thisModuleOf({ sections }: StepOutcome): number | undefined {
  const address = sections?.[".gnu.linkonce.this_module"]?.address;
  return address === undefined ? undefined : Number(address);
}

/** What stands for a word that is not compared, by its offset in the region; undefined for one that is. */
export type Mask = (offset: number, word: number) => string | undefined;

/** Whether a field's name is one of a list's; `[]` there stands for any index. */
function isListed(field: string, list: readonly string[]): boolean {
  return list.includes(field.replace(/\[\d+\]/g, "[]"));
}

/**
 * The mask of one region.
 *
 * @param thisModule address of struct module
 */
export function maskOf(image: RegionImage, thisModule: number | undefined, profile: KernelProfile): Mask {
  const { structModule, vmalloc } = profile;
  const heap = heapArea(profile);
  const isPrivate = new Set<number>();
  const at = thisModule === undefined ? -1 : thisModule - image.base;
  if (at >= 0 && at < image.bytes.length) {
    for (const [field, [offset, size]] of structModule.fields) {
      if (!isListed(field, structModule.maskedFields)) continue;
      for (let byte = 0; byte < size; byte += 4) isPrivate.add(at + offset + byte);
    }
  }
  const writable = WRITABLE.has(image.type);
  return (offset, word) => {
    if (isPrivate.has(offset)) return "~private";
    if (!writable) return undefined;
    if (word >= vmalloc.start && word < vmalloc.end) return "~vmalloc";
    return word >= heap.start && word < heap.end ? "~~~~heap" : undefined;
  };
}

/** A region's bytes with each masked word replaced by a part of its mask's name; those bytes themselves where nothing is masked. */
export function maskedBytes(image: RegionImage, thisModule: number | undefined, profile: KernelProfile): Uint8Array {
  const { base, bytes, type } = image;
  const holdsModule = thisModule !== undefined && thisModule >= base && thisModule < base + bytes.length;
  if (!holdsModule && !WRITABLE.has(type)) return bytes;
  const mask = maskOf(image, thisModule, profile);
  const masked = bytes.slice();
  const view = new DataView(masked.buffer);
  for (let at = 0; at + 4 <= masked.length; at += 4) {
    const text = mask(at, view.getUint32(at, true));
    if (text !== undefined) { for (let i = 0; i < 4; i++) masked[at + i] = text.charCodeAt(text.length - 4 + i); }
  }
  return masked;
}
