// SPDX-License-Identifier: GPL-2.0-only
/**
 * Conditions and branches.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A8.3 (conditions) and the A8 pages of the branches.
 *
 * @module
 */

import { signExtend } from "../elf/word.ts";
import { undefinedOp, unpredictableOp } from "./outcome.ts";
import type { Build, Place } from "./picture.ts";
import type { Cpu, Op } from "./state.ts";

/** Always. */
export const AL = 14;

/** ConditionPassed(). @param condition 0 to 15; 14 and 15 always pass */
export function passes({ n, z, c, v }: Cpu, condition: number): boolean {
  switch (condition) {
    case 0:
      return z === 1;
    case 1:
      return z === 0;
    case 2:
      return c === 1;
    case 3:
      return c === 0;
    case 4:
      return n === 1;
    case 5:
      return n === 0;
    case 6:
      return v === 1;
    case 7:
      return v === 0;
    case 8:
      return c === 1 && z === 0;
    case 9:
      return c === 0 || z === 1;
    case 10:
      return n === v;
    case 11:
      return n !== v;
    case 12:
      return z === 0 && n === v;
    case 13:
      return z === 1 || n !== v;
    default:
      return true;
  }
}

/** The instruction under a condition: nothing happens where it does not pass. */
export function conditional(condition: number, op: Op): Op {
  switch (condition) {
    case 0:
      return (cpu) => cpu.z === 1 ? op(cpu) : undefined;
    case 1:
      return (cpu) => cpu.z === 0 ? op(cpu) : undefined;
    case AL:
      return op;
    default:
      return (cpu) => passes(cpu, condition) ? op(cpu) : undefined;
  }
}

/** Where a branch goes: the PC as the instruction sees it, and a signed distance of so many bits in units of `scale`. */
function target(place: Place, offset: number, bits: number, scale: 2 | 4): number {
  return (place.address + (place.thumb ? 4 : 8) + signExtend(offset, bits) * scale) | 0;
}

/** B: o the distance. */
export function branch(bits: number, scale: 2 | 4): Build {
  return ({ o }, place) => {
    const to = target(place, o, bits, scale);
    return (cpu) => void (cpu.next = to);
  };
}

/** B<c> of T32; c the condition, o the distance, above it k and j where there are any, and its sign s. */
export function branchIf(bits: number): Build {
  return ({ c, o, s = 0, j = 0, k = 0 }, place) => {
    if (place.inIt) return unpredictableOp(place, "inside an IT block");
    if (c >= AL) return undefinedOp(place, "no condition");
    const to = target(place, (s << 19) | (k << 18) | (j << 17) | o, bits, 2);
    return conditional(c, (cpu) => void (cpu.next = to));
  };
}

/** BL of A32. */
export const branchLink: Build = ({ o }, place) => {
  const to = target(place, o, 24, 4);
  const back = (place.address + 4) | 0;
  return (cpu) => {
    cpu.r[14] = back;
    cpu.next = to;
  };
};

/** BLX to a constant address, of A32: to T32 code, h the half of the word. */
export const branchLinkToThumb: Build = ({ o, h }, place) => {
  const to = (target(place, o, 24, 4) + 2 * h) | 0;
  const back = (place.address + 4) | 0;
  return (cpu) => {
    cpu.r[14] = back;
    cpu.thumb = true;
    cpu.next = to;
  };
};

/** The distance of T32's long branches: j and k are bits 23 and 22, inverted where the sign is clear. */
function longOffset({ s, j, k, o }: Readonly<Record<string, number>>): number {
  return (s << 23) | ((~(j ^ s) & 1) << 22) | ((~(k ^ s) & 1) << 21) | o;
}

/** B.W of T32. */
export const branchWide: Build = (f, place) => {
  const to = target(place, longOffset(f), 24, 2);
  return (cpu) => void (cpu.next = to);
};

/** BL and BLX to a constant address, of T32; BLX goes to A32 code. */
export function branchLinkWide(exchanges: boolean): Build {
  return (f, place) => {
    const to = exchanges
      ? target({ ...place, address: place.address & ~3 }, longOffset({ ...f, o: f.o << 1 }), 24, 2)
      : target(place, longOffset(f), 24, 2);
    const back = place.address + 4 | 1;
    return (cpu) => {
      cpu.r[14] = back;
      if (exchanges) cpu.thumb = false;
      cpu.next = to;
    };
  };
}

/** BX, and BXJ, which is the same without Jazelle. */
export const branchExchange: Build = ({ m }) => (cpu) => cpu.branchExchange(cpu.r[m]);

/** BLX to a register. */
export const branchLinkExchange: Build = ({ m }, { address, thumb }) => {
  const back = thumb ? (address + 2) | 1 : (address + 4) | 0;
  return (cpu) => {
    const to = cpu.r[m];
    cpu.branchExchange(to);
    cpu.r[14] = back;
  };
};

/** CBZ, CBNZ: x which one, o the distance, always forwards. */
export const compareAndBranch: Build = ({ n, x, o }, place) => {
  if (place.inIt) return unpredictableOp(place, "inside an IT block");
  const to = (place.address + 4 + 2 * o) | 0;
  return (cpu) => {
    if ((cpu.r[n] === 0) === (x === 0)) cpu.next = to;
  };
};

/** TBB, TBH: a table of forward distances. */
export function tableBranch(halves: boolean): Build {
  return ({ n, m }) => (cpu) => {
    const { r, bus } = cpu;
    const distance = halves ? bus.read16(r[n] + 2 * r[m]) : bus.read8(r[n] + r[m]);
    cpu.next = (r[15] + 2 * distance) | 0;
  };
}
