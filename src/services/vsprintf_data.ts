// SPDX-License-Identifier: GPL-2.0-only
/**
 * What `%p` with letters shows of data that modules have themselves: resources, bitmaps, strings with escapes, times, pixel formats.
 *
 * Models: resource_string(), bitmap_string(), bitmap_list_string(), escaped_string(), rtc_str(), time64_str() and fourcc_string() of
 * lib/vsprintf.c, string_escape_mem() of lib/string_helpers.c. A resource_size_t has 32 bits.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { s32, u32 } from "../elf/word.ts";
import { bytesAt } from "./memory.ts";
import { checkPointer, type PrintfSpec, text } from "./vsprintf.ts";

/** Offsets in struct resource. */
const RESOURCE = { start: 0, end: 4, flags: 12 };
const IORESOURCE_UNSET = 0x20000000;
const hex = (value: number, width: number) => `0x${u32(value).toString(16).padStart(width, "0")}`;

/** The kinds of resources: their flag, their name, how numbers are shown. */
const KINDS: readonly (readonly [flag: number, name: string, show: (value: number) => string])[] = [
  [0x100, "io  ", (value) => hex(value, 4)],
  [0x200, "mem ", (value) => hex(value, 8)],
  [0x400, "irq ", String],
  [0x800, "dma ", String],
  [0x1000, "bus ", (value) => value.toString(16).padStart(2, "0")],
];
const DECODED: readonly (readonly [flag: number, name: string])[] = [
  [0x100000, " 64bit"],
  [0x2000, " pref"],
  [0x200000, " window"],
  [0x10000000, " disabled"],
];

/** `%pR` and `%pr`. */
export function resourceString(bus: Bus, letter: string, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const [start, end, flags] = [RESOURCE.start, RESOURCE.end, RESOURCE.flags].map((at) => u32(bus.read32(address + at)));
  const kind = KINDS.find(([flag]) => (flags & flag) !== 0);
  const [, name, show] = kind ?? [0, "??? ", (value: number) => hex(value, 8)];
  const decodes = letter === "R" && kind !== undefined;
  const isUnset = decodes && (flags & IORESOURCE_UNSET) !== 0;
  const range = isUnset ? `size ${show(u32(end - start + 1))}` : start === end ? show(start) : `${show(start)}-${show(end)}`;
  const words = DECODED.filter(([flag]) => (flags & flag) !== 0).map(([, word]) => word).join("");
  return text(`[${name}${range}${decodes ? words : ` flags 0x${flags.toString(16)}`}]`, spec);
}

/** `%*pb`: words of 32 bits, the highest first; `%*pbl`: ranges. The width is the number of bits. */
export function bitmapString(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const bits = Math.max(spec.width, 0);
  const words = Array.from({ length: Math.ceil(bits / 32) }, (_, i) => u32(bus.read32(address + 4 * i)));
  if (letters[1] === "l") return ranges(words, bits).join(",");
  const last = bits % 32 === 0 ? 32 : bits % 32;
  return words.map((word, i) => {
    const size = i === words.length - 1 ? last : 32;
    const shown = size === 32 ? word : word & ((1 << size) - 1);
    return shown.toString(16).padStart(Math.ceil(size / 4), "0");
  }).reverse().join(",");
}

function ranges(words: readonly number[], bits: number): string[] {
  const isSet = (bit: number) => bit < bits && ((words[bit >>> 5] >>> (bit & 31)) & 1) !== 0;
  const found = [];
  for (let first = 0; first < bits; first++) {
    if (!isSet(first)) continue;
    let last = first;
    while (isSet(last + 1)) last++;
    found.push(first === last ? String(first) : `${first}-${last}`);
    first = last;
  }
  return found;
}

const SPACES: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\f": "f" };
const SPECIALS: Readonly<Record<string, string>> = { "\\": "\\", "\x07": "a", "\x1b": "e", '"': '"' };

/** One character, as the letters behind `%pE` say. */
function escaped(character: string, letters: string): string {
  const code = character.charCodeAt(0);
  const has = (letter: string) => letters.includes(letter) || letters.includes("a");
  // Of Latin-1 the upper half is printable from the no-break space on.
  const isPrintable = (code >= 32 && code < 127) || code >= 160;
  if (letters.includes("p") && isPrintable) return character;
  if (has("s") && character in SPACES) return `\\${SPACES[character]}`;
  if (has("c") && character in SPECIALS) return `\\${SPECIALS[character]}`;
  if (has("n") && code === 0) return "\\0";
  if (has("o")) return `\\${code.toString(8).padStart(3, "0")}`;
  if (letters.includes("h")) return `\\x${code.toString(16).padStart(2, "0")}`;
  return character;
}

/** `%*pE`: the width is the number of characters. */
export function escapedString(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  if (spec.width === 0) return "";
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const [flags] = /^[achnops]*/.exec(letters.slice(1)) ?? [""];
  const characters = Array.from(bytesAt(bus, address, Math.max(spec.width, 1)), (byte) => String.fromCharCode(byte));
  return characters.map((character) => escaped(character, flags === "" ? "ap" : flags)).join("");
}

const padded = (value: number, width: number) => value < 0 ? String(value) : String(value).padStart(width, "0");

/** `%ptR` of a struct rtc_time, `%ptT` of a time64_t. */
export function timeString(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  if (letters[1] !== "R" && letters[1] !== "T") return text("(%pt?)", { ...spec, precision: 8 });
  const words = Array.from({ length: 6 }, (_, i) => letters[1] === "R" || i < 2 ? s32(bus.read32(address + 4 * i)) : 0);
  const when = new Date(Number((BigInt(words[1]) << 32n) | BigInt(u32(words[0]))) * 1000);
  const [second, minute, hour, day, month, year] = letters[1] === "R" ? words : [
    when.getUTCSeconds(),
    when.getUTCMinutes(),
    when.getUTCHours(),
    when.getUTCDate(),
    when.getUTCMonth(),
    when.getUTCFullYear() - 1900,
  ];
  const [, part, flags] = /^t.([dt]?)([rs]*)/.exec(letters) ?? ["", "", ""];
  const isRaw = flags.includes("r");
  const date = `${padded(year + (isRaw ? 0 : 1900), 4)}-${padded(month + (isRaw ? 0 : 1), 2)}-${padded(day, 2)}`;
  const time = `${padded(hour, 2)}:${padded(minute, 2)}:${padded(second, 2)}`;
  return part === "d" ? date : part === "t" ? time : `${date}${flags.includes("s") ? " " : "T"}${time}`;
}

/** `%p4cc`: the four characters of a pixel format. */
export function fourccString(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  if (!letters.startsWith("4cc")) return text("(%p4?)", { ...spec, precision: 8 });
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const code = u32(bus.read32(address));
  const characters = [0, 8, 16, 24].map((shift) => String.fromCharCode(((code & 0x7fffffff) >>> shift) & 255));
  const shown = characters.map((character) => /[ -~]/.test(character) ? character : ".").join("");
  return text(`${shown} ${code >= 0x80000000 ? "big" : "little"}-endian (${hex(code, 8)})`, spec);
}
