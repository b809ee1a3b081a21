// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's printf. It differs from C's: no floating point, `%p` with letters behind it, `%.d` as if the point were not there, a
 * number's precision beside the padding with zeros.
 *
 * Models: vsnprintf(), format_decode(), number() and string() of lib/vsprintf.c. pointer() is in vsprintf_pointer.ts.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { s32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { stringAt } from "./memory.ts";
import type { Arguments } from "./service.ts";
import { pointer } from "./vsprintf_pointer.ts";

/** struct printf_spec: how one value is shown. */
export interface PrintfSpec {
  readonly left: boolean;
  readonly plus: boolean;
  readonly space: boolean;
  /** `#`: 0x or 0 in front. */
  readonly special: boolean;
  readonly zeroPad: boolean;
  /** Characters, or -1. */
  readonly width: number;
  /** Digits of a number, most characters of a string, or -1. */
  readonly precision: number;
}

/** How a number is shown. */
export interface NumberStyle {
  readonly base: 8 | 10 | 16;
  readonly upper?: boolean;
}

const IS_ERR = 0xfffff001;

/** number(). @param value negative for what has a sign */
export function number(value: bigint, spec: PrintfSpec, { base, upper = false }: NumberStyle, signed: boolean): string {
  const isZero = value === 0n;
  const sign = !signed ? "" : value < 0n ? "-" : spec.plus ? "+" : spec.space ? " " : "";
  const x = upper ? "0X" : "0x";
  const prefix = !spec.special || base === 10 ? "" : base === 16 ? x : isZero ? "" : "0";
  const text = (value < 0n ? -value : value).toString(base);
  const digits = (upper ? text.toUpperCase() : text).padStart(spec.precision, "0");
  const padding = Math.max(0, spec.width - sign.length - prefix.length - digits.length);
  if (spec.left) return sign + prefix + digits + " ".repeat(padding);
  if (spec.zeroPad) return sign + prefix + "0".repeat(padding) + digits;
  return " ".repeat(padding) + sign + prefix + digits;
}

/** string_nocheck(), of a string that is at hand. */
export function text(value: string, spec: PrintfSpec): string {
  const shown = spec.precision < 0 ? value : value.slice(0, spec.precision);
  return spec.left ? shown.padEnd(spec.width) : shown.padStart(spec.width);
}

/** check_pointer(): what is shown in place of what a pointer leads to, where it leads nowhere. */
export function checkPointer(address: number, spec: PrintfSpec): string | undefined {
  if (address >= 4096 && address < IS_ERR) return undefined;
  // error_string(): no longer than a pointer, unless a precision says so.
  const precision = spec.precision < 0 ? 8 : spec.precision;
  return text(address === 0 ? "(null)" : "(efault)", { ...spec, precision });
}

/** string(): `%s`. */
export function string(bus: Bus, address: number, spec: PrintfSpec): string {
  return checkPointer(address, spec) ??
    text(stringAt(bus, address, spec.precision < 0 ? Infinity : spec.precision), spec);
}

/** The parts of a conversion: flags, width, precision, length modifier, letter. */
const CONVERSION = /%([-+ #0]*)(\d+|\*)?(?:\.(\d+|\*)?)?(hh|ll|[hlLzt])?([\s\S]?)/y;

/** The next argument as a field of 24 bits. */
function argumentWidth(args: Arguments): number {
  const width = s32(args.word());
  if (width << 8 >> 8 !== width) throw new NotModelled(`vsnprintf(): field width ${width} is too large`);
  return width;
}

/** The next argument as a field of 16 bits. */
function argumentPrecision(args: Arguments): number {
  const precision = s32(args.word());
  if (precision << 16 >> 16 !== precision) throw new NotModelled(`vsnprintf(): precision ${precision} is too large`);
  return precision;
}

function readSpec(flags: string, width: string, precision: string, args: Arguments): PrintfSpec {
  const given = width === "*" ? argumentWidth(args) : width === "" ? -1 : Number(width) << 8 >> 8;
  const digits = precision === "*" ? argumentPrecision(args) : precision === "" ? -1 : Number(precision) << 16 >> 16;
  return {
    left: flags.includes("-") || (width === "*" && given < 0),
    plus: flags.includes("+"),
    space: flags.includes(" "),
    special: flags.includes("#"),
    zeroPad: flags.includes("0"),
    width: width === "*" ? Math.abs(given) : given,
    precision: precision === "" ? -1 : Math.max(0, digits),
  };
}

/** The next argument as the integer that a length modifier and a sign make of it. */
function integer(args: Arguments, modifier: string, signed: boolean): bigint {
  if (modifier === "ll" || modifier === "L") return signed ? BigInt.asIntN(64, args.double()) : args.double();
  const word = BigInt(args.word());
  const bits = modifier === "hh" ? 8 : modifier === "h" ? 16 : 32;
  // ptrdiff_t is signed, whatever the letter; what has no sign then shows all 64 bits of it.
  if (modifier === "t" && !signed) return BigInt.asUintN(64, BigInt.asIntN(32, word));
  return signed ? BigInt.asIntN(bits, word) : BigInt.asUintN(bits, word);
}

const STYLES: Readonly<Record<string, NumberStyle>> = {
  d: { base: 10 },
  i: { base: 10 },
  u: { base: 10 },
  o: { base: 8 },
  x: { base: 16 },
  X: { base: 16, upper: true },
};

/**
 * vsnprintf() into as much memory as it takes.
 *
 * @param format as latin-1
 * @returns all that would be written, without the NUL
 * @throws NotModelled for a conversion that the kernel warns about, or that shows a structure of the kernel's
 */
export function vsprintf(kernel: Kernel, bus: Bus, format: string, args: Arguments): string {
  let out = "";
  let at = 0;
  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return out + format.slice(at);
    out += format.slice(at, percent);
    CONVERSION.lastIndex = percent;
    const [whole, flags, width = "", precision = "", modifier = "", letter] = CONVERSION.exec(format) ?? [""];
    at = percent + whole.length;
    const spec = readSpec(flags, width, precision, args);
    const style = STYLES[letter];
    if (style !== undefined) {
      const signed = letter === "d" || letter === "i";
      out += number(integer(args, modifier, signed), spec, style, signed);
    } else if (letter === "c") {
      const char = String.fromCharCode(args.word() & 255);
      out += spec.left ? char.padEnd(spec.width) : char.padStart(spec.width);
    } else if (letter === "s") {
      out += string(bus, args.word(), spec);
    } else if (letter === "p") {
      const letters = /^[0-9A-Za-z]*/.exec(format.slice(at))?.[0] ?? "";
      out += pointer(kernel, bus, letters, args.word(), spec);
      at += letters.length;
    } else if (letter === "%") {
      out += "%";
    } else {
      throw new NotModelled(`vsnprintf(): unsupported conversion ${JSON.stringify(whole)}`);
    }
  }
  return out;
}
