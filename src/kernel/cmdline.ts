// SPDX-License-Identifier: GPL-2.0-only
/**
 * Takes a string of arguments apart, in place, as the kernel does it for its own command line and for a module's parameters.
 *
 * Models: next_arg() of lib/cmdline.c, skip_spaces() of lib/string_helpers.c, isspace() and isalpha() of lib/ctype.c.
 *
 * @module
 */

const NUL = 0;
const EQUALS = 0x3d;
const QUOTE = 0x22;

/** A `char *` into a string that is taken apart in place. */
export class CharPointer {
  /** @param bytes the whole string, a NUL at its end */
  constructor(readonly bytes: Uint8Array, readonly at = 0) {}

  /**
   * A copy of a string that may be written to.
   *
   * @param text one character per byte; it ends at its first NUL
   */
  static to(text: string): CharPointer {
    const bytes = new Uint8Array(text.length + 1);
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at);
      if (char > 0xff) throw new RangeError(`Cannot take ${JSON.stringify(text)} as bytes: U+${char.toString(16)} at ${at}`);
      bytes[at] = char;
    }
    return new CharPointer(bytes);
  }

  /** `pointer[index]`. */
  get(index: number): number {
    return this.bytes[this.at + index];
  }

  /** `pointer[index] = char`. */
  put(index: number, char: number): void {
    this.bytes[this.at + index] = char;
  }

  /** `pointer + count`. */
  plus(count: number): CharPointer {
    return new CharPointer(this.bytes, this.at + count);
  }

  /** The characters up to the NUL: what %s prints. */
  toString(): string {
    let text = "";
    for (let at = this.at; this.bytes[at] !== NUL; at++) text += String.fromCharCode(this.bytes[at]);
    return text;
  }
}

/** isspace(): tab to carriage return, space, and 0xa0, which may be the second byte of a letter in UTF-8. */
export function isspace(char: number): boolean {
  return (char >= 0x09 && char <= 0x0d) || char === 0x20 || char === 0xa0;
}

/** isalpha(): the letters of latin-1. */
export function isalpha(char: number): boolean {
  const lower = char | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (char >= 0xc0 && char !== 0xd7 && char !== 0xf7);
}

/** skip_spaces(). */
export function skipSpaces(text: CharPointer): CharPointer {
  let count = 0;
  while (isspace(text.get(count))) count++;
  return text.plus(count);
}

/** What next_arg() finds: a name, its value if there was a "=", and the rest of the string. */
export interface Argument {
  readonly param: CharPointer;
  readonly val: CharPointer | undefined;
  readonly rest: CharPointer;
}

/**
 * next_arg(). A quote keeps spaces together wherever it stands, but only one around the whole argument or around the whole
 * value is taken away. A "=" as the first character belongs to the name.
 *
 * @param args not empty and not at a space; NULs are written into it
 */
export function nextArg(args: CharPointer): Argument {
  const quoted = args.get(0) === QUOTE;
  let inQuote = quoted;
  if (quoted) args = args.plus(1);

  let equals = 0;
  let i = 0;
  for (; args.get(i) !== NUL; i++) {
    const char = args.get(i);
    if (isspace(char) && !inQuote) break;
    if (equals === 0 && char === EQUALS) equals = i;
    if (char === QUOTE) inQuote = !inQuote;
  }

  let val: CharPointer | undefined;
  if (equals !== 0) {
    args.put(equals, NUL);
    val = args.plus(equals + 1);
    if (val.get(0) === QUOTE) {
      val = val.plus(1);
      if (args.get(i - 1) === QUOTE) args.put(i - 1, NUL);
    }
  }
  if (quoted && i > 0 && args.get(i - 1) === QUOTE) args.put(i - 1, NUL);

  const end = args.get(i) === NUL ? i : i + 1;
  args.put(i, NUL);
  return { param: args, val, rest: skipSpaces(args.plus(end)) };
}
