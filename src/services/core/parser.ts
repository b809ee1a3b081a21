// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/parser.h: options such as `size=%d`, and the places of their values.
 *
 * Models: lib/parser.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL, ERANGE } from "../../kernel/errno.ts";
import { kstrtoull } from "../../kernel/kstrtox.ts";
import { putString, stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

const MAX_OPT_ARGS = 3;
/** What stands for a value in a pattern, as an expression of the value's characters. */
const VALUES: Readonly<Record<string, string>> = {
  d: "-?(?:0[xX][0-9a-fA-F]+|[0-9]+)",
  u: "(?:0[xX][0-9a-fA-F]+|[0-9]+)",
  o: "[0-7]+",
  x: "(?:0[xX])?[0-9a-fA-F]+",
};

/** match_one(): where the values are; undefined where the text is not of the pattern. */
function matchOne(text: string, pattern: string): { from: number; to: number }[] | undefined {
  const places: { from: number; to: number }[] = [];
  let at = 0;
  for (const [part, digits, letter] of pattern.matchAll(/%(\d*)([\s\S])|[^%]+/g)) {
    if (letter === undefined || letter === "%") {
      const literal = letter ?? part;
      if (!text.startsWith(literal, at)) return undefined;
      at += literal.length;
      continue;
    }
    if (places.length === MAX_OPT_ARGS) return undefined;
    const limit = digits === "" ? Infinity : Number(digits);
    const value = letter === "s" ? text.slice(at) : new RegExp(`^${VALUES[letter] ?? "(?!)"}`).exec(text.slice(at))?.[0] ?? "";
    if (value === "") return undefined;
    const length = letter === "s" ? Math.min(limit, value.length) : value.length;
    places.push({ from: at, to: at + length });
    at += length;
  }
  return pattern.endsWith("%s") || at === text.length ? places : undefined;
}

/** match_token(): the token of the first pattern of the table that fits; one without a pattern always does. */
function matchToken(call: Call): number {
  const [string, table, args] = words(call, 3);
  const { bus } = call;
  const text = stringAt(bus, string);
  for (let entry = table;; entry += 8) {
    const pattern = u32(bus.read32(entry + 4));
    const places = pattern === 0 ? [] : matchOne(text, stringAt(bus, pattern));
    if (places === undefined) continue;
    for (const [i, { from, to }] of places.entries()) {
      bus.write32(args + 8 * i, string + from);
      bus.write32(args + 8 * i + 4, string + to);
    }
    return bus.read32(entry);
  }
}

/** The text of a substring_t. */
function substring({ bus }: Call, at: number): string {
  const [from, to] = [u32(bus.read32(at)), u32(bus.read32(at + 4))];
  return stringAt(bus, from, to - from);
}

/** match_number(). @param base 0: as the text says */
function matchNumber(base: number): Service {
  return (call) => {
    const [at, result] = words(call, 2);
    const text = substring(call, at);
    const negative = text.startsWith("-");
    const value = kstrtoull(negative ? text.slice(1) : text, base);
    if (typeof value === "number") return -EINVAL;
    const signed = negative ? -value : value;
    if (signed !== BigInt.asIntN(32, signed)) return -ERANGE;
    call.bus.write32(result, Number(signed));
    return 0;
  };
}

export const PARSER: Services = {
  match_token: matchToken,
  match_int: matchNumber(0),
  match_octal: matchNumber(8),
  match_hex: matchNumber(16),
  match_u64: (call) => {
    const [at, result] = words(call, 2);
    const value = kstrtoull(substring(call, at), 0);
    if (typeof value === "number") return value;
    call.bus.write32(result, Number(value & 0xffffffffn));
    call.bus.write32(result + 4, Number(value >> 32n));
    return 0;
  },
  match_strdup: (call) => {
    const text = substring(call, call.args.word());
    const copy = call.kernel.slab.kmalloc(text.length + 1);
    putString(call.bus, copy, text);
    return copy;
  },
};
