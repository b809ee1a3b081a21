// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/kstrtox.h, linux/hex.h, linux/string_helpers.h and the rest of linux/string.h: what takes strings apart.
 *
 * Models: lib/kstrtox.c, the simple_strto functions of lib/vsprintf.c, lib/hexdump.c, memparse() of lib/cmdline.c,
 * lib/string_helpers.c and lib/string.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { type IntegerType, kstrto, kstrtobool, S16, S32, U16, U32, U64, U8 } from "../../kernel/kstrtox.ts";
import { bytesAt, lengthAt, putBytes, putString, stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** kstrtouint() and its kin: string, base, where the value goes. */
function convert(type: IntegerType): Service {
  return (call) => {
    const [text, base, at] = words(call, 3);
    const value = kstrto(stringAt(call.bus, text), base, type);
    if (typeof value === "number") return value;
    const bytes = type.bits / 8;
    putBytes(call.bus, at, Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));
    return 0;
  };
}

const S8: IntegerType = { bits: 8, signed: true };
const S64: IntegerType = { bits: 64, signed: true };

/** simple_strtoull(): as many digits as there are. @returns value and characters */
export function simpleStrtoull(text: string, base: number): { value: bigint; length: number } {
  const isHex = /^0x[0-9a-f]/i.test(text);
  const found = base !== 0 ? base : isHex ? 16 : text.startsWith("0") ? 8 : 10;
  let length = found === 16 && isHex ? 2 : 0;
  let value = 0n;
  for (; length < text.length; length++) {
    const digit = parseInt(text[length], 36);
    if (Number.isNaN(digit) || digit >= found) break;
    value = BigInt.asUintN(64, value * BigInt(found) + BigInt(digit));
  }
  return { value, length };
}

/** simple_strtoul() and its kin. */
function simple(signed: boolean): (call: Call) => bigint {
  return (call) => {
    const [address, end, base] = words(call, 3);
    const text = stringAt(call.bus, address);
    const negative = signed && text.startsWith("-");
    const { value, length } = simpleStrtoull(negative ? text.slice(1) : text, base);
    if (end !== 0) call.bus.write32(end, address + length + (negative ? 1 : 0));
    return BigInt.asUintN(64, negative ? -value : value);
  };
}

const low = (read: (call: Call) => bigint): Service => (call) => Number(read(call) & 0xffffffffn);

/** memparse(): a number with a suffix that multiplies it. */
function memparse(call: Call): bigint {
  const [address, end] = words(call, 2);
  const text = stringAt(call.bus, address);
  const { value, length } = simpleStrtoull(text, 0);
  const power = length === 0 ? -1 : "KMGTPE".indexOf((text[length] ?? "").toUpperCase() || " ");
  if (end !== 0) call.bus.write32(end, address + length + (power < 0 ? 0 : 1));
  return BigInt.asUintN(64, value << BigInt(10 * (power + 1)));
}

function hexDigit(character: number): number {
  const text = String.fromCharCode(character & 255);
  return /[0-9a-f]/i.test(text) ? parseInt(text, 16) : -1;
}

/** hex2bin(). */
function fromHex(call: Call): number {
  const [to, from, count] = words(call, 3);
  for (let i = 0; i < count; i++) {
    const [high, lower] = [0, 1].map((at) => hexDigit(call.bus.read8(from + 2 * i + at)));
    if (high < 0 || lower < 0) return -EINVAL;
    call.bus.write8(to + i, (high << 4) | lower);
  }
  return 0;
}

/** strsep(): the next word; the pointer goes behind it. */
function strsep(call: Call): number {
  const [at, separators] = words(call, 2);
  const { bus } = call;
  const start = u32(bus.read32(at));
  if (start === 0) return 0;
  const text = stringAt(bus, start);
  const wanted = stringAt(bus, separators);
  const end = [...text].findIndex((character) => wanted.includes(character));
  if (end >= 0) bus.write8(start + end, 0);
  bus.write32(at, end < 0 ? 0 : start + end + 1);
  return start;
}

function compareIgnoringCase(call: Call, limit: number): number {
  const [a, b] = words(call, 2);
  const count = limit < 0 ? call.args.word() : limit;
  for (let i = 0; i < count; i++) {
    const [left, right] = [a, b].map((at) => String.fromCharCode(call.bus.read8(at + i)).toLowerCase().charCodeAt(0));
    if (left !== right || left === 0) return left - right;
  }
  return 0;
}

/** strspn() and strcspn(): how many characters from the start are, or are not, among some. */
function span(among: boolean): Service {
  return (call) => {
    const [address, set] = words(call, 2);
    const text = stringAt(call.bus, address);
    const wanted = stringAt(call.bus, set);
    const end = [...text].findIndex((character) => wanted.includes(character) !== among);
    return end < 0 ? text.length : end;
  };
}

function isSpace(byte: number): boolean {
  return (byte >= 9 && byte <= 13) || byte === 0x20 || byte === 0xa0;
}

function skipSpaces({ bus }: Call, address: number): number {
  let at = address;
  while (isSpace(bus.read8(at))) at++;
  return at;
}

/** strim(): cuts the spaces at the end off. @returns the first character that is none */
function strim(call: Call): number {
  const address = call.args.word();
  let end = address + lengthAt(call.bus, address);
  while (end > address && isSpace(call.bus.read8(end - 1))) end--;
  call.bus.write8(end, 0);
  return skipSpaces(call, address);
}

/** memchr_inv(): the first byte that is another; 0 where there is none. */
function memchrInv(call: Call): number {
  const [address, value, size] = words(call, 3);
  for (let i = 0; i < size; i++) if (call.bus.read8(address + i) !== (value & 255)) return address + i;
  return 0;
}

/** match_string(): -EINVAL where the string is none of the list's. @param same how strings are compared */
function matchString(same: (a: string, b: string) => boolean): Service {
  return (call) => {
    const [list, count, wanted] = words(call, 3);
    const text = stringAt(call.bus, wanted);
    for (let i = 0; i < count; i++) {
      const item = u32(call.bus.read32(list + 4 * i));
      if (item === 0) break;
      if (same(stringAt(call.bus, item), text)) return i;
    }
    return -EINVAL;
  };
}

/** sysfs_streq(): a newline at the end is none. */
function sysfsEqual(a: string, b: string): boolean {
  return a.replace(/\n$/, "") === b.replace(/\n$/, "");
}

export const PARSE: Services = {
  kstrtoull: convert(U64),
  kstrtoll: convert(S64),
  _kstrtoul: convert(U32),
  _kstrtol: convert(S32),
  kstrtouint: convert(U32),
  kstrtoint: convert(S32),
  kstrtou16: convert(U16),
  kstrtos16: convert(S16),
  kstrtou8: convert(U8),
  kstrtos8: convert(S8),
  kstrtobool: (call) => {
    const [text, at] = words(call, 2);
    const value = kstrtobool(text === 0 ? undefined : stringAt(call.bus, text));
    if (typeof value === "number") return value;
    call.bus.write8(at, Number(value));
    return 0;
  },
  simple_strtoul: low(simple(false)),
  simple_strtol: low(simple(true)),
  simple_strtoull: simple(false),
  simple_strtoll: simple(true),
  memparse,
  hex_to_bin: ({ args }) => hexDigit(args.word()),
  hex2bin: fromHex,
  bin2hex: (call) => {
    const [to, from, count] = words(call, 3);
    const text = bytesAt(call.bus, from, count).toHex();
    putBytes(call.bus, to, [...text].map((digit) => digit.charCodeAt(0)));
    return to + 2 * count;
  },
  strsep,
  strcasecmp: (call) => compareIgnoringCase(call, Infinity),
  strncasecmp: (call) => compareIgnoringCase(call, -1),
  strspn: span(true),
  strcspn: span(false),
  strpbrk: (call) => {
    const [address, set] = words(call, 2);
    const wanted = stringAt(call.bus, set);
    const at = [...stringAt(call.bus, address)].findIndex((character) => wanted.includes(character));
    return at < 0 ? 0 : address + at;
  },
  strim,
  skip_spaces: (call) => skipSpaces(call, call.args.word()),
  strnstr: (call) => {
    const [address, wanted, limit] = words(call, 3);
    const at = stringAt(call.bus, address, limit).indexOf(stringAt(call.bus, wanted));
    return at < 0 ? 0 : address + at;
  },
  strchrnul: (call) => {
    const [address, wanted] = words(call, 2);
    const text = stringAt(call.bus, address);
    const at = text.indexOf(String.fromCharCode(wanted & 255));
    return address + (at < 0 ? text.length : at);
  },
  memchr_inv: memchrInv,
  match_string: matchString((a, b) => a === b),
  __sysfs_match_string: matchString(sysfsEqual),
  sysfs_streq: (call) => {
    const [a, b] = words(call, 2);
    return Number(sysfsEqual(stringAt(call.bus, a), stringAt(call.bus, b)));
  },
  strreplace: (call) => {
    const [address, old, by] = words(call, 3);
    const text = stringAt(call.bus, address).replaceAll(String.fromCharCode(old & 255), String.fromCharCode(by & 255));
    putString(call.bus, address, text);
    return address;
  },
};
