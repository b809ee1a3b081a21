// SPDX-License-Identifier: GPL-2.0-only
/**
 * String tables of ELF files in the making.
 *
 * @module
 */

const UTF8 = new TextEncoder();

/** Bytes of a text that has one character per byte. */
export function encodeName(text: string): Uint8Array {
  const utf8 = UTF8.encode(text);
  // What is as long as its characters is ASCII, and nearly everything is.
  if (utf8.length === text.length) return utf8;
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    if (code > 0xff) throw new Error(`Cannot write the name "${text}": "${character}" is no single byte`);
    return code;
  });
}

/** A string table: each name once, in the order of its first use, behind the empty name. */
export class StringTable {
  readonly #offsets = new Map<string, number>([["", 0]]);
  readonly #parts: Uint8Array[] = [new Uint8Array(1)];
  #size = 1;

  add(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#size;
    const bytes = encodeName(name + "\0");
    this.#offsets.set(name, offset);
    this.#parts.push(bytes);
    this.#size += bytes.length;
    return offset;
  }

  /** Adds names so that one that others end with lies within one of these. */
  addSharingTails(names: readonly string[]): void {
    const reversed = (name: string) => Array.from(name).reverse().join("");
    const sorted = [...new Set(names)].map((name) => ({ name, key: reversed(name) })).sort((a, b) => a.key < b.key ? 1 : -1);
    let longer = "";
    for (const { name } of sorted) {
      if (longer.endsWith(name)) this.#offsets.set(name, this.#offsets.get(longer)! + longer.length - name.length);
      else this.add(longer = name);
    }
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
