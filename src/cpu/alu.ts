// SPDX-License-Identifier: GPL-2.0-only
/**
 * The operations of data processing, each as a value and as a value with flags. Numbers are 32 bits, signed.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A2.2.1 (AddWithCarry()) and the A8 pages of the instructions.
 *
 * @module
 */

import type { Cpu } from "./state.ts";

/** @param shifterCarry the operand's carry out, for operations on bits */
type Flagged = (cpu: Cpu, a: number, b: number, shifterCarry: number) => number;

export interface AluOperation {
  readonly value: (cpu: Cpu, a: number, b: number) => number;
  /** The value; sets the flags. */
  readonly flagged: Flagged;
  /** A comparison: the value goes nowhere. */
  readonly compares: boolean;
}

/** AddWithCarry(), with the flags. */
export function addWithCarry(cpu: Cpu, a: number, b: number, carry: number): number {
  const unsigned = (a >>> 0) + (b >>> 0) + carry;
  const result = unsigned | 0;
  cpu.setNZ(result);
  cpu.c = unsigned > 0xffffffff ? 1 : 0;
  cpu.v = ((a ^ result) & (b ^ result)) >>> 31;
  return result;
}

/** An operation on bits: N and Z by the result, C from the shifter, V stays. */
function bits(value: (a: number, b: number) => number, compares = false): AluOperation {
  return {
    value: (_cpu, a, b) => value(a, b),
    flagged: (cpu, a, b, shifterCarry) => {
      const result = value(a, b);
      cpu.setNZ(result);
      cpu.c = shifterCarry;
      return result;
    },
    compares,
  };
}

/** A sum, as the three operands of AddWithCarry(). */
function sum(operands: (cpu: Cpu, a: number, b: number) => readonly [number, number, number], compares = false): AluOperation {
  return {
    value: (cpu, a, b) => {
      const [x, y, carry] = operands(cpu, a, b);
      return (x + y + carry) | 0;
    },
    flagged: (cpu, a, b) => addWithCarry(cpu, ...operands(cpu, a, b)),
    compares,
  };
}

export const AND = bits((a, b) => a & b);
export const EOR = bits((a, b) => a ^ b);
export const SUB = sum((_cpu, a, b) => [a, ~b, 1]);
export const RSB = sum((_cpu, a, b) => [~a, b, 1]);
export const ADD = sum((_cpu, a, b) => [a, b, 0]);
export const ADC = sum((cpu, a, b) => [a, b, cpu.c]);
export const SBC = sum((cpu, a, b) => [a, ~b, cpu.c]);
export const RSC = sum((cpu, a, b) => [~a, b, cpu.c]);
export const TST = bits((a, b) => a & b, true);
export const TEQ = bits((a, b) => a ^ b, true);
export const CMP = sum((_cpu, a, b) => [a, ~b, 1], true);
export const CMN = sum((_cpu, a, b) => [a, b, 0], true);
export const ORR = bits((a, b) => a | b);
export const MOV = bits((_a, b) => b);
export const BIC = bits((a, b) => a & ~b);
export const MVN = bits((_a, b) => ~b);
export const ORN = bits((a, b) => a | ~b);
