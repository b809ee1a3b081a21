// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the compiler calls for what it has no instruction for.
 *
 * Models: arch/arm/lib/lib1funcs.S, muldi3.S, ashldi3.S, lshrdi3.S, ashrdi3.S, ucmpdi2.S, bswapsdi2.S. Source of the names and of what
 * they return: Run-time ABI for the Arm Architecture, integer (32/32 to 32) division and long long helpers.
 *
 * @module
 */

import { s32, u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import { KERN_ERR } from "../kernel/log.ts";
import { dumpStack } from "./oops.ts";
import type { Call, Service, Services } from "./service.ts";

/** __div0(): reports, where it is the kernel that divides, and gives 0. */
function divideByZero({ kernel, cpu, stack }: Call): { quotient: number; remainder: number } {
  const { report } = kernel.profile;
  if (report === undefined) throw new NotModelled("__div0(): a division by zero");
  if (report.div0 !== undefined) {
    kernel.printk(KERN_ERR, "Division by zero in kernel.");
    dumpStack(kernel, cpu, stack, [...report.dumpStack, report.div0]);
  }
  return { quotient: 0, remainder: 0 };
}

/** A division of the two next arguments, with the quotient in r0 and the remainder in r1. */
function divide(call: Call, convert: (word: number) => number): { quotient: number; remainder: number } {
  const { args } = call;
  const [dividend, divisor] = [convert(args.word()), convert(args.word())];
  if (divisor === 0) return divideByZero(call);
  return { quotient: Math.trunc(dividend / divisor), remainder: dividend % divisor };
}

/** Two words as one value of 64 bits: r0 and r1. */
function pair(low: number, high: number): bigint {
  return (BigInt(u32(high)) << 32n) | BigInt(u32(low));
}

function divmod(convert: (word: number) => number): Service {
  return (call) => {
    const { quotient, remainder } = divide(call, convert);
    return pair(quotient, remainder);
  };
}

function shift(apply: (value: bigint, count: bigint) => bigint): Service {
  return ({ args }) => BigInt.asUintN(64, apply(args.double(), BigInt(args.word() & 63)));
}

const quotient = (convert: (word: number) => number): Service => (call) => divide(call, convert).quotient;
const remainder = (convert: (word: number) => number): Service => (call) => divide(call, convert).remainder;
const multiply: Service = ({ args }) => BigInt.asUintN(64, args.double() * args.double());
const shiftLeft = shift((value, count) => value << count);
const shiftRight = shift((value, count) => value >> count);
const shiftRightSigned = shift((value, count) => BigInt.asIntN(64, value) >> count);
const swap32 = (word: number) => u32((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24));

function compareUnsigned({ args }: Call): -1 | 0 | 1 {
  const [a, b] = [args.double(), args.double()];
  return a < b ? -1 : a > b ? 1 : 0;
}

export const LIBGCC: Services = {
  __aeabi_idiv: quotient(s32),
  __divsi3: quotient(s32),
  __aeabi_uidiv: quotient(u32),
  __udivsi3: quotient(u32),
  __modsi3: remainder(s32),
  __umodsi3: remainder(u32),
  __aeabi_idivmod: divmod(s32),
  __aeabi_uidivmod: divmod(u32),
  __aeabi_lmul: multiply,
  __muldi3: multiply,
  __aeabi_llsl: shiftLeft,
  __ashldi3: shiftLeft,
  __aeabi_llsr: shiftRight,
  __lshrdi3: shiftRight,
  __aeabi_lasr: shiftRightSigned,
  __ashrdi3: shiftRightSigned,
  __aeabi_ulcmp: compareUnsigned,
  __ucmpdi2: (call) => compareUnsigned(call) + 1,
  __bswapsi2: ({ args }) => swap32(args.word()),
  __bswapdi2: ({ args }) => {
    const [low, high] = [args.word(), args.word()];
    return pair(swap32(high), swap32(low));
  },
};
