// SPDX-License-Identifier: GPL-2.0-only
/**
 * The numbers of a recipe: `12`, `"0xc"`, `"SHF_WRITE|SHF_ALLOC"`, `"old-1"`, `"size(.text)-3"`.
 *
 * @module
 */

import { EF_ARM, EM, ET, R_ARM, SHF, SHN, SHT, STB, STT } from "../../elf/constants.ts";

const PREFIXED: readonly [string, Readonly<Record<string, number>>][] = [
  ["EF_ARM_", EF_ARM],
  ["ET_", ET],
  ["EM_", EM],
  ["SHT_", SHT],
  ["SHF_", SHF],
  ["SHN_", SHN],
  ["STB_", STB],
  ["STT_", STT],
  ["R_ARM_", R_ARM],
];

/** The value of a constant of elf/constants.ts under its full name, as `SHT_NOBITS`. */
export function constant(name: string): number | undefined {
  for (const [prefix, table] of PREFIXED) if (name.startsWith(prefix)) return table[name.slice(prefix.length)];
  return undefined;
}

/** What words beside the constants mean: `end`, or `size` with a section's name as its argument. */
export type Scope = (word: string, argument: string | undefined) => number | undefined;

const TOKEN = /\s*(?:(0x[0-9a-f]+|[0-9]+)|([a-z_][a-z0-9_]*)(?:\(([^)]*)\))?|([|+-]))\s*/iy;

/**
 * Evaluates a number's text: terms joined by `|`, `+` and `-`, from left to right.
 *
 * @throws {Error} with the reason alone, for the caller to put its place in front
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { evaluate } from "./number.ts";
 * assertEquals(evaluate("SHF_WRITE|SHF_ALLOC"), 3);
 * assertEquals(evaluate("old - 0x10", (word) => word === "old" ? 32 : undefined), 16);
 * ```
 */
export function evaluate(text: string, scope: Scope = () => undefined): number {
  let total = 0;
  let operator: string | undefined = "+";
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) throw new Error(`no number: "${text.slice(at)}" is neither a number, a name nor one of | + -`);
    const [, digits, word, argument, sign] = token;
    if ((sign !== undefined) !== (operator === undefined)) throw new Error("no number: terms are joined by one of | + -");
    if (sign !== undefined) {
      operator = sign;
      continue;
    }
    const value = digits !== undefined
      ? Number(digits)
      : scope(word, argument) ?? (argument === undefined ? constant(word) : undefined);
    if (value === undefined) {
      throw new Error(
        `no number is named ${argument === undefined ? word : `${word}(${argument})`}; constants look like SHT_NOBITS`,
      );
    }
    if (operator === "|") total = (total | value) >>> 0;
    else total += operator === "-" ? -value : value;
    operator = undefined;
  }
  if (operator !== undefined) throw new Error("no number: it ends where a term is missing");
  return total;
}

/**
 * `value` as an unsigned number of so many bytes; a negative one in two's complement.
 *
 * @throws {Error} with the reason alone, where it does not fit
 */
export function fit(value: number, bytes: number): number {
  const limit = 2 ** (8 * bytes);
  if (!Number.isInteger(value) || value >= limit || value < -limit / 2) {
    throw new Error(`does not fit ${bytes} ${bytes === 1 ? "byte" : "bytes"}`);
  }
  return value < 0 ? value + limit : value;
}
