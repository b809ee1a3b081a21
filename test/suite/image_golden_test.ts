// SPDX-License-Identifier: GPL-2.0-only
/** Image goldens, tested with planted bytes: a wrong one is found, a masked one is not compared, and folding loses nothing. */

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { hex32 } from "../../src/elf/word.ts";
import { GOLDEN_DIR, loadProfile } from "../../src/profile/load_profile.ts";
import { caseModuleReader } from "../../src/suite/case_modules.ts";
import { openGoldens } from "../../src/suite/golden.ts";
import { findCases } from "../../src/suite/cases.ts";
import { imageText } from "../../src/suite/image_text.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import type { RegionImage, StepResult } from "../../src/suite/outcome.ts";
import { runCase } from "../../src/suite/runner.ts";
import type { Target } from "../../src/suite/target.ts";

const profile = await loadProfile();
const goldens = openGoldens(fromFileUrl(GOLDEN_DIR), profile);
const model = new ModelTarget(profile, { regions: true, read: caseModuleReader(profile) });
const [call] = findCases(fromFileUrl(new URL("../../cases/", import.meta.url))).filter(({ area, name }) =>
  area === "relocations" && name === "type-call"
);

/** The model with the images changed on their way. */
function planted(change: (result: StepResult) => StepResult, givesImages = true): Target {
  return {
    name: "planted",
    runsCode: false,
    givesImages,
    async *run(scenario): AsyncGenerator<StepResult> {
      for await (const result of model.run(scenario)) yield change(result);
    },
  };
}

/** Writes a word into the one region that holds an address. */
function poke(address: number, value: number): (result: StepResult) => StepResult {
  return ({ outcome, images }) => {
    const changed = images.map((image) => ({ ...image, bytes: image.bytes.slice() }));
    const image = changed.find(({ base, bytes }) => address >= base && address < base + bytes.length);
    if (image !== undefined) new DataView(image.bytes.buffer).setUint32(address - image.base, value, true);
    return { outcome, images: changed };
  };
}

async function differenceOf(change: (result: StepResult) => StepResult): Promise<string> {
  return (await runCase(planted(change), call, goldens)).difference;
}

const THIS_MODULE = 0xbf002040;
const fieldAt = (field: string) => THIS_MODULE + (profile.structModule.fields.get(field)?.[0] ?? NaN);

const WRONG: Readonly<Record<string, number>> = {
  "the first word of .text": 0xbf000000,
  "the call": 0xbf000008,
  "padding behind .text": 0xbf000010,
  "the last byte of a region": 0xbf000ffc,
  "an entry of the PLT": 0xbf000040,
  "a word of .rodata": 0xbf004000,
  "a word of .bss": 0xbf002340,
  "a symbol's value": 0xbf008014,
  "the symbol table that stays": 0xbf002368,
  "the name in struct module": fieldAt("name"),
  "the size of a memory in struct module": fieldAt("mem") + 4,
  "the number of symbols in struct module": fieldAt("core_kallsyms") + 4,
  "the PLT's count in struct module": fieldAt("arch.core.plt_count"),
};

for (const [what, address] of Object.entries(WRONG)) {
  Deno.test(`image: ${what} is compared`, async () => {
    const difference = await differenceOf(poke(address, 0x01020304));
    assertStringIncludes(difference, "--- golden/relocations/type-call/image.txt");
    assertStringIncludes(difference, "deno task record relocations/type-call");
  });
}

Deno.test("image: an unchanged one agrees", async () => assertEquals(await differenceOf((result) => result), ""));

for (const field of profile.structModule.fields.keys()) {
  if (!profile.structModule.maskedFields.includes(field.replace(/\[\d+\]/, "[]"))) continue;
  Deno.test(`image: ${field} of struct module is not compared`, async () => {
    assertEquals(await differenceOf(poke(fieldAt(field), 0x01020304)), "");
  });
}

Deno.test("image: each masked field is one that the profile places", () => {
  const known = new Set([...profile.structModule.fields.keys()].map((field) => field.replace(/\[\d+\]/, "[]")));
  assertEquals(profile.structModule.maskedFields.filter((field) => !known.has(field)), []);
});

/** A module of one section. */
function textOf(image: RegionImage, start = 0, size = image.bytes.length - start): string {
  const sections = { ".x": { address: hex32(image.base + start), size, region: image.type } };
  const outcome = {
    step: 0,
    op: "insmod" as const,
    module: "x",
    rc: 0,
    errno: 0 as const,
    log: [],
    taint: 0,
    modules: [],
    sections,
  };
  return imageText({ insmod: "x.ko", params: "" }, { outcome, images: [image] }, profile);
}

function region(type: string, words: readonly number[], base = 0xbf000000): RegionImage {
  return { type, base, bytes: new Uint8Array(Uint32Array.from(words).buffer) };
}

Deno.test("image: addresses in vmalloc space and in the heap are masked where memory is writable, and only there", () => {
  const words = [0xe0800000, 0xc2000000, 0xff7fffff, 0xe07fffff, 0xbf000000, 0xff800000, 0xc1ffffff, 0];
  const masked = "~vmalloc ~~~~heap ~vmalloc ~~~~heap bf000000 ff800000 c1ffffff 00000000";
  const plain = words.map((word) => word.toString(16).padStart(8, "0")).join(" ");
  for (const type of ["MOD_DATA", "MOD_INIT_DATA", "MOD_RO_AFTER_INIT"]) {
    assertStringIncludes(textOf(region(type, words)), masked);
  }
  for (const type of ["MOD_TEXT", "MOD_RODATA", "MOD_INIT_TEXT", "MOD_INIT_RODATA"]) {
    assertStringIncludes(textOf(region(type, words)), plain);
  }
});

Deno.test("image: a masked word is not taken for a zero", () => {
  assertNotEquals(textOf(region("MOD_DATA", [0xc2000000])), textOf(region("MOD_DATA", [0])));
});

/** The bytes that a text without masks and hashes stands for. */
function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const line of text.split("\n")) {
    if (!line.startsWith("  +")) continue;
    const [, at, rest] = /^ {2}\+([0-9a-f]+) {2}(.*)$/.exec(line) ?? [];
    assertEquals(parseInt(at, 16), bytes.length);
    const zeros = /^zeros up to \+([0-9a-f]+)$/.exec(rest);
    if (zeros !== null) { while (bytes.length < parseInt(zeros[1], 16)) bytes.push(0); }
    else {for (const word of rest.split(" ")) {
        bytes.push(...(word.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse());
      }}
  }
  return Uint8Array.from(bytes);
}

Deno.test("image: the text of a section gives its bytes back, at any alignment", () => {
  const byte = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 255 }));
  const run = fc.oneof(
    fc.array(byte, { maxLength: 40 }),
    fc.integer({ min: 0, max: 100 }).map((size) => Array<number>(size).fill(0)),
  );
  fc.assert(fc.property(fc.array(run, { maxLength: 6 }), fc.integer({ min: 0, max: 35 }), (runs, start) => {
    const content = Uint8Array.from(runs.flat());
    if (content.length === 0) return;
    const image = { type: "MOD_TEXT", base: 0xbf000000, bytes: Uint8Array.from([...Array<number>(start).fill(0), ...content]) };
    assertEquals(bytesOf(textOf(image, start)), content);
  }));
});

Deno.test("image: a section above 16 KB is a hash per page, in which each byte counts and masked words do not", () => {
  const words = Array<number>(5000).fill(7, 0, 1024).fill(0xc2000000, 4096, 4097);
  const text = textOf(region("MOD_DATA", words));
  assertMatch(
    text,
    /\n {2}\+0000 {2}sha256 [0-9a-f]{64}\n {2}\+1000 {2}zeros up to \+4000\n {2}\+4000 {2}sha256 [0-9a-f]{64}, masked: 1\n/,
  );
  assertEquals(textOf(region("MOD_DATA", words.with(4096, 0xc2345678))), text);
  for (const [index, value] of [[1023, 8], [2000, 1], [4097, 1], [4999, 1]]) {
    assertNotEquals(textOf(region("MOD_DATA", words.with(index, value))), text);
  }
  // A masked word elsewhere on the page is another page.
  assertNotEquals(textOf(region("MOD_DATA", words.with(4096, 0).with(4100, 0xc2000000))), text);
});

Deno.test("image: bytes that no section covers are shown where they are not zero", () => {
  const image = region("MOD_TEXT", [1, 0, 0, 5]);
  assertStringIncludes(
    textOf(image, 0, 4),
    "section .x 0xbf000000 4\n  +0000  00000001\nrest of MOD_TEXT 0xbf000004 12\n  +0000  00000000",
  );
  assertEquals(textOf(region("MOD_TEXT", [1, 0]), 0, 4), "# insmod x.ko\nsection .x 0xbf000000 4\n  +0000  00000001\n");
});

Deno.test("image: a target that gives no images is not held to them; one that gives them must give all", async () => {
  const without = ({ outcome }: StepResult): StepResult => ({ outcome, images: [] });
  assertEquals((await runCase(planted(without, false), call, goldens)).difference, "");
  assertStringIncludes((await runCase(planted(without), call, goldens)).difference, "-section .text 0xbf000000 12");
});

Deno.test("image: a case that wants one and has none in its golden fails", async () => {
  const { difference } = await runCase(model, { ...call, image: false }, goldens);
  assertStringIncludes(difference, "image.txt");
});
