// SPDX-License-Identifier: GPL-2.0-only
/** The instruction tables: laws that hold for every row, whatever it does. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { A32, A32_UNCONDITIONAL, T16, T32 } from "../../src/cpu/decode.ts";
import { moreSpecific, overlap, type Row, type Table } from "../../src/cpu/picture.ts";

const TABLES: Readonly<Record<string, Table>> = { A32, A32_UNCONDITIONAL, T16, T32 };

/** The word that a row's picture and its fields make, one bit at a time; free bits are zero. */
function wordOf({ picture, width }: Row, fields: Readonly<Record<string, number>>): number {
  const bits = picture.replaceAll(" ", "");
  const left = { ...fields };
  let word = 0;
  for (let i = width - 1; i >= 0; i--) {
    const char = bits[i].toLowerCase();
    let bit = char === "1" ? 1 : 0;
    if (/[a-zA-Z]/.test(char)) {
      bit = left[char] & 1;
      left[char] >>>= 1;
    }
    if (bit === 1) word |= 1 << (width - 1 - i);
  }
  return word >>> 0;
}

for (const [name, table] of Object.entries(TABLES)) {
  Deno.test(`${name}: no two rows overlap, but where the first is the more specific one`, () => {
    const { rows } = table;
    const overlaps = rows.flatMap((one, i) =>
      rows.slice(i + 1).filter((other) => overlap(one, other) && !moreSpecific(one, other)).map((other) =>
        `${one.name} ${one.picture} and ${other.name} ${other.picture}`
      )
    );
    assertEquals(overlaps, []);
  });

  Deno.test(`${name}: every row's picture gives back the word that its fields make`, () => {
    for (const row of table.rows) {
      fc.assert(fc.property(fc.nat(0xffffffff), (random) => {
        const free = [...row.picture.replaceAll(" ", "")].reduce(
          (mask, char, i) => char === "-" ? mask | (1 << (row.width - 1 - i)) : mask,
          0,
        );
        const all = row.width === 16 ? 0xffff : -1;
        const word = ((random & ~row.mask & ~free & all) | row.value) >>> 0;
        assertEquals(wordOf(row, row.fields(word)), word, row.name);
      }));
    }
  });

  Deno.test(`${name}: every row is found by some word`, () => {
    const lost = table.rows.filter((row) => {
      const words = [0, -1, 0x55555555, 0xaaaaaaaa, 0x0f0f0f0f, 0x12345678, 0x48d11a23].map((free) =>
        ((free & ~row.mask & (row.width === 16 ? 0xffff : -1)) | row.value) >>> 0
      );
      return !words.some((word) => table.find(word) === row);
    });
    assertEquals(lost.map((row) => row.name), []);
  });
}
