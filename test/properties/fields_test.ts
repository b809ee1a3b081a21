// SPDX-License-Identifier: GPL-2.0-only
/** The fields of instruction words: laws that hold for every row of FIELDS, and pictures of the bits drawn a second time. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Field, FIELDS } from "../../src/arch_arm/fields.ts";
import { s32, u32 } from "../../src/elf/word.ts";
import { word } from "./arbitraries.ts";

/** A field as the manual draws it: where each bit of the number stands in the word, lowest first; unnamed low bits are zero. */
interface Picture {
  /** A word that an assembler makes. */
  readonly common: number;
  readonly bits: readonly number[];
  /** Bits below the field's lowest that the number has and the word does not. */
  readonly scale: number;
  /** Bits of the number that stand inverted where the sign is clear (J1 and J2 of Thumb-2). */
  readonly inverted?: readonly number[];
}

const run = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

const PICTURES: Readonly<Record<string, Picture>> = {
  "branch24": { common: 0xebfffffe, bits: run(0, 24), scale: 2 },
  "mov16": { common: 0xe3400000, bits: [...run(0, 12), ...run(16, 4)], scale: 0 },
  "prel31": { common: 0x80a8b0b0, bits: run(0, 31), scale: 0 },
  "word": { common: 0xdeadbeef, bits: run(0, 32), scale: 0 },
  "thm branch24": {
    common: 0xf7fffffe,
    bits: [...run(0, 11), ...run(16, 10), 11, 13, 26],
    scale: 1,
    inverted: [21, 22],
  },
  "thm mov16": { common: 0xf2c00000, bits: [...run(0, 8), ...run(12, 3), 26, ...run(16, 4)], scale: 0 },
};

function pictureOf(field: Field): Picture {
  const picture = PICTURES[field.name];
  if (picture === undefined) throw new Error(`No picture of the field "${field.name}"`);
  return picture;
}

/** Smallest and largest number that the field holds, and the distance between two numbers. */
function rangeOf({ bits, scale }: Picture) {
  const half = 2 ** (bits.length - 1 + scale);
  return { min: -half, max: half - 2 ** scale, step: 2 ** scale };
}

/** The number in a word, one bit at a time. */
function readSlowly({ bits, scale, inverted = [] }: Picture, value: number): number {
  const sign = (value >>> bits[bits.length - 1]) & 1;
  let number = 0n;
  bits.forEach((at, i) => {
    let bit = (value >>> at) & 1;
    if (inverted.includes(i)) bit = (bit ^ sign) === 0 ? 1 : 0;
    number |= BigInt(bit) << BigInt(i + scale);
  });
  return Number(BigInt.asIntN(bits.length + scale, number));
}

/** A law, for every field with every preset of the other bits. */
function forEveryField(law: (field: Field, picture: Picture, preset: number) => void): void {
  for (const field of FIELDS) {
    const picture = pictureOf(field);
    for (const preset of [picture.common, 0, 0xffffffff]) law(field, picture, preset);
  }
}

Deno.test("every field has a picture, and its mask is the picture's bits", () => {
  for (const field of FIELDS) {
    const mask = pictureOf(field).bits.reduce((sum, bit) => sum + 2 ** bit, 0);
    assertEquals(u32(field.mask), mask, field.name);
  }
});

Deno.test("zero, a common number, the largest and the smallest come back from every field, whatever stood there before", () => {
  forEveryField((field, picture, preset) => {
    const { min, max, step } = rangeOf(picture);
    for (const value of [0, step, -step, 42 * step, max, min]) {
      assertEquals(field.read(field.write(preset, value)), value, `${field.name}, preset ${preset.toString(16)}, ${value}`);
    }
  });
});

Deno.test("the first number past either end of a field comes back as the other end", () => {
  forEveryField((field, picture, preset) => {
    const { min, max, step } = rangeOf(picture);
    assertEquals(field.read(field.write(preset, max + step)), min, field.name);
    assertEquals(field.read(field.write(preset, min - step)), max, field.name);
  });
});

Deno.test("a field is written without touching a bit outside of its mask, for any word and number", () => {
  fc.assert(
    fc.property(word, word, (before, value) => {
      for (const field of FIELDS) {
        const after = field.write(before, s32(value));
        assertEquals(u32(after & ~field.mask), u32(before & ~field.mask), field.name);
        assertEquals(after, u32(after), `${field.name} gives an unsigned word`);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("what is read from any word is what its picture shows, and is written back as it was", () => {
  fc.assert(
    fc.property(word, (value) => {
      for (const field of FIELDS) {
        const number = field.read(value);
        assertEquals(number, readSlowly(pictureOf(field), value), field.name);
        assertEquals(field.write(value, number), value, field.name);
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("any number within a field's range comes back, and one without comes back wrapped", () => {
  fc.assert(
    fc.property(word, word, (before, any) => {
      for (const field of FIELDS) {
        const picture = pictureOf(field);
        const width = picture.bits.length + picture.scale;
        const wrapped = BigInt.asIntN(width, BigInt(s32(any)));
        const kept = wrapped >> BigInt(picture.scale) << BigInt(picture.scale);
        assertEquals(field.read(field.write(before, s32(any))), Number(kept), field.name);
      }
    }),
    { numRuns: 1000 },
  );
});
