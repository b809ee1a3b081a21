// SPDX-License-Identifier: GPL-2.0-only
/**
 * 32-bit arithmetic. Every wrapping of a number to the width of an ARM register goes through here.
 *
 * @module
 */

/** `value` as an unsigned 32-bit number: what C calls u32. */
export function u32(value: number): number {
  return value >>> 0;
}

/** `value` as a signed 32-bit number: what C calls s32. */
export function s32(value: number): number {
  return value | 0;
}

/** The low `bits` bits of `value` (1 to 32), the highest of them taken as the sign. */
export function signExtend(value: number, bits: number): number {
  const shift = 32 - bits;
  return (value << shift) >> shift;
}

/**
 * `value` rounded up to a multiple of `alignment`, wrapped to 32 bits: the kernel's ALIGN(). Like it, this works on the
 * bits, so an alignment that is no power of two gives what the kernel gets.
 */
export function align(value: number, alignment: number): number {
  const mask = u32(alignment - 1);
  return u32(u32(value + mask) & ~mask);
}

/** `value` as the kernel's `%#x` with eight digits: `0xbf000000`. */
export function hex32(value: number): string {
  return "0x" + u32(value).toString(16).padStart(8, "0");
}
