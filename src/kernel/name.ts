// SPDX-License-Identifier: GPL-2.0-only
/**
 * A symbol's name where it stands. Modules name hundreds of thousands of symbols: bytes are compared with bytes, and a name becomes text
 * where somebody reads it.
 *
 * @module
 */

import { latin1 } from "../elf/latin1.ts";
import { encodeName } from "../elf/string_table.ts";

/** The bytes from `start` up to a NUL, or to the end of what is there. */
export class Name {
  /** Of the bytes: equal names have the same. */
  readonly hash: number;
  /** Offset of the NUL. */
  readonly end: number;
  #text: string | undefined;

  constructor(readonly bytes: Uint8Array, readonly start: number) {
    let hash = 0;
    let end = start;
    for (; end < bytes.length && bytes[end] !== 0; end++) hash = (Math.imul(hash, 31) + bytes[end]) | 0;
    this.hash = hash;
    this.end = end;
  }

  /**
   * The name that a text is, one character per byte.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Name } from "./name.ts";
   * assertEquals(Name.of("ab").standsAt(Uint8Array.of(0x61, 0x62, 0), 0), true);
   * ```
   */
  static of(text: string): Name {
    return new Name(encodeName(text), 0);
  }

  /** Whether the same name stands in other bytes. */
  standsAt(bytes: Uint8Array, start: number): boolean {
    const length = this.end - this.start;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== this.bytes[this.start + i]) return false;
    return start + length === bytes.length || bytes[start + length] === 0;
  }

  /** Whether the bytes are this text, one character per byte. */
  is(text: string): boolean {
    const { bytes, start, end } = this;
    if (text.length !== end - start) return false;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false;
    return true;
  }

  get text(): string {
    return this.#text ??= latin1(this.bytes, this.start, this.end);
  }

  toString(): string {
    return this.text;
  }
}
