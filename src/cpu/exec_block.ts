// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of LDM, STM and of the exclusive accesses. Fields of a block: n the base, l a bit for each register, p whether the address
 * moves before the access, u whether upwards, w whether the base is written. Of an exclusive: d the status, t (and e) the registers, i a
 * constant offset.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A3.4 (exclusive monitors), A5.5 and the A8 pages.
 *
 * @module
 */

import { abort } from "./event.ts";
import { unpredictableOp } from "./outcome.ts";
import type { Build, Fields, Place } from "./picture.ts";
import type { Cpu, Op } from "./state.ts";

const loaded = new Int32Array(16);

function registersIn(list: number): number[] {
  return Array.from({ length: 16 }, (_, i) => i).filter((i) => ((list >> i) & 1) !== 0);
}

/** Distance from the base to the lowest word, and to the new base. */
function reach({ p = 0, u = 1 }: Fields, count: number): [first: number, moved: number] {
  const size = 4 * count;
  return u === 1 ? [p === 1 ? 4 : 0, size] : [p === 1 ? -size : 4 - size, -size];
}

/** What is UNPREDICTABLE about a block, if anything is. T32's wide blocks are stricter than A32's. */
function fault({ n, w = 0, l }: Fields, loads: boolean, { thumb, word }: Place): string | undefined {
  const wide = thumb && word > 0xffff;
  if (l === 0) return "no registers";
  if (wide && (l & (l - 1)) === 0) return "one register";
  if (n === 15) return "the PC as the base";
  if (wide && ((l >> 13) & 1) !== 0) return "SP in the list";
  if (wide && (loads ? l >> 14 === 3 : (l >> 15) === 1)) return "the PC in the list";
  return (loads || wide) && w === 1 && ((l >> n) & 1) !== 0 ? "writeback to a transferred register" : undefined;
}

function loadOp(f: Fields, place: Place): Op {
  const why = fault(f, true, place);
  if (why !== undefined) return unpredictableOp(place, why);
  const registers = registersIn(f.l);
  const [first, moved] = reach(f, registers.length);
  const { n, w = 0 } = f;
  const branches = registers.includes(15);
  return (cpu) => {
    const { r, bus } = cpu;
    const base = r[n];
    for (let i = 0; i < registers.length; i++) loaded[i] = bus.read32(base + first + 4 * i);
    if (w === 1) r[n] = base + moved;
    for (let i = 0; i < registers.length; i++) r[registers[i]] = loaded[i];
    if (branches) cpu.branchExchange(r[15]);
  };
}

function storeOp(f: Fields, place: Place): Op {
  const why = fault(f, false, place);
  if (why !== undefined) return unpredictableOp(place, why);
  const registers = registersIn(f.l);
  const [first, moved] = reach(f, registers.length);
  const { n, w = 0 } = f;
  return ({ r, bus }) => {
    const base = r[n];
    for (let i = 0; i < registers.length; i++) bus.write32(base + first + 4 * i, r[registers[i]]);
    if (w === 1) r[n] = base + moved;
  };
}

export const ldm: Build = loadOp;
export const stm: Build = storeOp;

/** LDM of T16: the base is written unless it is loaded. */
export const narrowLdm: Build = (f, place) => loadOp({ ...f, w: ((f.l >> f.n) & 1) === 0 ? 1 : 0 }, place);
/** PUSH and POP, with x for LR or PC. */
export const push: Build = ({ l, x }, place) => storeOp({ l: l | (x << 14), n: 13, p: 1, u: 0, w: 1 }, place);
export const pop: Build = ({ l, x }, place) => loadOp({ l: l | (x << 15), n: 13, w: 1 }, place);

/** Bytes of an exclusive access. */
type Size = 1 | 2 | 4 | 8;

function read({ bus }: Cpu, address: number, size: Size): number {
  return size === 1 ? bus.read8(address) : size === 2 ? bus.read16(address) : bus.read32(address);
}

function write({ bus }: Cpu, address: number, size: Size, value: number): void {
  if (size === 1) bus.write8(address, value);
  else if (size === 2) bus.write16(address, value);
  else bus.write32(address, value);
}

/** LDREX, LDREXB, LDREXH, LDREXD: the monitor marks the address, as of a CPU whose only rival is itself. */
export function loadExclusive(size: Size, paired = false): Build {
  return ({ t, e: second, n, i = 0 }, place) => {
    const e = paired ? t + 1 : second;
    if (paired && ((t & 1) !== 0 || t === 14)) return unpredictableOp(place, "no pair of registers");
    if (e !== undefined && (t === e || e === 15)) return unpredictableOp(place, "no two registers");
    if (place.thumb && (t === 13 || e === 13)) return unpredictableOp(place, "SP");
    return (cpu) => {
      const address = cpu.r[n] + 4 * i;
      if ((address & (size - 1)) !== 0) abort("read", address, "alignment");
      cpu.exclusiveLow = read(cpu, address, size);
      if (size === 8) cpu.exclusiveHigh = cpu.bus.read32(address + 4);
      cpu.exclusive = address | 0;
      cpu.r[t] = cpu.exclusiveLow;
      if (size === 8) cpu.r[e] = cpu.exclusiveHigh;
    };
  };
}

/** Whether the monitor still holds the address with what was read there. */
function holds(cpu: Cpu, address: number, size: Size): boolean {
  if (cpu.exclusive !== (address | 0) || read(cpu, address, size) !== cpu.exclusiveLow) return false;
  return size !== 8 || cpu.bus.read32(address + 4) === cpu.exclusiveHigh;
}

/** STREX, STREXB, STREXH, STREXD: stores where the monitor still holds the address; d becomes 0, or 1 where nothing was stored. */
export function storeExclusive(size: Size, paired = false): Build {
  return ({ d, t, e: second, n, i = 0 }, place) => {
    const e = paired ? t + 1 : second;
    if (place.thumb && (d === 13 || t === 13 || e === 13)) return unpredictableOp(place, "SP");
    if (d === n || d === t || d === e) return unpredictableOp(place, "the status register is in use");
    if (paired && ((t & 1) !== 0 || t === 14)) return unpredictableOp(place, "no pair of registers");
    return (cpu) => {
      const { r } = cpu;
      const address = r[n] + 4 * i;
      if ((address & (size - 1)) !== 0) abort("write", address, "alignment");
      const held = holds(cpu, address, size);
      if (held) write(cpu, address, size, r[t]);
      if (held && size === 8) cpu.bus.write32(address + 4, r[e]);
      cpu.exclusive = -1;
      r[d] = held ? 0 : 1;
    };
  };
}

export const clrex: Build = () => (cpu) => void (cpu.exclusive = -1);
