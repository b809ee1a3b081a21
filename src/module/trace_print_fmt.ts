// SPDX-License-Identifier: GPL-2.0-only
/**
 * The text that tells how a trace event is printed: a format in quotes, then its arguments, all as C source.
 *
 * Models: test_event_printk(), process_string(), process_pointer() and update_event_printk() of kernel/trace/trace_events.c.
 *
 * @module
 */

const isSpace = (char: string) => /^[ \t-\r]$/.test(char);
const isWord = (char: string | undefined) => char !== undefined && /^\w$/.test(char);

const [QUOTE, DASH, DOT, DIGIT_0, DIGIT_9, GREATER, BACKSLASH, UNDERSCORE] = new TextEncoder().encode('"-.09>\\_');
/** For each byte, 1 where it is a letter, a digit or an underscore. */
const WORD_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => Number(isWord(String.fromCharCode(byte))));

/** A conversion that follows its argument; most texts have none. */
const MAY_FOLLOW = /%[\d.*]*[ps]/;
/** Letters behind %p that make printk() follow the pointer. */
const FOLLOWED = "BRrbMmIiEUVNadDgtCOf";
/** Arguments that can be told apart, the bits of a u64. */
const MOST_ARGUMENTS = 63;

/** An argument that printk() follows: its number from 0, and whether as a string. */
interface Followed {
  readonly argument: number;
  readonly isString: boolean;
}

/** How a conversion counts: how many characters it has, which arguments it takes, and whether it follows the last of them. */
interface Conversion {
  readonly length: number;
  readonly arguments: number;
  readonly follows?: "string" | "pointer";
}

/** One conversion, behind its %. A * counts as an argument before %s and in %*p alone, as the kernel has it. */
function conversionOf(text: string): Conversion {
  const pointer = (at: number) => FOLLOWED.includes(text[at + 1] || "\0") ? { follows: "pointer" as const } : {};
  if (text[0] === "%") return { length: 1, arguments: 0 };
  if (text[0] === "p") return { length: 1, arguments: 1, ...pointer(0) };
  if (text.startsWith("*p")) return { length: 2, arguments: 2, ...pointer(1) };
  const [sizes] = /^[\d.*]*/.exec(text)!;
  if (text[sizes.length] !== "s") return { length: 1, arguments: 1 };
  return { length: 1, arguments: sizes.includes("*") ? 2 : 1, follows: "string" };
}

/**
 * The format's end, and the arguments that it follows; undefined for a text that breaks off or follows too many.
 */
function readFormat(text: string): { end: number; followed: Followed[] } | undefined {
  const followed: Followed[] = [];
  let inQuote = false;
  let argument = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') {
      if (inQuote) return { end: at + 1, followed };
      inQuote = true;
    } else if (text[at] === "%" && inQuote) {
      const conversion = conversionOf(text.slice(at + 1));
      at += conversion.length;
      if (at >= text.length) return undefined;
      argument += conversion.arguments;
      if (conversion.follows === undefined) continue;
      if (argument - 1 >= MOST_ARGUMENTS) return undefined;
      followed.push({ argument: argument - 1, isString: conversion.follows === "string" });
    }
  }
  return undefined;
}

/** The places of the arguments behind the format: they are parted by commas that stand in no quotes and no parentheses. */
function argumentPlaces(text: string, from: number): { start: number; end: number }[] {
  const places: { start: number; end: number }[] = [];
  let quote = "";
  let depth = 0;
  let start = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === '"' || char === "'") quote = quote === "" ? char : quote === char ? "" : quote;
    else if (quote !== "") continue;
    else if (char === "(") depth++;
    else if (char === ")") depth--;
    else if (char === "," && depth === 0) {
      if (start !== 0) places.push({ start, end: at });
      for (at++; at < text.length && isSpace(text[at]);) at++;
      start = at--;
    }
  }
  return [...places, { start, end: text.length }];
}

/** A field of the event's record, by its name. */
export interface PrintField {
  /** Its C type. */
  readonly type: string;
  /** The string that it points to is tested each time the event is printed. */
  needTest(): void;
}

/** Finds the field that `REC->` at the text's beginning names. */
export type FindField = (text: string) => PrintField | undefined;

const SAFE_POINTERS = [
  "__get_dynamic_array(",
  "__get_rel_dynamic_array(",
  "__get_dynamic_array_len(",
  "__get_rel_dynamic_array_len(",
  "__get_sockaddr(",
  "__get_rel_sockaddr(",
];

/** Whether a word stands in an argument; it may reach beyond its end. */
function has(text: string, word: string, start: number, end: number): boolean {
  const at = text.indexOf(word, start);
  return at >= 0 && at < end;
}

/** process_pointer(): whether what an argument points to lies in the record. */
function isSafePointer(text: string, start: number, end: number, find: FindField): boolean {
  const record = text.indexOf("REC->", start);
  if (record < 0 || record >= end) return SAFE_POINTERS.some((word) => has(text, word, start, end));
  const address = text.indexOf("&", start);
  return (address >= 0 && address < record) || (find(text.slice(record))?.type.includes("[") ?? false);
}

/** process_string(): whether a string argument is safe, or can be tested when it is printed. */
function isSafeString(text: string, start: number, end: number, find: FindField): boolean {
  let from = start;
  for (let paren; (paren = text.indexOf("(", from)) >= 0 && paren < end; from = paren + 1) {
    // A function's name before the parenthesis.
    if (isWord(text.slice(from, paren).trimEnd().at(-1))) return true;
    if (paren + 1 >= end) {
      from = paren + 1;
      break;
    }
  }
  const bracket = text.indexOf("[", from);
  if (bracket >= 0 && bracket < end && has(text, "REC->", bracket, end)) return true;
  if (has(text, '"', start, end) || isSafePointer(text, start, end, find)) return true;
  const field = find(text.slice(start));
  field?.needTest();
  return field !== undefined;
}

/**
 * test_event_printk().
 *
 * @returns the number, from 0, of an argument that may point to what is gone when the event is printed
 */
export function unsafeArgument(text: string, find: FindField): number | undefined {
  if (!MAY_FOLLOW.test(text)) return undefined;
  const format = readFormat(text);
  if (format === undefined || format.followed.length === 0) return undefined;
  const places = argumentPlaces(text, format.end);
  return format.followed.find(({ argument, isString }) => {
    const place = places[argument];
    return place === undefined || !(isString ? isSafeString : isSafePointer)(text, place.start, place.end, find);
  })?.argument;
}

/**
 * Names that texts are searched for, all at once: most of them are in few texts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { NameSearch } from "./trace_print_fmt.ts";
 * const text = new TextEncoder().encode('"%d", REC->a == TWO ? ONE : 0\0');
 * assertEquals(new NameSearch(["ONE", "THREE", "TWO"]).findIn(text), Uint8Array.of(1, 0, 1));
 * ```
 */
export class NameSearch {
  /** For each byte, the number from 1 of the last name that begins with it, or 0. */
  readonly #last = new Uint32Array(256);
  /** For each number, that of the name before it that begins with the same byte. */
  readonly #previous: Uint32Array;

  constructor(readonly names: readonly string[]) {
    this.#previous = new Uint32Array(names.length + 1);
    for (let number = 1; number <= names.length; number++) {
      const first = names[number - 1].charCodeAt(0);
      this.#previous[number] = this.#last[first];
      this.#last[first] = number;
    }
  }

  /**
   * @param bytes of a text up to its NUL
   * @returns 1 for each name that {@link replaceName} may come upon
   */
  findIn(bytes: Uint8Array): Uint8Array {
    const found = new Uint8Array(this.names.length);
    for (let at = 0; at < bytes.length && bytes[at] !== 0; at++) {
      if (!mayBegin(bytes, at)) continue;
      for (let number = this.#last[bytes[at]]; number !== 0; number = this.#previous[number]) {
        if (startsWith(bytes, at, this.names[number - 1])) found[number - 1] = 1;
      }
    }
    return found;
  }
}

/** Whether a name that is to be replaced may begin there: behind what is no part of a word, an underscore, or what a backslash skips. */
function mayBegin(bytes: Uint8Array, at: number): boolean {
  return at === 0 || WORD_BYTES[bytes[at - 1]] === 0 || bytes[at - 1] === UNDERSCORE || bytes[at - 2] === BACKSLASH;
}

/** Offset of what follows the format at the text's beginning, in which no name is replaced. */
export function skipFormat(bytes: Uint8Array): number {
  if (bytes[0] !== QUOTE) return 0;
  let at = 1;
  while (at < bytes.length && bytes[at] !== 0 && bytes[at] !== QUOTE) {
    at += bytes[at] === BACKSLASH && bytes[at + 1] !== 0 ? 2 : 1;
  }
  return bytes[at] === QUOTE ? at + 1 : 0;
}

/**
 * update_event_printk(): replaces a name by its value in the text, in place; what the text no longer needs stays behind its NUL.
 *
 * @param bytes from the text's first byte on
 * @returns false where the value is longer than the name
 */
export function replaceName(bytes: Uint8Array, name: string, value: number): boolean {
  const text = String(value);
  let inQuote = false;
  const isWordAt = (at: number) => WORD_BYTES[bytes[at]] === 1;
  for (let at = 0; at < bytes.length && bytes[at] !== 0; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) {
      if (bytes[++at] === 0) return true;
    } else if (byte === QUOTE) inQuote = !inQuote;
    else if (inQuote || !isWordAt(at)) continue;
    else if (byte >= DIGIT_0 && byte <= DIGIT_9) {
      while (isWordAt(at) && bytes[at] !== UNDERSCORE) at++;
      if (bytes[at] === 0) return true;
    } else if (startsWith(bytes, at, name) && !isWordAt(at + name.length)) {
      if (name.length < text.length) return false;
      const end = bytes.indexOf(0, at);
      for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
      bytes.copyWithin(at + text.length, at + name.length, end);
      bytes[end - name.length + text.length] = 0;
      at += text.length;
      if (bytes[at] === 0) return true;
    } else {
      // The members behind a name are not names to replace.
      do {
        while (isWordAt(at)) at++;
        const member = bytes[at] === DOT ? 1 : bytes[at] === DASH && bytes[at + 1] === GREATER ? 2 : 0;
        if (member === 0) break;
        at += member + 1;
      } while (bytes[at - 1] !== 0);
      if (bytes[at] === 0 || bytes[at - 1] === 0) return true;
    }
  }
  return true;
}

/** Whether a name stands there. Names of one enum begin alike, so the last byte tells first. */
function startsWith(bytes: Uint8Array, at: number, name: string): boolean {
  for (let i = name.length - 1; i >= 0; i--) if (bytes[at + i] !== name.charCodeAt(i)) return false;
  return true;
}
