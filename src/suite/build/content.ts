// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bytes in a recipe. The keys stand in the table that needs the bytes; what they give follows one another in this order:
 *
 *     words = ["e3a00000", 0xe12fff1e]      32-bit words, little-endian: hex text or numbers
 *     halfwords = ["f000", "f800"]          16-bit words
 *     bytes = "7f 45 4c 46"                 hex
 *     ascii = "text\u0000"                  UTF-8, no zero added
 *     file = "signature.p7s"                a file's bytes, relative to the recipe
 *     zeros = 16                            so many zero bytes
 *     size = 64                             zeros up to this size
 *
 * @module
 */

import { concat } from "./bytes.ts";
import type { Table } from "./table.ts";

/** Reads the file that a recipe names. */
export type ReadFile = (name: string) => Uint8Array;

const KEYS = ["words", "halfwords", "bytes", "ascii", "file", "zeros", "size"] as const;

/** No recipe needs a larger file, and a slip of the pen in a size does not fill the memory. */
const MOST_BYTES = 0x10000000;

function hexBytes(table: Table, text: string): Uint8Array {
  const digits = text.replaceAll(/[\s_]/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) return table.fail("is no text of two hex digits for each byte", "bytes");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function littleEndian(table: Table, key: "words" | "halfwords", width: 2 | 4): Uint8Array {
  const items = table.array(key);
  const bytes = new Uint8Array(items.length * width);
  items.forEach((item, i) => {
    const digits = typeof item === "string" && new RegExp(`^(0x)?[0-9a-f]{${width * 2}}$`, "i").test(item);
    const value = digits ? parseInt(item, 16) : item;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      table.fail(`item ${i + 1} is neither a number nor ${width * 2} hex digits`, key);
    }
    for (let k = 0; k < width; k++) bytes[i * width + k] = Math.floor(value as number / 2 ** (8 * k)) & 0xff;
  });
  return bytes;
}

function count(table: Table, key: "zeros" | "size"): number {
  const value = table.number(key, 0);
  return value <= MOST_BYTES ? value : table.fail(`more than ${MOST_BYTES} bytes`, key);
}

/** Whether the table has one of the keys above. */
export function hasContent(table: Table): boolean {
  return KEYS.map((key) => table.has(key)).includes(true);
}

/** The bytes that the table's keys give; none at all without any of them. */
export function contentOf(table: Table, readFile: ReadFile): Uint8Array {
  const content = concat(
    littleEndian(table, "words", 4),
    littleEndian(table, "halfwords", 2),
    hexBytes(table, table.string("bytes", "")),
    new TextEncoder().encode(table.string("ascii", "")),
    table.has("file") ? table.within(() => readFile(table.string("file")), "file") : new Uint8Array(0),
    new Uint8Array(count(table, "zeros")),
  );
  if (!table.has("size")) return content;
  const size = count(table, "size");
  if (size < content.length) table.fail(`the content has ${content.length} bytes`, "size");
  return concat(content, new Uint8Array(size - content.length));
}
