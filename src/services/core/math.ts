// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/math64.h, linux/math.h, linux/crc32.h and its kin, linux/sort.h and linux/bsearch.h.
 *
 * Models: lib/math/ (reciprocal_div.c among it), lib/crc32.c, crc16.c, crc-ccitt.c, lib/sort.c, lib/bsearch.c; __do_div64 of arch/arm/lib/div64.S.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { kernelSort } from "../../kernel/lib_sort.ts";
import { bytesAt, putBytes } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** The divisor of a division, which is not 0. */
function nonZero(divisor: bigint): bigint {
  if (divisor === 0n) throw new NotModelled("__div0(): a division by zero");
  return divisor;
}

function divideUnsigned({ args }: Call): bigint {
  const dividend = args.double();
  return dividend / nonZero(args.double());
}

function divideSigned({ args }: Call): bigint {
  const dividend = BigInt.asIntN(64, args.double());
  return BigInt.asUintN(64, dividend / nonZero(BigInt.asIntN(64, args.double())));
}

function put64({ bus }: Call, address: number, value: bigint): void {
  bus.write32(address, Number(value & 0xffffffffn));
  bus.write32(address + 4, Number((value >> 32n) & 0xffffffffn));
}

/** __do_div64: dividend in r0 and r1, divisor in r4; quotient in r2 and r3, remainder in r1. */
function doDiv64({ cpu: { r } }: Call): void {
  const dividend = (BigInt(u32(r[1])) << 32n) | BigInt(u32(r[0]));
  const divisor = nonZero(BigInt(u32(r[4])));
  const quotient = dividend / divisor;
  r[1] = Number(dividend % divisor);
  r[2] = Number(quotient & 0xffffffffn);
  r[3] = Number(quotient >> 32n);
}

/** A CRC whose lowest bit comes first. @param polynomial its bits turned round */
function crcReflected(polynomial: number, bits: 16 | 32): Service {
  return (call) => {
    const [start, address, size] = words(call, 3);
    let crc = bits === 16 ? start & 0xffff : start;
    for (const byte of bytesAt(call.bus, address, size)) {
      crc ^= byte;
      for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? polynomial : 0);
    }
    return u32(crc);
  };
}

/** A CRC whose highest bit comes first. */
function crcForward(polynomial: number, bits: 16 | 32): Service {
  return (call) => {
    const [start, address, size] = words(call, 3);
    let crc = u32(start << (32 - bits));
    for (const byte of bytesAt(call.bus, address, size)) {
      crc ^= byte << 24;
      for (let i = 0; i < 8; i++) crc = (crc << 1) ^ (crc < 0 ? polynomial << (32 - bits) : 0);
    }
    return u32(crc) >>> (32 - bits);
  };
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  while (root * root > value) root--;
  while ((root + 1n) * (root + 1n) <= value) root++;
  return root;
}

/** sort() and sort_r(): by the caller's function, and swapped by it where it gives one. @param hasPrivate for both functions */
function sort(hasPrivate: boolean): Service {
  return (call) => {
    const [base, count, size, compare, swap] = words(call, 5);
    const { bus } = call;
    const own = hasPrivate ? [call.args.word()] : [];
    const at = (index: number) => base + index * size;
    kernelSort(count, (a, b) => call.invoke(compare, at(a), at(b), ...own), (a, b) => {
      if (swap !== 0) {
        call.invoke(swap, at(a), at(b), size, ...own);
        return;
      }
      const [left, right] = [bytesAt(bus, at(a), size), bytesAt(bus, at(b), size)];
      putBytes(bus, at(a), right);
      putBytes(bus, at(b), left);
    });
  };
}

function bsearch(call: Call): number {
  const [key, start, count, size, compare] = words(call, 5);
  let base = start;
  for (let left = count; left > 0; left >>= 1) {
    const pivot = base + (left >> 1) * size;
    const result = call.invoke(compare, key, pivot);
    if (result === 0) return pivot;
    if (result > 0) {
      base = pivot + size;
      left--;
    }
  }
  return 0;
}

const crc32 = crcReflected(0xedb88320, 32);

/** reciprocal_value(): multiplier of 32 bits and two shifts of 8, in memory that r0 points to. */
function reciprocal({ bus, args }: Call): number {
  const [at, divisor] = [args.word(), args.word()];
  const bits = divisor <= 1 ? 0 : 32 - Math.clz32(divisor - 1);
  const multiplier = (1n << 32n) * ((1n << BigInt(bits)) - BigInt(divisor)) / nonZero(BigInt(divisor)) + 1n;
  bus.write32(at, Number(multiplier & 0xffffffffn));
  bus.write8(at + 4, Math.min(bits, 1));
  bus.write8(at + 5, Math.max(bits - 1, 0));
  return at;
}

export const MATH: Services = {
  __do_div64: doDiv64,
  div64_u64: divideUnsigned,
  div64_s64: divideSigned,
  div64_u64_rem: (call) => {
    const [dividend, divisor] = [call.args.double(), nonZero(call.args.double())];
    put64(call, call.args.word(), dividend % divisor);
    return dividend / divisor;
  },
  div_s64_rem: (call) => {
    const dividend = BigInt.asIntN(64, call.args.double());
    const divisor = nonZero(BigInt(s32(call.args.word())));
    call.bus.write32(call.args.word(), Number(dividend % divisor));
    return BigInt.asUintN(64, dividend / divisor);
  },
  mul_u64_u64_div_u64: ({ args }) => {
    const product = args.double() * args.double();
    return BigInt.asUintN(64, product / nonZero(args.double()));
  },
  reciprocal_value: reciprocal,
  gcd: (call) => {
    const [a, b] = words(call, 2);
    return gcd(a, b);
  },
  lcm: (call) => {
    const [a, b] = words(call, 2);
    return a === 0 || b === 0 ? 0 : u32(Math.imul(a / gcd(a, b), b));
  },
  int_sqrt: ({ args }) => Number(squareRoot(BigInt(args.word()))),
  int_sqrt64: ({ args }) => Number(squareRoot(args.double())),
  crc32_le: crc32,
  crc32_be: crcForward(0x04c11db7, 32),
  __crc32c_le: crcReflected(0x82f63b78, 32),
  crc16: crcReflected(0xa001, 16),
  crc_ccitt: crcReflected(0x8408, 16),
  crc_itu_t: crcForward(0x1021, 16),
  crc_t10dif_generic: crcForward(0x8bb7, 16),
  sort: sort(false),
  sort_r: sort(true),
  bsearch,
};
