// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the tests of recipes share: a kernel's facts, a base module, and ways to look at what was built.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type ElfImage, readImage } from "../../../src/elf/image.ts";
import { describe } from "../../../src/elf/writer.ts";
import { buildRecipe, type KernelFacts } from "../../../src/suite/build/recipe.ts";

export const CRCS: Readonly<Partial<Record<string, number>>> = {
  _printk: 0x92997ed8,
  param_ops_int: 0x7ff1d5a2,
  param_ops_charp: 0x13,
};

/** A kernel that no one has: nothing in src may know these numbers. */
export const KERNEL: KernelFacts = {
  vermagic: "9.9.9-test SMP ",
  structModule: { size: 0x140, name: 16, init: 96, exit: 256 },
  moduleLayoutCrc: 0xcafe0001,
  crc: (name) => CRCS[name],
};

/** A module with a bit of everything, for edits to work on. */
export const BASE = `
base = "minimal"
[module]
name = "victim"
imports = ["_printk"]
[[module.section]]
name = ".init.text"
words = ["e92d4010", "ebfffffe", "e3a00000", "e8bd8010"]
[[module.relocation]]
section = ".init.text"
offset = 4
type = "R_ARM_CALL"
symbol = "_printk"
[[module.export]]
name = "exported"
crc = 0x1111
`;

export function build(text: string, files: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const readBase = (path: string): Uint8Array => {
    if (!(path in files)) throw new Error(`there is no file ${path}`);
    return files[path];
  };
  return buildRecipe(text, { path: "cases/area/some-case.ko.toml", readBase, kernel: KERNEL });
}

export const BASE_BYTES = build(BASE);

/** The base module after edits. */
export function edited(edits: string): Uint8Array {
  return build(`base = "../base.ko"\n${edits}`, { "cases/base.ko": BASE_BYTES });
}

export function imageOf(edits: string): ElfImage {
  return readImage(edited(edits));
}

/** The offsets at which two files of one size differ. */
export function differences(a: Uint8Array, b: Uint8Array): number[] {
  assertEquals(a.length, b.length);
  return [...a.keys()].filter((at) => a[at] !== b[at]);
}

/** The base module with `section`'s description changed is what the edit made of it, file offsets aside. */
export function assertSameSections(image: ElfImage, except: readonly string[]): void {
  const pick = (from: ElfImage) =>
    describe(from).sections.filter(({ name }) => !except.includes(name)).map((
      section,
    ) => [section.name, section.type, section.content]);
  assertEquals(pick(image), pick(readImage(BASE_BYTES)));
}

export function textOf(image: ElfImage, section: string): string[] {
  return new TextDecoder().decode(image.section(section)!.data).split("\0").slice(0, -1);
}

export function versionsOf(image: ElfImage): [string, number][] {
  const { data } = image.section("__versions")!;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / 64 }, (_, i) => {
    const name = data.subarray(i * 64 + 4, data.indexOf(0, i * 64 + 4));
    return [new TextDecoder().decode(name), view.getUint32(i * 64, true)];
  });
}

export function symbolNamed(image: ElfImage, name: string) {
  return image.symbols.find((symbol) => symbol.name === name)!;
}
