// SPDX-License-Identifier: GPL-2.0-only
/**
 * Strings and runs of bytes in the memory that the CPU sees. An access to what is not mapped is an abort, as in the kernel's own loops.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";

/** strnlen(). */
export function lengthAt(bus: Bus, address: number, limit = Infinity): number {
  let length = 0;
  while (length < limit && bus.read8(address + length) !== 0) length++;
  return length;
}

/**
 * The string at an address, as latin-1.
 *
 * @param limit reads no more characters than these
 */
export function stringAt(bus: Bus, address: number, limit = Infinity): string {
  let text = "";
  while (text.length < limit) {
    const byte = bus.read8(address + text.length);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** A copy of bytes. A size that the memory does not have is an abort, before there is any room for it. */
export function bytesAt(bus: Bus, address: number, size: number): Uint8Array {
  for (let offset = 0; offset < size; offset += PAGE_SIZE) bus.read8(address + offset);
  return Uint8Array.from({ length: size }, (_, i) => bus.read8(address + i));
}

export function putBytes(bus: Bus, address: number, bytes: ArrayLike<number>): void {
  for (let i = 0; i < bytes.length; i++) bus.write8(address + i, bytes[i]);
}

/** Writes a latin-1 string and its NUL. */
export function putString(bus: Bus, address: number, text: string): void {
  for (let i = 0; i < text.length; i++) bus.write8(address + i, text.charCodeAt(i));
  bus.write8(address + text.length, 0);
}
