// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of multiplication, division and saturating arithmetic on whole registers. Fields as in A32: d (or h, l for a 64-bit result),
 * n and m factors, a accumulator, x and y the halves of n and m, s the flags are set.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A4.4.3 to A4.4.6 and the A8 pages.
 *
 * @module
 */

import { unpredictableOp } from "./outcome.ts";
import type { Build, Fields, Place } from "./picture.ts";
import type { Cpu, Op } from "./state.ts";

/** The halfword of a register, signed. @param top whether the upper one */
export function half(value: number, top: number): number {
  return top === 1 ? value >> 16 : (value << 16) >> 16;
}

/** `value` within the signed range of so many bits; sets Q where it was not. */
export function saturate(cpu: Cpu, value: number, bits: number): number {
  const limit = 2 ** (bits - 1);
  if (value >= -limit && value < limit) return value;
  cpu.q = 1;
  return value < 0 ? -limit : limit - 1;
}

/** The sum as 32 bits; sets Q where it does not fit. */
function sumQ(cpu: Cpu, sum: number): number {
  if (sum !== (sum | 0)) cpu.q = 1;
  return sum | 0;
}

/** MUL, MLA, MLS. @param sign of the product */
export function multiply(sign: 1 | -1): Build {
  return ({ d, n, m, a, s = 0 }) => (cpu) => {
    const { r } = cpu;
    const product = sign * Math.imul(r[n], r[m]);
    const result = (a === undefined ? product : r[a] + product) | 0;
    r[d] = result;
    if (s === 1) cpu.setNZ(result);
  };
}

/** Both registers of a 64-bit result; where they are the same, the result is UNPREDICTABLE. */
function long(f: Fields, place: Place, op: Op): Op {
  return f.h === f.l ? unpredictableOp(place, "RdHi is RdLo") : op;
}

function setLong({ r }: Cpu, { h, l }: Fields, value: bigint): void {
  r[l] = Number(value & 0xffffffffn);
  r[h] = Number((value >> 32n) & 0xffffffffn);
}

function getLong({ r }: Cpu, { h, l }: Fields): bigint {
  return (BigInt(r[h]) << 32n) | BigInt(r[l] >>> 0);
}

/** The unsigned product of two words, as its upper and lower word. */
function setUnsignedProduct({ r }: Cpu, { h, l }: Fields, a: number, b: number): void {
  const low = (a & 0xffff) * (b & 0xffff);
  const middle = (a >>> 16) * (b & 0xffff) + Math.floor(low / 65536);
  const other = (a & 0xffff) * (b >>> 16) + (middle % 65536);
  const high = (a >>> 16) * (b >>> 16) + Math.floor(middle / 65536) + Math.floor(other / 65536);
  r[l] = Math.imul(a, b);
  r[h] = high;
}

function setLongFlags(cpu: Cpu, { h, l }: Fields): void {
  cpu.n = cpu.r[h] >>> 31;
  cpu.z = (cpu.r[h] | cpu.r[l]) === 0 ? 1 : 0;
}

/** UMULL: the one that division by a constant comes to, in plain numbers. */
export const umull: Build = (f, place) =>
  long(f, place, (cpu) => {
    setUnsignedProduct(cpu, f, cpu.r[f.n], cpu.r[f.m]);
    if (f.s === 1) setLongFlags(cpu, f);
  });

/** UMLAL, SMULL, SMLAL. */
export function multiplyLong(signed: boolean, accumulates: boolean): Build {
  return (f, place) =>
    long(f, place, (cpu) => {
      const [a, b] = signed ? [cpu.r[f.n], cpu.r[f.m]] : [cpu.r[f.n] >>> 0, cpu.r[f.m] >>> 0];
      setLong(cpu, f, BigInt(a) * BigInt(b) + (accumulates ? getLong(cpu, f) : 0n));
      if (f.s === 1) setLongFlags(cpu, f);
    });
}

/** UMAAL: product plus both registers of the result. */
export const umaal: Build = (f, place) =>
  long(f, place, (cpu) => {
    const { r } = cpu;
    setLong(cpu, f, BigInt(r[f.n] >>> 0) * BigInt(r[f.m] >>> 0) + BigInt(r[f.h] >>> 0) + BigInt(r[f.l] >>> 0));
  });

/** SMULxy, SMLAxy: halves. */
export const multiplyHalves: Build = ({ d, n, m, a, x, y }) => (cpu) => {
  const { r } = cpu;
  const product = half(r[n], x) * half(r[m], y);
  r[d] = a === undefined ? product : sumQ(cpu, product + r[a]);
};

/** SMULWy, SMLAWy: a word by a half, the upper 32 of 48 bits. */
export const multiplyWordHalf: Build = ({ d, n, m, a, y }) => (cpu) => {
  const { r } = cpu;
  const product = Math.floor((r[n] * half(r[m], y)) / 65536);
  r[d] = a === undefined ? product : sumQ(cpu, product + r[a]);
};

/** SMLALxy. */
export const multiplyHalvesLong: Build = (f, place) =>
  long(f, place, (cpu) => {
    const { r } = cpu;
    setLong(cpu, f, getLong(cpu, f) + BigInt(half(r[f.n], f.x) * half(r[f.m], f.y)));
  });

/** The two products of SMLAD and its like, the second one added or subtracted. */
function dual({ r }: Cpu, { n, m, x }: Fields, sign: 1 | -1): number {
  return half(r[n], 0) * half(r[m], x) + sign * half(r[n], 1) * half(r[m], 1 - x);
}

/** SMUAD, SMLAD, SMUSD, SMLSD; x swaps the halves of m. */
export function multiplyDual(sign: 1 | -1): Build {
  return (f) => (cpu) => void (cpu.r[f.d] = sumQ(cpu, dual(cpu, f, sign) + (f.a === undefined ? 0 : cpu.r[f.a])));
}

/** SMLALD, SMLSLD. */
export function multiplyDualLong(sign: 1 | -1): Build {
  return (f, place) => long(f, place, (cpu) => setLong(cpu, f, getLong(cpu, f) + BigInt(dual(cpu, f, sign))));
}

/** SMMUL, SMMLA, SMMLS: the upper word of the product; r rounds. */
export function multiplyUpper(sign: 1 | -1): Build {
  return (f) => ({ r }) => {
    const product = BigInt(sign) * BigInt(r[f.n]) * BigInt(r[f.m]);
    const accumulator = f.a === undefined ? 0n : BigInt(r[f.a]) << 32n;
    r[f.d] = Number(((accumulator + product + (f.r === 1 ? 0x80000000n : 0n)) >> 32n) & 0xffffffffn);
  };
}

/** SDIV, UDIV; by zero it is zero (SCTLR.DZ is of ARMv7-R). */
export const sdiv: Build = ({ d, n, m }) => ({ r }) => void (r[d] = r[m] === 0 ? 0 : (r[n] / r[m]) | 0);
export const udiv: Build = ({ d, n, m }) => ({ r }) => {
  r[d] = r[m] === 0 ? 0 : Math.floor((r[n] >>> 0) / (r[m] >>> 0));
};

/** QADD, QSUB, QDADD, QDSUB: m plus or minus n, which may be doubled first; each step saturates. */
export function saturating(sign: 1 | -1, doubles: boolean): Build {
  return ({ d, n, m }) => (cpu) => {
    const { r } = cpu;
    const operand = doubles ? saturate(cpu, 2 * r[n], 32) : r[n];
    r[d] = saturate(cpu, r[m] + sign * operand, 32);
  };
}
