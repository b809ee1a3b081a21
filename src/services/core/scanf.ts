// SPDX-License-Identifier: GPL-2.0-only
/**
 * sscanf() of linux/sprintf.h. It differs from C's: a set needs a width and knows no ranges, `%*` skips up to the next space.
 *
 * Models: vsscanf() of lib/vsprintf.c.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import { putBytes, putString, stringAt } from "../memory.ts";
import type { Arguments, Call, Services } from "../service.ts";
import { VaList } from "../service.ts";
import { simpleStrtoull } from "./parse.ts";

/** Width, length modifier, and letter or set of a conversion. */
const CONVERSION = /%(\d*)(hh|ll|[hlLz])?(\[\^?[^\]]+\]|[\s\S])/y;
const SIZES: Readonly<Record<string, number>> = { hh: 1, h: 2, l: 4, z: 4, ll: 8, L: 8 };
const BASES: Readonly<Record<string, number>> = { o: 8, x: 16, X: 16, i: 0, d: 10, u: 10 };

/** A text that is being read. */
class Input {
  at = 0;

  constructor(readonly text: string) {}

  get rest(): string {
    return this.text.slice(this.at);
  }

  skipSpaces(): void {
    this.at += /^\s*/.exec(this.rest)?.[0].length ?? 0;
  }

  /** Takes characters that fit. @param fits a class of characters */
  take(fits: RegExp, width: number): string {
    let length = 0;
    const { rest } = this;
    while (length < rest.length && length < width && fits.test(rest[length])) length++;
    this.at += length;
    return rest.slice(0, length);
  }
}

/** A number and how many characters it takes; undefined where none is there. */
function readNumber(input: Input, letter: string, width: number): bigint | undefined {
  input.skipSpaces();
  const base = BASES[letter];
  const negative = (letter === "d" || letter === "i") && input.rest.startsWith("-");
  const digits = input.rest.slice(negative ? 1 : 0, width);
  const first = base === 16 ? /^[0-9a-f]/i : base === 8 ? /^[0-7]/ : /^[0-9]/;
  if (!first.test(digits)) return undefined;
  const { value, length } = simpleStrtoull(digits, base);
  input.at += length + (negative ? 1 : 0);
  return BigInt.asUintN(64, negative ? -value : value);
}

/** The characters of `%[...]`, as a class. */
function setOf(conversion: string): RegExp {
  const negated = conversion[1] === "^";
  const characters = conversion.slice(negated ? 2 : 1, -1).replace(/[\\\]^-]/g, "\\$&");
  return new RegExp(`[${negated ? "^" : ""}${characters}]`);
}

/** @returns how many conversions were stored */
function scan({ bus }: Call, text: string, format: string, args: Arguments): number {
  const input = new Input(text);
  let stored = 0;
  for (let at = 0; at < format.length;) {
    if (/\s/.test(format[at])) {
      at++;
      input.skipSpaces();
      continue;
    }
    if (format[at] !== "%") {
      if (format[at] !== input.text[input.at]) return stored;
      at++;
      input.at++;
      continue;
    }
    if (format[at + 1] === "*") throw new NotModelled("vsscanf(): a conversion that is skipped");
    CONVERSION.lastIndex = at;
    const [whole, digits, modifier = "", letter] = CONVERSION.exec(format) ?? [""];
    if (whole === "") return stored;
    at += whole.length;
    const width = digits === "" ? Infinity : Number(digits);
    if (letter === "n") {
      bus.write32(args.word(), input.at);
      continue;
    }
    if (input.rest === "") return stored;
    if (letter === "c") {
      const taken = input.take(/[\s\S]/, digits === "" ? 1 : width);
      putBytes(bus, args.word(), [...taken].map((character) => character.charCodeAt(0)));
    } else if (letter === "s") {
      input.skipSpaces();
      putString(bus, args.word(), input.take(/\S/, width));
    } else if (letter[0] === "[") {
      const taken = input.take(setOf(letter), width);
      if (taken === "" || digits === "") return stored;
      putString(bus, args.word(), taken);
    } else if (letter in BASES) {
      const value = readNumber(input, letter, width);
      if (value === undefined) return stored;
      putBytes(
        bus,
        args.word(),
        Array.from({ length: SIZES[modifier] ?? 4 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)),
      );
    } else throw new NotModelled(`vsscanf(): ${whole}`);
    stored++;
  }
  return stored;
}

function scanArguments(call: Call, args: (call: Call) => Arguments): number {
  const [text, format] = [call.args.word(), call.args.word()];
  return scan(call, stringAt(call.bus, text), stringAt(call.bus, format), args(call));
}

export const SCANF: Services = {
  sscanf: (call) => scanArguments(call, ({ args }) => args),
  vsscanf: (call) => scanArguments(call, ({ bus, args }) => new VaList(bus, args.word())),
};
