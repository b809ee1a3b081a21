// SPDX-License-Identifier: GPL-2.0-only
/** Modules linked here against those that kbuild linked with GNU ld, and what does not go together. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { R_ARM, SHF, SHN, STT } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { LinkError, linkModule } from "../../src/kbuild/link.ts";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { exportsOf } from "../../src/report/inspect_linkage.ts";
import { asStripped, loaded } from "../verify/loaded.ts";
import { fn, smallObject } from "../verify/small_object.ts";

const FIXTURES = new URL("../fixtures/link/", import.meta.url);
const SEEDS = new URL("../../cases/seeds/", import.meta.url);
const profile = await loadProfile();

function linked(name: string): Uint8Array {
  const paths = [`${name}.o`, `${name}.mod.o`, "module-common.o"];
  return linkModule(paths.map((path) => ({ path, bytes: Deno.readFileSync(new URL(path, FIXTURES)) })));
}

/** Modules with those that are loaded before them. */
const BUILT: readonly (readonly [name: string, folder: string, before: readonly string[]])[] = [
  ["symbol_exporter", "exercise-2-export-and-use", []],
  ["symbol_user", "exercise-2-export-and-use", ["symbol_exporter"]],
  ["insmod_example", "insmod-example", []],
];

for (const [name, folder, before] of BUILT) {
  Deno.test(`${name}, linked here, is to the loader what GNU ld linked`, async () => {
    const built = (each: string) => Deno.readFileSync(new URL(`${folder}/${each}.ko`, SEEDS));
    const ours = await loaded(profile, [...before.map(linked), linked(name)]);
    const theirs = await loaded(profile, [...before.map(built), built(name)]);
    // The cases hold modules that were stripped behind the link.
    assertEquals(asStripped(ours), asStripped(theirs));
    assertEquals(ours.rc, 0);
  });
}

Deno.test("the tables of exports are sorted by name, and their CRCs with them", () => {
  const table = (name: string) => ({ name: `___ksymtab+${name}`, flags: SHF.ALLOC, data: new Uint8Array(12) });
  const crc = (name: string, value: number) => ({
    name: `___kcrctab+${name}`,
    flags: SHF.ALLOC,
    data: Uint8Array.of(value, 0, 0, 0),
  });
  const strings = { name: "__ksymtab_strings", flags: SHF.ALLOC, data: new TextEncoder().encode("zeta\0alpha\0\0") };
  const object = smallObject({
    sections: [table("zeta"), crc("zeta", 26), table("alpha"), crc("alpha", 1), strings],
    symbols: [fn("zeta"), fn("alpha", ".text", 4), { name: "z", section: "__ksymtab_strings" }, {
      name: "a",
      value: 5,
      section: "__ksymtab_strings",
    }, { name: "n", value: 11, section: "__ksymtab_strings" }],
    relocations: [
      { in: "___ksymtab+zeta", at: 0, to: "zeta" },
      { in: "___ksymtab+zeta", at: 4, to: "z" },
      { in: "___ksymtab+zeta", at: 8, to: "n" },
      { in: "___ksymtab+alpha", at: 0, to: "alpha" },
      { in: "___ksymtab+alpha", at: 4, to: "a" },
      { in: "___ksymtab+alpha", at: 8, to: "n" },
    ],
  });
  const image = readImage(linkModule([{ path: "a.o", bytes: object }]));
  assertEquals(exportsOf({ image }).map(({ name, crc }) => [name, crc]), [["alpha", "0x00000001"], ["zeta", "0x0000001a"]]);
  assertEquals(image.sections.some(({ name }) => name.startsWith("___k")), false);
});

Deno.test("an addend against a section moves with what it points to", () => {
  const object = (value: number) =>
    smallObject({
      sections: [{ name: ".rodata", flags: SHF.ALLOC, data: new Uint8Array(16) }, {
        name: ".data",
        flags: SHF.ALLOC | SHF.WRITE,
        data: Uint8Array.of(value, 0, 0, 0),
      }],
      symbols: [{ name: "", section: ".rodata", type: 3, bind: 0 }],
      relocations: [{ in: ".data", at: 0, type: R_ARM.ABS32, to: "" }],
    });
  const image = readImage(linkModule([{ path: "a.o", bytes: object(4) }, { path: "b.o", bytes: object(8) }]));
  const data = image.section(".data")!.data;
  assertEquals([...data.subarray(data.length - 8)], [4, 0, 0, 0, 24, 0, 0, 0]);
});

Deno.test("discarded sections are gone, with their symbols", () => {
  const object = smallObject({
    sections: [{ name: ".discard.addressable", flags: SHF.ALLOC }],
    symbols: [{ name: "kept", section: ".data", bind: 0 }, { name: "gone", section: ".discard.addressable", bind: 0 }],
    exports: [],
  });
  const image = readImage(linkModule([{ path: "a.o", bytes: object }]));
  assert(image.symbols.some(({ name }) => name === "kept"));
  assert(!image.symbols.some(({ name }) => name === "gone"));
  assertEquals(image.section(".discard.addressable"), undefined);
});

Deno.test("what does not go together is named", () => {
  const twice = smallObject({ symbols: [fn("twice")] });
  const inputs = ["a.o", "b.o"].map((path) => ({ path, bytes: twice }));
  assertThrows(() => linkModule(inputs), LinkError, "b.o: twice is defined in a.o too");
  const dangling = smallObject({
    sections: [{ name: ".discard.x", flags: SHF.ALLOC }],
    symbols: [{ name: "gone", section: ".discard.x" }],
    relocations: [{ in: ".data", at: 0, to: "gone" }],
  });
  assertThrows(() => linkModule([{ path: "a.o", bytes: dangling }]), LinkError, 'a.o: .data refers to "gone"');
  assertThrows(() => linkModule([{ path: "a.o", bytes: new Uint8Array(100) }]), LinkError, "a.o: it is no ELF file");
});

Deno.test("a weak definition gives way to another, and an undefined symbol to either", () => {
  const weak = smallObject({ symbols: [{ ...fn("f"), bind: 2, value: 4 }] });
  const strong = smallObject({ symbols: [{ ...fn("f"), value: 8 }] });
  const user = smallObject({ symbols: [{ name: "f" }] });
  const found = (objects: Uint8Array[]) => {
    const image = readImage(linkModule(objects.map((bytes, i) => ({ path: `${i}.o`, bytes }))));
    const all = image.symbols.filter(({ name }) => name === "f");
    return all.map(({ record }) => [record.st_info >> 4, record.st_shndx !== 0]);
  };
  assertEquals(found([user, weak, strong]), [[1, true]]);
  assertEquals(found([user, weak]), [[2, true]]);
  assertEquals(found([user, user]), [[1, false]]);
});

Deno.test("an object without a source's name gives its own, and pieces without a mapping symbol get $d", () => {
  const local = (name: string, type = 0) => ({ name, section: ".data", type, bind: 0 });
  const inputs = [
    { path: "out/a.o", bytes: smallObject({ symbols: [local("x"), local("$d")] }) },
    { path: "out/b.o", bytes: smallObject({ symbols: [{ ...local("b.c", STT.FILE), section: SHN.ABS }, local("y")] }) },
  ];
  const image = readImage(linkModule(inputs));
  const files = image.symbols.filter(({ record }) => (record.st_info & 15) === STT.FILE).map(({ name }) => name);
  assertEquals(files, ["a.o", "b.c"]);
  const data = image.section(".data")!;
  const mapped = image.symbols.filter(({ name, record }) => name === "$d" && record.st_shndx === data.index);
  assertEquals(mapped.length, 2);
  assertEquals(mapped[0].record.st_value < mapped[1].record.st_value, true);
});

Deno.test("a name that another ends with lies within it", () => {
  const image = readImage(linkModule([{ path: "a.o", bytes: smallObject({ symbols: [fn("put"), fn("sock_put")] }) }]));
  const strings = new TextDecoder().decode(image.section(".strtab")!.data);
  assert(strings.includes("\0sock_put\0"));
  assert(!strings.includes("\0put\0"));
  const at = (wanted: string) => image.symbols.find(({ name }) => name === wanted)!.record.st_name;
  assertEquals(at("put"), at("sock_put") + "sock_".length);
});
