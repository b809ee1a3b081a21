// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of the media instructions: arithmetic on bytes and halves in parallel, packing, extension, saturation, bit fields, reversal.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A4.4.4, A4.4.7, A5.4 and the A8 pages.
 *
 * @module
 */

import { half, saturate } from "./exec_multiply.ts";
import { unpredictableOp } from "./outcome.ts";
import type { Build } from "./picture.ts";
import { ASR, immediateShift, LSL, ROR, shift } from "./shift.ts";
import type { Cpu } from "./state.ts";

/** The number that is made of a lane's sum or difference, and the GE bit that it sets (undefined: GE stays). */
export interface Lanes {
  readonly signed: boolean;
  readonly value: (sum: number, bits: number) => number;
  /** Whether GE becomes one. */
  readonly ge?: (sum: number, bits: number, subtracts: boolean) => boolean;
}

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** The six kinds of parallel arithmetic by their prefixes. */
export const LANES = {
  S: { signed: true, value: (sum) => sum, ge: (sum) => sum >= 0 },
  Q: { signed: true, value: (sum, bits) => clamp(sum, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) },
  SH: { signed: true, value: (sum) => sum >> 1 },
  U: { signed: false, value: (sum) => sum, ge: (sum, bits, subtracts) => subtracts ? sum >= 0 : sum >= 2 ** bits },
  UQ: { signed: false, value: (sum, bits) => clamp(sum, 0, 2 ** bits - 1) },
  UH: { signed: false, value: (sum) => sum >> 1 },
} as const satisfies Record<string, Lanes>;

/** A lane of a register. */
function lane(word: number, index: number, bits: number, signed: boolean): number {
  const up = word << (32 - bits * (index + 1));
  return signed ? up >> (32 - bits) : up >>> (32 - bits);
}

/**
 * Parallel addition and subtraction.
 *
 * @param signs of the second operand, lowest lane first; as many as there are lanes
 * @param crosses whether the second operand's halves are exchanged (ASX, SAX)
 */
export function parallel(lanes: Lanes, signs: readonly (1 | -1)[], crosses = false): Build {
  const count = signs.length;
  const bits = 32 / count;
  const mask = 2 ** bits - 1;
  return ({ d, n, m }) => (cpu) => {
    const [a, b] = [cpu.r[n], cpu.r[m]];
    let result = 0;
    let ge = 0;
    for (let i = 0; i < count; i++) {
      const other = lane(b, crosses ? count - 1 - i : i, bits, lanes.signed);
      const sum = lane(a, i, bits, lanes.signed) + signs[i] * other;
      result |= (lanes.value(sum, bits) & mask) << (bits * i);
      if (lanes.ge?.(sum, bits, signs[i] < 0)) ge |= (count === 2 ? 3 : 1) << (i * 4 / count);
    }
    cpu.r[d] = result;
    if (lanes.ge !== undefined) cpu.ge = ge;
  };
}

/** SEL: each byte of n where its GE bit is set, else of m. */
export const select: Build = ({ d, n, m }) => ({ r, ge }) => {
  const mask = ((ge & 1) * 0xff) | ((ge & 2) * 0x7f80) | ((ge & 4) * 0x3fc000) | ((ge & 8) * 0x1fe00000);
  r[d] = (r[n] & mask) | (r[m] & ~mask);
};

/** USAD8, USADA8: the sum of the absolute differences of bytes. */
export const absoluteDifferences: Build = ({ d, n, m, a }) => ({ r }) => {
  let sum = a === undefined ? 0 : r[a];
  for (let i = 0; i < 4; i++) sum += Math.abs(lane(r[n], i, 8, false) - lane(r[m], i, 8, false));
  r[d] = sum;
};

/** PKHBT: lower half of n, upper of m shifted. */
export const packBottomTop: Build = ({ d, n, m, i }) => ({ r }) => void (r[d] = (r[n] & 0xffff) | ((r[m] << i) & ~0xffff));
/** PKHTB: upper half of n, lower of m shifted. */
export const packTopBottom: Build = ({ d, n, m, i }) => ({ r }) => {
  r[d] = (r[n] & ~0xffff) | ((r[m] >> (i === 0 ? 31 : i)) & 0xffff);
};

type Extend = (rotated: number) => number;
export const sxtb: Extend = (x) => (x << 24) >> 24;
export const sxth: Extend = (x) => (x << 16) >> 16;
export const uxtb: Extend = (x) => x & 0xff;
export const uxth: Extend = (x) => x & 0xffff;

/** SXTB, SXTAB and their like: rotated by 8 times i, extended, with n added where there is one. */
export function extend(how: Extend): Build {
  return ({ d, n, m, i = 0 }) => ({ r }) => {
    const x = how(shift(ROR, r[m], 8 * i, 0));
    r[d] = n === undefined ? x : r[n] + x;
  };
}

/** SXTB16, SXTAB16, UXTB16, UXTAB16: two bytes to two halves. */
export function extendPair(signed: boolean): Build {
  return ({ d, n, m, i }) => ({ r }) => {
    const x = shift(ROR, r[m], 8 * i, 0);
    const base = n === undefined ? 0 : r[n];
    const low = lane(x, 0, 8, signed) + (base & 0xffff);
    const high = lane(x, 2, 8, signed) + (base >>> 16);
    r[d] = (low & 0xffff) | (high << 16);
  };
}

/** `value` within the unsigned range of so many bits; sets Q where it was not. */
function saturateUnsigned(cpu: Cpu, value: number, bits: number): number {
  const bound = clamp(value, 0, 2 ** bits - 1);
  if (bound !== value) cpu.q = 1;
  return bound;
}

/** SSAT: w is the width less one; t, which chooses ASR before LSL, and i the shift. */
export const ssat: Build = ({ d, n, w, t, i }) => {
  const by = immediateShift(t === 1 ? ASR : LSL, i);
  return (cpu) => void (cpu.r[d] = saturate(cpu, shift(by.type, cpu.r[n], by.amount, 0), w + 1));
};
/** USAT: w is the width. */
export const usat: Build = ({ d, n, w, t, i }) => {
  const by = immediateShift(t === 1 ? ASR : LSL, i);
  return (cpu) => void (cpu.r[d] = saturateUnsigned(cpu, shift(by.type, cpu.r[n], by.amount, 0), w));
};

/** SSAT16, USAT16: both halves. @param saturateHalf to the width that the field w stands for */
function saturateHalves(saturateHalf: (cpu: Cpu, value: number, w: number) => number): Build {
  return ({ d, n, w }, place) => {
    if (w > 15) return unpredictableOp(place, "bit 4 is set");
    return (cpu) => {
      const [low, high] = [0, 1].map((top) => saturateHalf(cpu, half(cpu.r[n], top), w));
      cpu.r[d] = (low & 0xffff) | (high << 16);
    };
  };
}
export const ssat16 = saturateHalves((cpu, value, w) => saturate(cpu, value, w + 1));
export const usat16 = saturateHalves(saturateUnsigned);

/** SBFX, UBFX: l the lowest bit, w the width less one. */
export function extractField(signed: boolean): Build {
  return ({ d, n, l, w }, place) => {
    const up = 31 - l - w;
    if (up < 0) return unpredictableOp(place, "field beyond bit 31");
    return signed ? ({ r }) => void (r[d] = (r[n] << up) >> (31 - w)) : ({ r }) => void (r[d] = (r[n] << up) >>> (31 - w));
  };
}

/** BFI, and BFC where there is no n: from bit l to bit h. */
export const insertField: Build = ({ d, n, l, h }, place) => {
  if (h < l) return unpredictableOp(place, "highest bit below the lowest");
  const mask = shift(1, -1, 31 - h + l, 0) << l;
  return ({ r }) => void (r[d] = (r[d] & ~mask) | (((n === undefined ? 0 : r[n]) << l) & mask));
};

/** The bytes in opposite order. */
export function reverseBytes(x: number): number {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

export const rev: Build = ({ d, m }) => ({ r }) => void (r[d] = reverseBytes(r[m]));
export const rev16: Build = ({ d, m }) => ({ r }) => void (r[d] = ((r[m] & 0xff00ff) << 8) | ((r[m] >>> 8) & 0xff00ff));
export const revsh: Build = ({ d, m }) => ({ r }) => void (r[d] = ((r[m] << 24) >> 16) | ((r[m] >>> 8) & 0xff));
export const rbit: Build = ({ d, m }) => ({ r }) => {
  let x = r[m];
  x = ((x & 0x55555555) << 1) | ((x >>> 1) & 0x55555555);
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333);
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f);
  r[d] = reverseBytes(x);
};
export const clz: Build = ({ d, m }) => ({ r }) => void (r[d] = Math.clz32(r[m]));
