// SPDX-License-Identifier: GPL-2.0-only
/**
 * The first level of the lexer: bytes to basic tokens, with the longest match that flex takes.
 *
 * Models: the patterns of scripts/genksyms/lex.l. Quirks kept: one suffix letter of a number, or two different ones, belong to
 * it (`1ULL` is `1UL` and `L`); `!=`, `++` and `<<=` are no tokens of their own; a quote without its partner is a token.
 *
 * @module
 */

import { decodeBytes } from "../../elf/text.ts";
import { TERMINALS, TOKEN } from "./tokens.ts";

/** Classes of bytes, as bits. */
const LETTER = 1;
const DIGIT = 2;
const HEX = 4;
const OCTAL = 8;
const BLANK = 16;
/** Before `=`, one token with it. */
const BEFORE_EQUALS = 32;

const CLASS = new Uint8Array(256);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$", LETTER);
mark("0123456789", DIGIT);
mark("0123456789ABCDEFabcdef", HEX);
mark("01234567", OCTAL);
mark(" \t\f\v\r", BLANK);
mark("~%^&*+=|<>/-", BEFORE_EQUALS);

function mark(characters: string, kind: number): void {
  for (const character of characters) CLASS[character.charCodeAt(0)] |= kind;
}

/** A byte that is negative as a signed char: within a phrase it is a part like any other, but the parser takes it for the end. */
export const NOT_ASCII = -1;

/** What a byte is that makes a token alone. */
const SINGLE = Int8Array.from({ length: 256 }, (_, byte) => {
  const index = (TERMINALS as readonly string[]).indexOf(String.fromCharCode(byte));
  return index < 0 ? TOKEN.$undefined : index;
});
SINGLE[0] = TOKEN.$end;
SINGLE.fill(NOT_ASCII, 128);

const NEWLINE = 10;
const QUOTE = code('"');
const APOSTROPHE = code("'");
const BACKSLASH = code("\\");
const HASH = code("#");
const DOT = code(".");
const ZERO = code("0");
const EQUALS = code("=");
const CAPITAL_L = code("L");
const BRACE = code("{");
const BRACE_END = code("}");

function code(character: string): number {
  return character.charCodeAt(0);
}

/** A line marker of the preprocessor: number and file name. */
const LINE_MARKER = /^#[ \t]+((?:0[Xx][0-9A-Fa-f]+|0[0-7]*|[1-9][0-9]*)(?:[Uu][Ll]?|[Ll][Uu]?)?)[ \t]+"([^"\n]+)"/;

/** Reads basic tokens from preprocessed C. */
export class Scanner {
  /** The token's first byte, and the one behind it. */
  start = 0;
  end = 0;
  /** The line of the original source. */
  line = 1;
  /** The original source's file, once a line marker has named one. */
  filename: string | undefined = undefined;
  /** Where the line of the preprocessed text begins. */
  lineStart = 0;
  readonly #source: Uint8Array;

  constructor(source: Uint8Array) {
    this.#source = source;
  }

  /** yylex1(): the next token; its text is the source from `start` to `end`. FILENAME comes after `filename` and `line` have changed. */
  next(): number {
    const source = this.#source;
    const { length } = source;
    let at = this.end;
    for (;;) {
      if (at >= length) {
        this.start = this.end = length;
        return TOKEN.$end;
      }
      const byte = source[at];
      const kind = CLASS[byte];
      if (byte === NEWLINE) {
        this.#newline(++at);
      } else if ((kind & BLANK) !== 0) {
        at++;
      } else if (byte === HASH && (at === 0 || source[at - 1] === NEWLINE)) {
        const newline = source.indexOf(NEWLINE, at);
        if (newline < 0) return this.#token(at, at + 1, SINGLE[byte]);
        const isMarker = this.#lineMarker(at, newline);
        this.start = at;
        this.end = this.lineStart = at = newline + 1;
        if (isMarker) return TOKEN.FILENAME;
      } else if ((kind & LETTER) !== 0) {
        const next = source[at + 1];
        if (byte === CAPITAL_L && (next === QUOTE || next === APOSTROPHE)) {
          const end = this.#quoted(at + 1);
          if (end > 0) return this.#token(at, end, next === QUOTE ? TOKEN.STRING : TOKEN.CHAR);
        }
        let end = at + 1;
        while ((CLASS[source[end]] & (LETTER | DIGIT)) !== 0) end++;
        return this.#token(at, end, TOKEN.IDENT);
      } else {
        return this.#other(at, byte, kind);
      }
    }
  }

  /**
   * Goes to behind the brace that closes one that was just read, past what has no meaning of its own there.
   *
   * @returns whether there is such a brace
   */
  skipBraces(): boolean {
    const source = this.#source;
    let depth = 1;
    let at = this.end;
    while (at < source.length) {
      const byte = source[at++];
      if (byte === NEWLINE) {
        this.#newline(at);
      } else if (byte === BRACE) {
        depth++;
      } else if (byte === BRACE_END) {
        if (--depth > 0) continue;
        this.#token(at - 1, at, SINGLE[byte]);
        return true;
      } else if (byte === QUOTE || byte === APOSTROPHE) {
        at = this.#quoted(at - 1) || at;
      } else if (byte === HASH && source[at - 2] === NEWLINE) {
        const newline = source.indexOf(NEWLINE, at);
        if (newline < 0) continue;
        this.#lineMarker(at - 1, newline);
        at = this.lineStart = newline + 1;
      } else if (byte === 0) {
        break;
      }
    }
    this.start = this.end = at;
    return false;
  }

  /** yyless(0), unput(): the token is read again. */
  putBack(): void {
    this.end = this.start;
  }

  #token(start: number, end: number, token: number): number {
    this.start = start;
    this.end = end;
    return token;
  }

  #newline(next: number): void {
    this.line++;
    this.lineStart = next;
  }

  #lineMarker(at: number, newline: number): boolean {
    const marker = LINE_MARKER.exec(decodeBytes(this.#source.subarray(at, newline)));
    if (marker === null) {
      this.line++;
      return false;
    }
    this.line = parseInt(marker[1], 10);
    this.filename = marker[2];
    return true;
  }

  /** Numbers, quoted texts, operators and single characters. */
  #other(at: number, byte: number, kind: number): number {
    const source = this.#source;
    const next = source[at + 1];
    if ((kind & DIGIT) !== 0 || (byte === DOT && (CLASS[next] & DIGIT) !== 0)) return this.#number(at);
    if (byte === QUOTE || byte === APOSTROPHE) {
      const end = this.#quoted(at);
      if (end > 0) return this.#token(at, end, byte === QUOTE ? TOKEN.STRING : TOKEN.CHAR);
    }
    if (next === EQUALS && (kind & BEFORE_EQUALS) !== 0) return this.#token(at, at + 2, TOKEN.OTHER);
    if (isPair(byte, next)) return this.#token(at, at + 2, TOKEN.OTHER);
    if (byte === DOT && next === DOT && source[at + 2] === DOT) return this.#token(at, at + 3, TOKEN.DOTS);
    return this.#token(at, at + 1, SINGLE[byte]);
  }

  /** The end of a text in quotes that begins here, or 0: it has none. */
  #quoted(at: number): number {
    const source = this.#source;
    const quote = source[at];
    for (let end = at + 1; end < source.length; end++) {
      if (source[end] === quote) return end + 1;
      if (source[end] === BACKSLASH && (++end >= source.length || source[end] === NEWLINE)) return 0;
    }
    return 0;
  }

  /** INT or REAL, whichever is longer. */
  #number(at: number): number {
    const digits = this.#span(at, DIGIT);
    const int = digits === at ? at : this.#suffix(this.#integer(at, digits));
    const real = this.#real(at, digits);
    return real > int ? this.#token(at, real, TOKEN.REAL) : this.#token(at, int, TOKEN.INT);
  }

  #span(at: number, kind: number): number {
    while ((CLASS[this.#source[at]] & kind) !== 0) at++;
    return at;
  }

  #integer(at: number, digits: number): number {
    const source = this.#source;
    if (source[at] !== ZERO) return digits;
    const hex = (source[at + 1] | 32) === code("x") ? this.#span(at + 2, HEX) : 0;
    return hex > at + 2 ? hex : this.#span(at, OCTAL);
  }

  #suffix(at: number): number {
    const first = this.#source[at] | 32;
    if (first !== code("u") && first !== code("l")) return at;
    const second = this.#source[at + 1] | 32;
    return second === (first === code("u") ? code("l") : code("u")) ? at + 2 : at + 1;
  }

  /** The end of a REAL that begins here, or 0. */
  #real(at: number, digits: number): number {
    const source = this.#source;
    const hasDot = source[digits] === DOT;
    const mantissa = hasDot ? this.#span(digits + 1, DIGIT) : digits;
    let end = mantissa;
    if ((source[end] | 32) === code("e")) {
      const sign = source[end + 1] === code("+") || source[end + 1] === code("-") ? 1 : 0;
      const exponent = this.#span(end + 1 + sign, DIGIT);
      if (exponent > end + 1 + sign) end = exponent;
    }
    if ((!hasDot && end === mantissa) || mantissa === at) return 0;
    const suffix = source[end] | 32;
    return suffix === code("f") || suffix === code("l") ? end + 1 : end;
  }
}

/** Operators of two characters that do not end in `=`. */
function isPair(first: number, second: number): boolean {
  switch (first) {
    case code("&"):
    case code("|"):
    case code("<"):
    case code(">"):
      return second === first;
    case code("-"):
      return second === code(">");
    default:
      return false;
  }
}
