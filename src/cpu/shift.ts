// SPDX-License-Identifier: GPL-2.0-only
/**
 * Shifts, and the immediates that instructions encode by them. Numbers are 32 bits, signed.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A2.2.1, A5.2.4, A6.3.2 and A8.4.
 *
 * @module
 */

export const LSL = 0;
export const LSR = 1;
export const ASR = 2;
export const ROR = 3;
export const RRX = 4;

/** Shift_C()'s value. @param amount 0 to 255; @param carry the C flag, which RRX shifts in */
export function shift(type: number, x: number, amount: number, carry: number): number {
  switch (type) {
    case LSL:
      return amount < 32 ? x << amount : 0;
    case LSR:
      return amount < 32 ? (x >>> amount) | 0 : 0;
    case ASR:
      return x >> (amount < 32 ? amount : 31);
    case ROR:
      return (x >>> (amount & 31)) | (x << (32 - (amount & 31)));
    default:
      return (x >>> 1) | (carry << 31);
  }
}

/** Shift_C()'s carry out, 0 or 1. */
export function shiftCarry(type: number, x: number, amount: number, carry: number): number {
  if (type === RRX) return x & 1;
  if (amount === 0) return carry;
  switch (type) {
    case LSL:
      return amount <= 32 ? (x >>> (32 - amount)) & 1 : 0;
    case LSR:
      return amount <= 32 ? (x >>> (amount - 1)) & 1 : 0;
    case ASR:
      return (x >> (amount <= 32 ? amount - 1 : 31)) & 1;
    default:
      return (x >>> ((amount - 1) & 31)) & 1;
  }
}

/** A register operand's shift. */
export interface Shift {
  readonly type: number;
  readonly amount: number;
}

/** DecodeImmShift(). @param imm5 the amount's field */
export function immediateShift(type: number, imm5: number): Shift {
  if (imm5 !== 0 || type === LSL) return { type, amount: imm5 };
  return type === ROR ? { type: RRX, amount: 1 } : { type, amount: 32 };
}

/** An immediate operand, and the carry that it makes (undefined: the C flag stays). */
export interface Immediate {
  readonly value: number;
  readonly carry: number | undefined;
}

/** ARMExpandImm_C(): eight bits, rotated right by twice the upper four. */
export function armImmediate(imm12: number): Immediate {
  const rotation = 2 * (imm12 >> 8);
  const value = shift(ROR, imm12 & 255, rotation, 0);
  return { value, carry: rotation === 0 ? undefined : value >>> 31 };
}

/** ThumbExpandImm_C(): eight bits repeated in one of four patterns, or with a leading one rotated right. */
export function thumbImmediate(imm12: number): Immediate {
  const low = imm12 & 255;
  if (imm12 >> 10 === 0) {
    return { value: [low, low * 0x00010001, low * 0x01000100, low * 0x01010101][imm12 >> 8] | 0, carry: undefined };
  }
  const value = shift(ROR, 0x80 | (imm12 & 0x7f), imm12 >> 7, 0);
  return { value, carry: value >>> 31 };
}
