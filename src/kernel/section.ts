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
export class Section implements Shdr {
  readonly sh_name: number;
  sh_type: number;
  sh_flags: number;
  sh_addr: number;
  readonly sh_offset: number;
  sh_size: number;
  readonly sh_link: number;
  readonly sh_info: number;
  sh_addralign: number;
  sh_entsize: number;
  /** Empty until the header has been checked so far. */
  name = "";
  /** Offset of the section's first byte in `view`. */
  at: number;

  /**
   * @param view the file's copy
   * @param header offset of the section header, all of which lies in `view`
   */
  constructor(public view: DataView, header: number) {
    // readRecord() written out: the loader reads hundreds of thousands of headers. A test holds the two together.
    this.sh_name = view.getUint32(header, true);
    this.sh_type = view.getUint32(header + 4, true);
    this.sh_flags = view.getUint32(header + 8, true);
    this.sh_addr = view.getUint32(header + 12, true);
    this.sh_offset = view.getUint32(header + 16, true);
    this.sh_size = view.getUint32(header + 20, true);
    this.sh_link = view.getUint32(header + 24, true);
    this.sh_info = view.getUint32(header + 28, true);
    this.sh_addralign = view.getUint32(header + 32, true);
    this.sh_entsize = view.getUint32(header + 36, true);
    this.at = this.sh_offset;
  }

  /** The section's bytes alone, for words. */
  ownView(): DataView {
    return new DataView(this.view.buffer, this.view.byteOffset + this.at, this.sh_size);
  }

  /** The section's bytes alone. */
  ownBytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, this.sh_size);
  }
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
