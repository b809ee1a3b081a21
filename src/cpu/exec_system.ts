// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of system instructions: status registers, CPS, IT, supervisor calls, and the CP15 registers that kernel code reads.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A8 and B9 pages, B4.1 (CP15 registers).
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import { nop, notModelledOp, undefinedOp, unpredictableOp } from "./outcome.ts";
import type { Build } from "./picture.ts";
import { type Cpu, stop, SVC_MODE } from "./state.ts";

/** MRS; the IT and T bits read as zero. */
export const mrs: Build = ({ d }) => (cpu) => void (cpu.r[d] = cpu.cpsr & 0xf8ff03df);

/** Writes the fields of the CPSR that a mask names: 8 flags, 4 GE, 1 control. Another mode is not modelled. */
function writeCpsr(cpu: Cpu, value: number, mask: number): void {
  if ((mask & 1) !== 0 && (value & 31) !== SVC_MODE) throw new NotModelled(`mode ${value & 31} of the CPU (MSR)`);
  if ((mask & 2) !== 0 && (value & 0x200) !== 0) throw new NotModelled("big-endian data (MSR)");
  if ((mask & 8) !== 0) cpu.flags = value;
  if ((mask & 4) !== 0) cpu.ge = (value >>> 16) & 15;
  const masks = ((mask & 2) !== 0 ? 4 : 0) | ((mask & 1) !== 0 ? 3 : 0);
  cpu.masks = (cpu.masks & ~masks) | ((value >>> 6) & masks);
}

/** MSR of a register; f the mask. */
export const msr: Build = ({ n, f }, place) => {
  if (f === 0) return unpredictableOp(place, "no field");
  return (cpu) => writeCpsr(cpu, cpu.r[n], f);
};

/** MSR of a constant. @param expand how the field i becomes a number */
export function msrImmediate(expand: (imm12: number) => { readonly value: number }): Build {
  return ({ f, i }) => {
    const { value } = expand(i);
    return (cpu) => writeCpsr(cpu, value, f);
  };
}

/** CPS: e 2 enables, 3 disables; a the interrupts, m with a new mode. */
export const cps: Build = ({ e, a, m = 0, o = 0 }, place) => {
  if (m === 1 && o !== SVC_MODE) return notModelledOp({ ...place, name: `CPS to mode ${o}` });
  if (e < 2) return e === 0 && a === 0 && m === 1 ? () => {} : unpredictableOp(place, "neither enables nor disables");
  if (a === 0) return unpredictableOp(place, "no interrupts named");
  return e === 3 ? (cpu) => void (cpu.masks |= a) : (cpu) => void (cpu.masks &= ~a);
};

/** IT: c the first condition, m the mask of those that follow. */
export const ifThen: Build = ({ c, m }, place) => {
  if (place.inIt) return unpredictableOp(place, "inside an IT block");
  if (c === 15 || (c === 14 && (m & (m - 1)) !== 0)) return unpredictableOp(place, "condition that has no opposite");
  return (cpu) => void (cpu.it = (c << 4) | m);
};

export const svc: Build = ({ i }) => () => stop({ kind: "svc", number: i });

export const bkpt: Build = ({ i }) => () => stop({ kind: "bkpt", number: i });

/** UDF: what BUG() and breakpoints of the kernel are made of. */
export const udf: Build = (_fields, place) => undefinedOp(place, "UDF");

/** A CP15 register, by its name and as a field of the CPU. */
const THREAD_REGISTERS: Readonly<Record<number, "tpidrurw" | "tpidruro" | "tpidrprw">> = {
  2: "tpidrurw",
  3: "tpidruro",
  4: "tpidrprw",
};
/** Main ID of a Cortex-A7 r0p5, as an i.MX6ULL has it. */
const MIDR = 0x410fc075;
/** Multiprocessor affinity: CPU 0. */
const MPIDR = 0x80000000;

/** The register's number as the manual writes it: CRn, opc1, CRm, opc2. */
function cp15Name({ n, o, m, q }: Readonly<Record<string, number>>): string {
  return `c${n}, ${o}, c${m}, ${q}`;
}

/** MRC of CP15. */
export const mrc15: Build = (f, place) => {
  const { t, n, o, m, q } = f;
  if (t === 15) return unpredictableOp(place, "flags from CP15");
  const thread = n === 13 && o === 0 && m === 0 ? THREAD_REGISTERS[q] : undefined;
  if (thread !== undefined) return (cpu) => void (cpu.r[t] = cpu[thread]);
  if (n === 0 && o === 0 && m === 0 && q === 0) return ({ r }) => void (r[t] = MIDR);
  if (n === 0 && o === 0 && m === 0 && q === 5) return ({ r }) => void (r[t] = MPIDR);
  return notModelledOp({ ...place, name: `MRC p15 (${cp15Name(f)})` });
};

/** CP15's old names of the barriers and of cache maintenance by address, which change nothing here: CRn 7, opc1 0. */
const MAINTENANCE = new Set(["c5, 4", "c10, 4", "c10, 5", "c5, 1", "c6, 1", "c10, 1", "c11, 1", "c14, 1", "c5, 0", "c1, 0"]);

/** MCR of CP15. */
export const mcr15: Build = (f, place) => {
  const { t, n, o, m, q } = f;
  if (t === 15) return unpredictableOp(place, "the PC to CP15");
  const thread = n === 13 && o === 0 && m === 0 ? THREAD_REGISTERS[q] : undefined;
  if (thread !== undefined) return (cpu) => void (cpu[thread] = cpu.r[t]);
  if (n === 7 && o === 0 && MAINTENANCE.has(`c${m}, ${q}`)) return nop(f, place);
  return notModelledOp({ ...place, name: `MCR p15 (${cp15Name(f)})` });
};
