// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/string.h.
 *
 * Models: lib/string.c, and the routines of arch/arm/lib that take the place of some of it.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { s32 } from "../elf/word.ts";
import { E2BIG } from "../kernel/errno.ts";
import { fortifyPanic } from "../kernel/fault.ts";
import { bytesAt, lengthAt, putBytes, putString, stringAt } from "./memory.ts";
import type { Call, Services } from "./service.ts";

/** The next arguments, unsigned. */
function words({ args }: Call, count: number): number[] {
  return Array.from({ length: count }, () => args.word());
}

/** memcpy() and memmove(). */
function copy(call: Call): number {
  const [to, from, size] = words(call, 3);
  putBytes(call.bus, to, bytesAt(call.bus, from, size));
  return to;
}

/** Compares strings of at most so many characters. @returns -1, 0 or 1 */
function compare(bus: Bus, a: number, b: number, limit: number): number {
  for (let i = 0; i < limit; i++) {
    const [left, right] = [bus.read8(a + i), bus.read8(b + i)];
    if (left !== right) return left < right ? -1 : 1;
    if (left === 0) break;
  }
  return 0;
}

/** The difference of the first bytes that differ. */
function memcmp(call: Call): number {
  const [a, b, size] = words(call, 3);
  for (let i = 0; i < size; i++) {
    const difference = call.bus.read8(a + i) - call.bus.read8(b + i);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Address of the first byte that is `wanted` in `limit` bytes; where `stops`, none behind the NUL is looked at. 0: there is none. */
function find(bus: Bus, address: number, wanted: number, limit: number, stops: boolean): number {
  for (let i = 0; i < limit; i++) {
    const byte = bus.read8(address + i);
    if (byte === (wanted & 255)) return address + i;
    if (stops && byte === 0) return 0;
  }
  return 0;
}

function strrchr(call: Call): number {
  const [address, wanted] = words(call, 2);
  const length = lengthAt(call.bus, address);
  for (let i = length; i >= 0; i--) if (call.bus.read8(address + i) === (wanted & 255)) return address + i;
  return 0;
}

function strstr(call: Call): number {
  const [address, wanted] = words(call, 2);
  const at = stringAt(call.bus, address).indexOf(stringAt(call.bus, wanted));
  return at < 0 ? 0 : address + at;
}

/** strncpy(): pads with NULs, and writes none where the string is as long as the room. */
function strncpy(call: Call): number {
  const [to, from, size] = words(call, 3);
  const text = stringAt(call.bus, from, size);
  for (let i = 0; i < size; i++) call.bus.write8(to + i, i < text.length ? text.charCodeAt(i) : 0);
  return to;
}

/** sized_strscpy(). @returns the length, or minus E2BIG where the string was cut off */
function strscpy(call: Call): number {
  const [to, from, size] = words(call, 3);
  if (s32(size) <= 0) return -E2BIG;
  const text = stringAt(call.bus, from, size);
  putString(call.bus, to, text.slice(0, size - 1));
  return text.length < size ? text.length : -E2BIG;
}

/** strcat(), of at most so many characters. */
function append(call: Call, limit: (call: Call) => number): number {
  const [to, from] = words(call, 2);
  putString(call.bus, to + lengthAt(call.bus, to), stringAt(call.bus, from, limit(call)));
  return to;
}

export const STRING: Services = {
  memcpy: copy,
  memmove: copy,
  memset: (call) => {
    const [to, value, size] = words(call, 3);
    for (let i = 0; i < size; i++) call.bus.write8(to + i, value);
    return to;
  },
  memcmp,
  memchr: (call) => {
    const [address, wanted, size] = words(call, 3);
    return find(call.bus, address, wanted, size, false);
  },
  strlen: ({ bus, args }) => lengthAt(bus, args.word()),
  strnlen: (call) => {
    const [address, limit] = words(call, 2);
    return lengthAt(call.bus, address, limit);
  },
  strcmp: (call) => {
    const [a, b] = words(call, 2);
    return compare(call.bus, a, b, Infinity);
  },
  strncmp: (call) => {
    const [a, b, limit] = words(call, 3);
    return compare(call.bus, a, b, limit);
  },
  strcpy: (call) => {
    const [to, from] = words(call, 2);
    putString(call.bus, to, stringAt(call.bus, from));
    return to;
  },
  strncpy,
  sized_strscpy: strscpy,
  strcat: (call) => append(call, () => Infinity),
  strncat: (call) => append(call, ({ args }) => args.word()),
  strchr: (call) => {
    const [address, wanted] = words(call, 2);
    return find(call.bus, address, wanted, Infinity, true);
  },
  strnchr: (call) => {
    const [address, limit, wanted] = words(call, 3);
    return find(call.bus, address, wanted, limit, true);
  },
  strrchr,
  strstr,
  __fortify_panic: ({ kernel }) => {
    throw fortifyPanic(kernel.config);
  },
};
