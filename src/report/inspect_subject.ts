// SPDX-License-Identifier: GPL-2.0-only
/**
 * What every part of an inspection reads from, and how the file's bytes become text.
 *
 * @module
 */

import type { ElfImage, ElfSection } from "../elf/image.ts";
import { SHF, SHN } from "../elf/constants.ts";
import type { Host } from "../kernel/host.ts";
import type { KernelProfile } from "../kernel/profile.ts";

/** A file under inspection. */
export interface Subject {
  /** The unpacked file. */
  readonly bytes: Uint8Array;
  readonly image: ElfImage;
  /** The kernel whose rules count. */
  readonly profile: KernelProfile;
  readonly host: Host;
}

/**
 * Text that has one character per byte, as UTF-8 where it is that, else with `\xNN` for each byte beyond ASCII.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readable } from "./inspect_subject.ts";
 * assertEquals(readable("caf\xc3\xa9"), "café");
 * assertEquals(readable("caf\xe9"), "caf\\xe9");
 * ```
 */
export function readable(latin1: string): string {
  const isByte = (character: string) => character > "\x7f";
  if (![...latin1].some(isByte)) return latin1;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(latin1, (each) => each.charCodeAt(0)));
  } catch {
    return Array.from(latin1, (each) => isByte(each) ? `\\x${each.charCodeAt(0).toString(16)}` : each).join("");
  }
}

/** find_sec(): the first section of that name that the kernel keeps. */
export function allocatedSection(image: ElfImage, name: string): ElfSection | undefined {
  return image.sections.find((each) => each.index > 0 && each.name === name && (each.header.sh_flags & SHF.ALLOC) !== 0);
}

/** A view of a section's bytes. */
export function viewOf({ data }: ElfSection): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** What st_shndx says: a section's name, or readelf's word for a special index. */
export function placeName(image: ElfImage, shndx: number): string {
  if (shndx === SHN.UNDEF) return "UND";
  if (shndx === SHN.ABS) return "ABS";
  if (shndx === SHN.COMMON) return "COM";
  const section = image.sections[shndx];
  return section === undefined ? `0x${shndx.toString(16)}` : readable(section.name);
}
