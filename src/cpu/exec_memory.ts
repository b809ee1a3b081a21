// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of loads and stores of one register or two. Fields: t (and e, the second) the register, n the base, i a constant offset, m an
 * index register shifted by k and i, u whether the offset is added, p whether it counts before the access, w whether the base is written.
 * A fault leaves the base as it was.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A4.6, A5.3 and the A8 pages.
 *
 * @module
 */

import { unpredictableOp } from "./outcome.ts";
import type { Build, Fields, Place } from "./picture.ts";
import { immediateShift, LSL, shift } from "./shift.ts";
import type { Cpu, Op } from "./state.ts";

/** What happens at the address. */
export interface Transfer {
  readonly loads: boolean;
  /** The PC may be loaded: a branch. */
  readonly toPc?: boolean;
  readonly move: (cpu: Cpu, address: number, t: number, e: number) => void;
}

function load(read: (cpu: Cpu, address: number) => number): Transfer {
  return { loads: true, move: (cpu, address, t) => void (cpu.r[t] = read(cpu, address)) };
}

function store(write: (cpu: Cpu, address: number, value: number) => void): Transfer {
  return { loads: false, move: (cpu, address, t) => write(cpu, address, cpu.r[t]) };
}

export const LDR: Transfer = { ...load(({ bus }, address) => bus.read32(address)), toPc: true };
export const LDRB = load(({ bus }, address) => bus.read8(address));
export const LDRH = load(({ bus }, address) => bus.read16(address));
export const LDRSB = load(({ bus }, address) => (bus.read8(address) << 24) >> 24);
export const LDRSH = load(({ bus }, address) => (bus.read16(address) << 16) >> 16);
export const STR = store(({ bus }, address, value) => bus.write32(address, value));
export const STRB = store(({ bus }, address, value) => bus.write8(address, value));
export const STRH = store(({ bus }, address, value) => bus.write16(address, value));
export const LDRD: Transfer = {
  loads: true,
  move: ({ r, bus }, address, t, e) => {
    const first = bus.read32(address);
    r[e] = bus.read32(address + 4);
    r[t] = first;
  },
};
export const STRD: Transfer = {
  loads: false,
  move: ({ r, bus }, address, t, e) => {
    bus.write32(address, r[t]);
    bus.write32(address + 4, r[e]);
  },
};

/** LDRT, STRT and their like: the same, with the rights of user code. */
export function asUser({ loads, move }: Transfer): Transfer {
  return {
    loads,
    move: (cpu, address, t, e) => {
      cpu.bus.demandUser(address, loads ? "read" : "write");
      move(cpu, address, t, e);
    },
  };
}

/** The commonest forms: a base and a constant, without writeback. */
function quick(transfer: Transfer, t: number, n: number, offset: number): Op | undefined {
  switch (transfer) {
    case LDR:
      return ({ r, bus }) => void (r[t] = bus.read32(r[n] + offset));
    case STR:
      return ({ r, bus }) => bus.write32(r[n] + offset, r[t]);
    case LDRB:
      return ({ r, bus }) => void (r[t] = bus.read8(r[n] + offset));
    case STRB:
      return ({ r, bus }) => bus.write8(r[n] + offset, r[t]);
  }
}

/** What is UNPREDICTABLE about the registers, if anything is. */
function fault({ loads, toPc }: Transfer, { t, e, n }: Fields, writeback: boolean): string | undefined {
  if (writeback && n === 15) return "writeback to the PC";
  if (writeback && (n === t || n === e)) return "writeback to the transferred register";
  if (loads && t === 15 && toPc !== true) return "the PC loaded with less than a word";
  if (e !== undefined && (e === 15 || t === 15)) return "the PC as one of a pair";
  return loads && t === e ? "both registers are the same" : undefined;
}

/** The instruction, with its offset as a function. @param offset undefined where it is the constant i */
function transferOp(transfer: Transfer, f: Fields, place: Place, index?: (cpu: Cpu) => number): Op {
  const { t, e, n = 15, i = 0, p = 1, u = 1, w = 0 } = f;
  const writeback = p === 0 || w === 1;
  const why = fault(transfer, { ...f, n }, writeback);
  if (why !== undefined) return unpredictableOp(place, why);
  const { loads, move } = transfer;
  const constant = u === 1 ? i : -i;
  if (n === 15 && index === undefined) {
    const address = (((place.address + (place.thumb ? 4 : 8)) & ~3) + constant) | 0;
    return toPcOr(loads, t, (cpu, to) => move(cpu, address, to, e));
  }
  if (index === undefined && !writeback && t !== 15) {
    return quick(transfer, t, n, constant) ?? ((cpu) => move(cpu, cpu.r[n] + constant, t, e));
  }
  const offset = index ?? (() => constant);
  return toPcOr(loads, t, (cpu, to) => {
    const base = cpu.r[n];
    const moved = base + offset(cpu);
    move(cpu, p === 1 ? moved : base, to, e);
    if (writeback) cpu.r[n] = moved;
  });
}

/** A load of the PC is a branch that may change the instruction set. */
function toPcOr(loads: boolean, t: number, run: (cpu: Cpu, t: number) => void): Op {
  if (!loads || t !== 15) return (cpu) => run(cpu, t);
  return (cpu) => {
    run(cpu, 15);
    cpu.branchExchange(cpu.r[15]);
  };
}

/** A row with a constant offset (i), or none. */
export function atConstant(transfer: Transfer): Build {
  return (f, place) => transferOp(transfer, f, place);
}

/** A row of T32 whose constant counts units of the access. @param n the base where the word names none */
export function scaled(transfer: Transfer, unit: 1 | 2 | 4, n = 15): Build {
  return (f, place) => transferOp(transfer, { n, ...f, i: unit * f.i }, place);
}

/** A row with an index register (m), shifted by a constant (k, i). */
export function atIndex(transfer: Transfer): Build {
  return (f, place) => {
    const { m, k = LSL, u = 1 } = f;
    const { type, amount } = immediateShift(k, f.i ?? 0);
    const plain = type === LSL && amount === 0;
    if (m === 15) return unpredictableOp(place, "the PC as the index");
    if (u === 1 && plain) return transferOp(transfer, f, place, ({ r }) => r[m]);
    if (u === 1) return transferOp(transfer, f, place, ({ r, c }) => shift(type, r[m], amount, c));
    return transferOp(transfer, f, place, ({ r, c }) => -shift(type, r[m], amount, c));
  };
}

/** LDRD and STRD of A32: the second register follows the first, which has an even number. */
export function pair(form: (transfer: Transfer) => Build, transfer: Transfer): Build {
  const build = form(transfer);
  return (f, place) => {
    if ((f.t & 1) !== 0 || (f.p === 0 && f.w === 1)) return unpredictableOp(place, "odd register, or P = 0 with W = 1");
    if (transfer.loads && (f.m === f.t || f.m === f.t + 1)) return unpredictableOp(place, "the index is loaded");
    return build({ ...f, e: f.t + 1 }, place);
  };
}

/** LDRT, STRT and their like in A32: the offset counts after the access. */
export function userAfter(form: (transfer: Transfer) => Build, transfer: Transfer): Build {
  const build = form(asUser(transfer));
  return (f, place) => build({ ...f, p: 0, w: 0 }, place);
}
