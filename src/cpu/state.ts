// SPDX-License-Identifier: GPL-2.0-only
/**
 * The registers of a Cortex-A7 as kernel code in Supervisor mode sees them. Other modes, with their banked registers, are not modelled.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, B1.3 (registers, CPSR), B4.1.150 (TPIDRPRW).
 *
 * @module
 */

import type { Bus } from "./bus.ts";
import { type CpuEvent, CpuStop } from "./event.ts";

/** A decoded instruction. */
export type Op = (cpu: Cpu) => void;

export const SVC_MODE = 0x13;

export class Cpu {
  /** R0 to R15. While an instruction runs, R15 is its address plus 8 (A32) or plus 4 (T32); between runs it is the next one's address. */
  readonly r = new Int32Array(16);
  /** The condition flags, each 0 or 1. */
  n = 0;
  z = 0;
  c = 0;
  v = 0;
  /** Sticky saturation flag. */
  q = 0;
  /** The four GE bits. */
  ge = 0;
  /** ITSTATE; 0 outside an IT block. */
  it = 0;
  thumb = false;
  /** CPSR bits 8 to 6: asynchronous aborts, IRQ and FIQ masked. */
  masks = 0b111;
  /** Where the run goes on; a branch writes here. */
  next = 0;
  /** Address that the exclusive monitor marks, or -1, and what LDREX (or LDREXD, with the second word) read there. */
  exclusive = -1;
  exclusiveLow = 0;
  exclusiveHigh = 0;
  /** CP15 thread registers: TPIDRPRW holds the per-CPU offset (or, from 6.12 on UP, the current task), TPIDRURO and TPIDRURW user values. */
  tpidrprw = 0;
  tpidruro = 0;
  tpidrurw = 0;

  constructor(readonly bus: Bus) {}

  /** The Current Program Status Register, 32 bits unsigned. */
  get cpsr(): number {
    const flags = (this.n << 31) | (this.z << 30) | (this.c << 29) | (this.v << 28) | (this.q << 27);
    const it = ((this.it & 3) << 25) | ((this.it >> 2) << 10);
    return (flags | it | (this.ge << 16) | (this.masks << 6) | (this.thumb ? 32 : 0) | SVC_MODE) >>> 0;
  }

  set cpsr(value: number) {
    this.flags = value;
    this.ge = (value >>> 16) & 15;
    this.it = ((value >>> 25) & 3) | ((value >>> 8) & 0xfc);
    this.masks = (value >>> 6) & 7;
    this.thumb = (value & 32) !== 0;
  }

  /** Sets N, Z, C, V and Q from bits 31 to 27. */
  set flags(value: number) {
    this.n = value >>> 31;
    this.z = (value >>> 30) & 1;
    this.c = (value >>> 29) & 1;
    this.v = (value >>> 28) & 1;
    this.q = (value >>> 27) & 1;
  }

  /** Sets N and Z by a result. */
  setNZ(result: number): void {
    this.n = result >>> 31;
    this.z = result === 0 ? 1 : 0;
  }

  /** BranchWritePC(): stays in the instruction set. */
  branch(address: number): void {
    this.next = this.thumb ? address & ~1 : address & ~3;
  }

  /** BXWritePC(): bit 0 chooses the instruction set. */
  branchExchange(address: number): void {
    if ((address & 3) === 2) {
      throw new CpuStop({ kind: "unpredictable", why: `branch to A32 code at ${(address >>> 0).toString(16)}` });
    }
    this.thumb = (address & 1) !== 0;
    this.next = address & ~1;
  }

  /** ALUWritePC(): A32 may change the instruction set, T32 not. */
  aluBranch(address: number): void {
    if (this.thumb) this.next = address & ~1;
    else this.branchExchange(address);
  }
}

/** Ends the run with an event. */
export function stop(event: CpuEvent): never {
  throw new CpuStop(event);
}
