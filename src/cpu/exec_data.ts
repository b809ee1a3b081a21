// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of data processing, shared by A32 and T32. Fields: d, n, m registers; s the flags are set; t, i the shift; r the register with
 * the shift's amount.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.2 and A6.3.
 *
 * @module
 */

import { ADD, type AluOperation, AND, CMP, EOR, MOV, ORR, SUB } from "./alu.ts";
import { notModelledOp } from "./outcome.ts";
import type { Build, Fields, Place } from "./picture.ts";
import { type Immediate, immediateShift, LSL, type Shift, shift, shiftCarry } from "./shift.ts";
import type { Cpu, Op } from "./state.ts";

/** What an operation works on; `d` is ignored by comparisons. */
interface Registers {
  readonly d: number;
  readonly n: number;
  readonly s: boolean;
}

/** The commonest forms, without any call inside. `a` op `m`, flags untouched. */
function plainRegister(operation: AluOperation, d: number, n: number, m: number): Op | undefined {
  switch (operation) {
    case ADD:
      return ({ r }) => void (r[d] = r[n] + r[m]);
    case SUB:
      return ({ r }) => void (r[d] = r[n] - r[m]);
    case AND:
      return ({ r }) => void (r[d] = r[n] & r[m]);
    case ORR:
      return ({ r }) => void (r[d] = r[n] | r[m]);
    case EOR:
      return ({ r }) => void (r[d] = r[n] ^ r[m]);
    case MOV:
      return ({ r }) => void (r[d] = r[m]);
  }
}

function plainImmediate(operation: AluOperation, d: number, n: number, value: number): Op | undefined {
  switch (operation) {
    case ADD:
      return ({ r }) => void (r[d] = r[n] + value);
    case SUB:
      return ({ r }) => void (r[d] = r[n] - value);
    case AND:
      return ({ r }) => void (r[d] = r[n] & value);
    case ORR:
      return ({ r }) => void (r[d] = r[n] | value);
    case EOR:
      return ({ r }) => void (r[d] = r[n] ^ value);
    case MOV:
      return ({ r }) => void (r[d] = value);
  }
}

/** Subtraction with flags, the commonest of the flagged ones. */
function subtract(cpu: Cpu, a: number, b: number): number {
  const result = (a - b) | 0;
  cpu.n = result >>> 31;
  cpu.z = result === 0 ? 1 : 0;
  cpu.c = (a >>> 0) >= (b >>> 0) ? 1 : 0;
  cpu.v = ((a ^ b) & (a ^ result)) >>> 31;
  return result;
}

function flaggedImmediate(operation: AluOperation, d: number, n: number, value: number): Op | undefined {
  if (operation === CMP) return (cpu) => void subtract(cpu, cpu.r[n], value);
  if (operation === SUB) return (cpu) => void (cpu.r[d] = subtract(cpu, cpu.r[n], value));
}

function flaggedRegister(operation: AluOperation, d: number, n: number, m: number): Op | undefined {
  if (operation === CMP) return (cpu) => void subtract(cpu, cpu.r[n], cpu.r[m]);
  if (operation === SUB) return (cpu) => void (cpu.r[d] = subtract(cpu, cpu.r[n], cpu.r[m]));
}

/** The result to the PC: a branch, or with flags the return from an exception. */
function toPc(operation: AluOperation, { n, s }: Registers, operand: (cpu: Cpu) => number, place: Place): Op {
  if (s) return notModelledOp({ ...place, name: `${place.name} with S to the PC (exception return)` });
  return (cpu) => cpu.aluBranch(operation.value(cpu, cpu.r[n], operand(cpu)));
}

/** With an immediate operand. */
export function withImmediate(operation: AluOperation, registers: Registers, immediate: Immediate, place: Place): Op {
  const { d, n, s } = registers;
  const { value, carry } = immediate;
  const { value: compute, flagged, compares } = operation;
  if (compares) {
    return flaggedImmediate(operation, d, n, value) ?? ((cpu) => void flagged(cpu, cpu.r[n], value, carry ?? cpu.c));
  }
  if (d === 15) return toPc(operation, registers, () => value, place);
  if (!s) return plainImmediate(operation, d, n, value) ?? ((cpu) => void (cpu.r[d] = compute(cpu, cpu.r[n], value)));
  return flaggedImmediate(operation, d, n, value) ??
    ((cpu) => void (cpu.r[d] = flagged(cpu, cpu.r[n], value, carry ?? cpu.c)));
}

/** With a register operand, shifted by a constant. */
export function withRegister(operation: AluOperation, registers: Registers, m: number, by: Shift, place: Place): Op {
  const { d, n, s } = registers;
  const { type, amount } = by;
  const { value: compute, flagged, compares } = operation;
  const operand = ({ r, c }: Cpu) => shift(type, r[m], amount, c);
  const unshifted = type === LSL && amount === 0;
  if (!compares && d === 15) return toPc(operation, registers, operand, place);
  if (!compares && !s) {
    const plain = unshifted ? plainRegister(operation, d, n, m) : undefined;
    return plain ?? ((cpu) => void (cpu.r[d] = compute(cpu, cpu.r[n], shift(type, cpu.r[m], amount, cpu.c))));
  }
  const quick = unshifted ? flaggedRegister(operation, d, n, m) : undefined;
  if (quick !== undefined) return quick;
  return (cpu) => {
    const { r, c } = cpu;
    const x = r[m];
    const result = flagged(cpu, r[n], shift(type, x, amount, c), shiftCarry(type, x, amount, c));
    if (!compares) r[d] = result;
  };
}

/** With a register operand, shifted by the lowest byte of another register. */
export function withShiftedRegister(operation: AluOperation, registers: Registers, m: number, type: number, by: number): Op {
  const { d, n, s } = registers;
  const { value: compute, flagged, compares } = operation;
  if (!s && !compares) {
    return (cpu) => void (cpu.r[d] = compute(cpu, cpu.r[n], shift(type, cpu.r[m], cpu.r[by] & 255, cpu.c)));
  }
  return (cpu) => {
    const { r, c } = cpu;
    const x = r[m];
    const amount = r[by] & 255;
    const result = flagged(cpu, r[n], shift(type, x, amount, c), shiftCarry(type, x, amount, c));
    if (!compares) r[d] = result;
  };
}

function registersOf({ d = 0, n = 0, s = 0 }: Fields): Registers {
  return { d, n, s: s === 1 };
}

/** A row with an immediate. @param expand how the field i becomes a number */
export function immediateForm(operation: AluOperation, expand: (imm12: number) => Immediate): Build {
  return (f, place) => withImmediate(operation, registersOf(f), expand(f.i), place);
}

/** A row with a register, shifted by a constant. */
export function registerForm(operation: AluOperation): Build {
  return (f, place) => withRegister(operation, registersOf(f), f.m, immediateShift(f.t, f.i), place);
}

/** A row with a register, shifted by a register. */
export function shiftedForm(operation: AluOperation): Build {
  return (f) => withShiftedRegister(operation, registersOf(f), f.m, f.t, f.r);
}

/** MOVW, MOVT. */
export const movw: Build = ({ d, i }) => ({ r }) => void (r[d] = i);
export const movt: Build = ({ d, i }) => ({ r }) => void (r[d] = (r[d] & 0xffff) | (i << 16));

/** ADR and its like: the PC, aligned, plus or minus a constant. */
export function pcRelative(d: number, offset: number, place: Place): Op {
  const value = (((place.address + (place.thumb ? 4 : 8)) & ~3) + offset) | 0;
  return d === 15 ? (cpu) => cpu.aluBranch(value) : ({ r }) => void (r[d] = value);
}
