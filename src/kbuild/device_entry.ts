// SPDX-License-Identifier: GPL-2.0-only
/**
 * One entry of a device table, and the pieces that aliases are put together of.
 *
 * Models: DEF_FIELD(), DEF_FIELD_ADDR(), ADD(), add_wildcard(), add_uuid() and add_guid() of scripts/mod/file2alias.c.
 *
 * @module
 */

import type { Diagnostics } from "./diagnostics.ts";
import { stringAt } from "./elf_info.ts";

/** An entry's bytes, little-endian as the machine has them. Offsets are those of the structure on a 32-bit machine. */
export class DeviceEntry {
  readonly #view: DataView;

  /** @param module the path of the module, for messages */
  constructor(readonly bytes: Uint8Array, readonly module: string, readonly diagnostics: Diagnostics) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(at: number): number {
    return this.bytes[at];
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** A number of 1, 2 or 4 bytes. */
  number(at: number, width: Width): number {
    return width === 4 ? this.u32(at) : width === 2 ? this.u16(at) : this.u8(at);
  }

  /** A text, up to its zero. */
  text(at: number): string {
    return stringAt(this.bytes, at);
  }

  /** Whether any of the bytes is set. */
  has(at: number): boolean {
    return this.bytes[at] !== 0;
  }
}

/** sizeof() of a field. */
export type Width = 1 | 2 | 4;

/** A number in upper-case hexadecimal digits, two for each byte. */
export function upperHex(value: number, width: Width): string {
  return value.toString(16).toUpperCase().padStart(width * 2, "0");
}

/** ADD(): a separator, and the number or a star for any. */
export function add(separator: string, isGiven: boolean, value: number, width: Width): string {
  return separator + (isGiven ? upperHex(value, width) : "*");
}

/** add_wildcard(): a star at the end, for what later versions append. */
export function withWildcard(alias: string): string {
  return alias.endsWith("*") ? alias : `${alias}*`;
}

/** White space becomes underscores. */
export function withoutSpaces(alias: string): string {
  return alias.replace(/[ \t-\r]/g, "_");
}

/** Bytes in lower-case hexadecimal digits. */
export function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Groups of a UUID's sixteen bytes in the order of printing, as they are stored in memory. */
const STORED = [[3, 2, 1, 0], [5, 4], [7, 6], [8, 9], [10, 11, 12, 13, 14, 15]];
/** The same, stored as printed. */
const PLAIN = [[0, 1, 2, 3], [4, 5], [6, 7], [8, 9], [10, 11, 12, 13, 14, 15]];

/** add_uuid(): a UUID of uuid_le or guid_t, or with `plain` of uuid_t. */
export function uuid(entry: DeviceEntry, at: number, plain = false): string {
  const groups = plain ? PLAIN : STORED;
  return groups.map((group) => hexOfBytes(Uint8Array.from(group, (i) => entry.u8(at + i)))).join("-");
}
