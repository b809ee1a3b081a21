// SPDX-License-Identifier: GPL-2.0-only
/**
 * What two boots of one kernel do not have in common in a module's memory just before init, by name: fields of struct module that the
 * profile lists, `sda` of each srcu_struct, and in memory that is writable the addresses of what was allocated at run time. Code and read-only data are never masked.
 *
 * @module
 */

import { heapArea, type KernelProfile } from "../kernel/profile.ts";
import type { RegionImage, StepOutcome, StepResult } from "./outcome.ts";

/** Memory that is written to between the copy and init by more than relocation. */
const WRITABLE: ReadonlySet<string> = new Set(["MOD_DATA", "MOD_RO_AFTER_INIT", "MOD_INIT_DATA"]);

/** What stands for a word that is not compared, by its offset in the region; undefined for one that is. */
export type Mask = (offset: number, word: number) => string | undefined;

/** Whether a field's name is one of a list's; `[]` there stands for any index. */
function isListed(field: string, list: readonly string[]): boolean {
  return list.includes(field.replace(/\[\d+\]/g, "[]"));
}

/** Address of struct module in a step's module, where it came so far. */
export function thisModuleOf({ sections }: StepOutcome): number | undefined {
  const address = sections?.[".gnu.linkonce.this_module"]?.address;
  return address === undefined ? undefined : Number(address);
}

/** The words of a section, by the images that have it. */
function sectionWords({ outcome, images }: StepResult, name: string): number[] {
  const section = outcome.sections?.[name];
  const [start, size] = [Number(section?.address), section?.size ?? 0];
  const image = images.find(({ base, bytes }) => start >= base && start + size <= base + bytes.length);
  if (image === undefined) return [];
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset + start - image.base, size);
  return Array.from({ length: size >> 2 }, (_, i) => view.getUint32(4 * i, true));
}

/** Offset of `sda` in struct srcu_struct: per-CPU memory, which srcu_module_coming() allocates. */
const SRCU_SDA = 4;

/** Addresses of the words that are masked whatever they hold: fields of struct module, and of the module's srcu_structs. */
export function privateWords(result: StepResult, { structModule, config }: KernelProfile): ReadonlySet<number> {
  const words = new Set<number>();
  const thisModule = thisModuleOf(result.outcome);
  if (thisModule !== undefined) {
    for (const [field, [offset, size]] of structModule.fields) {
      if (!isListed(field, structModule.maskedFields)) continue;
      for (let byte = 0; byte < size; byte += 4) words.add(thisModule + offset + byte);
    }
  }
  const srcu = config.has("TREE_SRCU") ? sectionWords(result, "___srcu_struct_ptrs") : [];
  for (const address of srcu) words.add(address + SRCU_SDA);
  return words;
}

/**
 * The mask of one region.
 *
 * @param isPrivate the words of {@link privateWords}
 */
export function maskOf({ base, type }: RegionImage, isPrivate: ReadonlySet<number>, profile: KernelProfile): Mask {
  const { vmalloc } = profile;
  const heap = heapArea(profile);
  const writable = WRITABLE.has(type);
  return (offset, word) => {
    if (isPrivate.has(base + offset)) return "~private";
    if (!writable) return undefined;
    if (word >= vmalloc.start && word < vmalloc.end) return "~vmalloc";
    return word >= heap.start && word < heap.end ? "~~~~heap" : undefined;
  };
}

/** A region's bytes with each masked word replaced by a part of its mask's name; those bytes themselves where nothing is masked. */
export function maskedBytes(image: RegionImage, isPrivate: ReadonlySet<number>, profile: KernelProfile): Uint8Array {
  const { base, bytes } = image;
  const mask = maskOf(image, isPrivate, profile);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let masked: Uint8Array | undefined;
  const apply = (at: number) => {
    const text = mask(at, view.getUint32(at, true));
    if (text === undefined) return;
    masked ??= bytes.slice();
    for (let i = 0; i < 4; i++) masked[at + i] = text.charCodeAt(text.length - 4 + i);
  };
  // Outside of writable memory only words that are private whatever they hold are masked.
  if (WRITABLE.has(image.type)) { for (let at = 0; at + 4 <= bytes.length; at += 4) apply(at); }
  else for (const word of isPrivate) if (word >= base && word - base + 4 <= bytes.length) apply(word - base);
  return masked ?? bytes;
}
