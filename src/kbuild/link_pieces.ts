// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a link works on: objects, their sections, and the sections of the module that these go to.
 *
 * @module
 */

import type { ElfImage, ElfSection } from "../elf/image.ts";

/** Objects that do not go together: one line. */
export class LinkError extends Error {
  override readonly name = "LinkError";
}

/** An object by its path. */
export interface LinkInput {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A section of an object, and where it came to lie. */
export interface Piece {
  readonly input: LinkedInput;
  readonly section: ElfSection;
  readonly pattern: number;
  readonly key: string;
  /** In the section of the module, in bytes. */
  offset: number;
}

/** A section of the module. */
export interface Output {
  readonly name: string;
  readonly pieces: Piece[];
  type: number;
  flags: number;
  align: number;
  size: number;
  /** sh_addr, in bytes: 0 but for one. */
  address: number;
  /** Of the loaded module's file; from 1. */
  index: number;
}

/** An object in the making of the module. */
export interface LinkedInput {
  readonly path: string;
  readonly image: ElfImage;
  /** By section index; undefined where the section is not kept. */
  readonly pieces: (Piece | undefined)[];
  /** New indices of symbols by their old ones; undefined where the symbol is gone. */
  readonly symbols: (number | undefined)[];
}
