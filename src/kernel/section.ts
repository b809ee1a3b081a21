// SPDX-License-Identifier: GPL-2.0-only
/**
 * A section of the module that is being loaded.
 *
 * @module
 */

import { readRecord, SHDR, type Shdr } from "../elf/records.ts";
import { u32 } from "../elf/word.ts";
import { pageFault } from "./fault.ts";
import type { MappedArea } from "./memory.ts";

/** A section header, and where the section's bytes are: in the file's copy, later in the module's memory. */
export interface Section extends Shdr {
  readonly name: string;
  view: DataView;
  /** Offset of the section's first byte in `view`. */
  at: number;
}

/** The section table of the file's copy. */
export interface SectionTable {
  readonly sechdrs: Section[];
  readonly area: MappedArea;
  /** Offset of the table in the copy. */
  readonly shoff: number;
}

/**
 * The header that `index` leads to where the kernel does not check the index: one behind the table is read from whatever the file holds
 * there. Running out of the copy is a fault.
 */
export function uncheckedHeader({ sechdrs, area, shoff }: SectionTable, index: number): Shdr {
  if (index < sechdrs.length) return sechdrs[index];
  const at = shoff + index * SHDR.size;
  if (at + SHDR.size > area.bytes.length) throw pageFault(u32(area.base + at), "read");
  return readRecord(area.view, at, SHDR);
}
