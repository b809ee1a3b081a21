// SPDX-License-Identifier: GPL-2.0-only
/**
 * Strings to numbers, as the kernel reads them from users.
 *
 * Models: kstrtoull(), kstrtoll(), the kstrto*() of narrower types and kstrtobool() of lib/kstrtox.c. A result is the value,
 * or minus the errno: numbers come as bigint, so the two cannot be mixed up. Text is one character per byte, without its NUL.
 *
 * @module
 */

import { EINVAL, ERANGE } from "./errno.ts";

/** A C integer type. */
export interface IntegerType {
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
}

export const U8: IntegerType = { bits: 8, signed: false };
export const U16: IntegerType = { bits: 16, signed: false };
export const U32: IntegerType = { bits: 32, signed: false };
export const U64: IntegerType = { bits: 64, signed: false };
export const S16: IntegerType = { bits: 16, signed: true };
export const S32: IntegerType = { bits: 32, signed: true };

const ULLONG_MAX = (1n << 64n) - 1n;

/**
 * kstrtou8(), kstrtos16(), kstrtoint() and so on: the whole text is one number, with a newline at its end if there is one.
 *
 * @param base 2 to 16; 0: 16 after "0x", 8 after "0", else 10
 * @returns the value; -EINVAL where the text is no such number, -ERANGE where the type does not hold it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { kstrto, S32, U8 } from "./kstrtox.ts";
 * assertEquals(kstrto("-0x10\n", 0, S32), -16n);
 * assertEquals(kstrto("256", 0, U8), -34);
 * ```
 */
export function kstrto(text: string, base: number, type: IntegerType): bigint | number {
  const value = type.signed ? kstrtoll(text, base) : kstrtoull(text, base);
  if (typeof value === "number") return value;
  const narrowed = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value);
  return value === narrowed ? value : -ERANGE;
}

/** kstrtoull(): a plus sign is allowed, a minus sign is not. */
export function kstrtoull(text: string, base: number): bigint | number {
  return parseUnsigned(text.startsWith("+") ? text.slice(1) : text, base);
}

/** kstrtoll(). */
export function kstrtoll(text: string, base: number): bigint | number {
  if (text.startsWith("-")) {
    const magnitude = parseUnsigned(text.slice(1), base);
    if (typeof magnitude === "number") return magnitude;
    return magnitude > 1n << 63n ? -ERANGE : -magnitude;
  }
  const value = kstrtoull(text, base);
  if (typeof value === "number") return value;
  return value >= 1n << 63n ? -ERANGE : value;
}

/**
 * kstrtobool(): only the first character counts, of "on" and "off" the first two.
 *
 * @param text undefined for a NULL pointer
 * @returns the value, or -EINVAL
 */
export function kstrtobool(text: string | undefined): boolean | number {
  if (text === undefined) return -EINVAL;
  if (/^([yYtT1]|[oO][nN])/.test(text)) return true;
  if (/^([nNfF0]|[oO][fF])/.test(text)) return false;
  return -EINVAL;
}

/** _kstrtoull(): too many digits are ERANGE before what follows them is looked at. */
function parseUnsigned(text: string, base: number): bigint | number {
  let at = 0;
  if (base === 0) base = text[0] !== "0" ? 10 : /^0[xX][0-9a-fA-F]/.test(text) ? 16 : 8;
  if (base === 16 && /^0[xX]/.test(text)) at = 2;
  const digits = at;
  let value = 0n;
  for (; at < text.length; at++) {
    const digit = digitValue(text.charCodeAt(at));
    if (digit >= base) break;
    value = value * BigInt(base) + BigInt(digit);
    if (value > ULLONG_MAX) return -ERANGE;
  }
  if (at === digits) return -EINVAL;
  if (text[at] === "\n") at++;
  return at < text.length ? -EINVAL : value;
}

/** What a character is worth as a digit of base 16; 16 where it is none. */
function digitValue(char: number): number {
  if (char >= 0x30 && char <= 0x39) return char - 0x30;
  const lower = char | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16;
}
