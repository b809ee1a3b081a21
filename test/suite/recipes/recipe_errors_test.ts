// SPDX-License-Identifier: GPL-2.0-only
/** Numbers in recipes, and what cannot be built. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { evaluate, fit } from "../../../src/suite/build/number.ts";
import { RecipeError } from "../../../src/suite/build/recipe.ts";
import { BASE_BYTES, build } from "./build.ts";

Deno.test("numbers: terms from left to right, and what fits a field", () => {
  assertEquals(evaluate("SHF_WRITE|SHF_ALLOC | 0x10 - 1"), 0x12);
  assertEquals(
    evaluate("size(.note.GNU-stack)+2", (word, argument) => word === "size" && argument === ".note.GNU-stack" ? 40 : undefined),
    42,
  );
  for (const text of ["", "1 2", "1 -", "- 1", "SHT_NOPE", "one two", "1..2", "size(.text)"]) {
    assertThrows(() => evaluate(text), Error);
  }
  fc.assert(fc.property(fc.constantFrom(1, 2, 4), fc.integer({ min: -(2 ** 33), max: 2 ** 33 }), (bytes, value) => {
    const limit = 2 ** (8 * bytes);
    if (value >= limit || value < -limit / 2) assertThrows(() => fit(value, bytes), Error, "does not fit");
    else assertEquals(fit(value, bytes), (value + limit) % limit);
  }));
});

Deno.test("a recipe that cannot be built is one clear line", () => {
  const at = "Cannot build cases/area/some-case.ko.toml";
  const edit = (text: string) => `base = "../base.ko"\n[[edit]]\n${text}`;
  const faults: [string, string][] = [
    [`base = `, `${at}: line 1, column 8: Invalid TOML document: `],
    [``, `${at}: the key base is missing`],
    [`base = "nowhere.ko"`, `${at}: base = "nowhere.ko": there is no file cases/area/nowhere.ko`],
    [`base = "minimal"\nbass = 1`, `${at}: unknown key bass; known here: base, description, edit, module`],
    [`base = "../base.ko"\n[module]\nname = "x"`, `${at}: base = "../base.ko": [module] goes with base = "minimal" alone`],
    [`base = "some-case.ko.toml"`, `${at}: base = "some-case.ko.toml": recipes are each other's base in a circle`],
    [edit(`sett_section = ".text"`), `${at}: edit 1: an edit has one of these keys, and this one has none: overwrite, append`],
    [
      edit(`truncate = "file"\nappend = "file"`),
      `${at}: edit 1: an edit has one of these keys, and this one has truncate and append`,
    ],
    [edit(`truncate = "file"\nto = 1\nat = 2`), `${at}: edit 1 (truncate): unknown key at; known here: truncate, to`],
    [
      edit(`truncate = "file"\nto = "end+1"`),
      `${at}: edit 1 (truncate): the file has ${BASE_BYTES.length} bytes already; use append`,
    ],
    [
      edit(`set_section = ".txt"`),
      `${at}: edit 1 (set_section): set_section = ".txt": there is no section ".txt"; there are 0 .text `,
    ],
    [
      edit(`set_header = { e_machine = 65536 }`),
      `${at}: edit 1 (set_header), set_header: e_machine = 65536: does not fit 2 bytes`,
    ],
    [
      edit(`set_header = { e_mach = 1 }`),
      `${at}: edit 1 (set_header), set_header: unknown key e_mach; known here: e_type, e_machine`,
    ],
    [
      edit(`set_section = ".text"\nfields = { sh_type = "SHT_NOBIT" }`),
      `${at}: edit 1 (set_section), fields: sh_type = "SHT_NOBIT": no number is named SHT_NOBIT; constants look like SHT_NOBITS`,
    ],
    [edit(`set_symbol = "nope"`), `${at}: edit 1 (set_symbol): set_symbol = "nope": there is no symbol "nope"`],
    [
      edit(`set_relocation = 9\nin = ".rel.init.text"`),
      `${at}: edit 1 (set_relocation): set_relocation = 9: section .rel.init.text has 1 relocations`,
    ],
    [
      edit(`set_modinfo = "nope"\nvalue = ""`),
      `${at}: edit 1 (set_modinfo): set_modinfo = "nope": .modinfo has no such tag; add_modinfo`,
    ],
    [edit(`add_version = "nope"`), `${at}: edit 1 (add_version): the kernel does not export nope; give its crc`],
    [
      edit(`overwrite = ".text"\nat = 6\nzeros = 3`),
      `${at}: edit 1 (overwrite): at = 6: 3 bytes end behind the 8 bytes of .text`,
    ],
    [edit(`append = ".bss"\nzeros = 3`), `${at}: edit 1 (append): section .bss has no bytes in the file; set sh_type first`],
    [edit(`append = "file"\nbytes = "0"`), `${at}: edit 1 (append): bytes = "0": is no text of two hex digits for each byte`],
    [
      edit(`append = "file"\nwords = ["e3a0"]`),
      `${at}: edit 1 (append): words = ["e3a0"]: item 1 is neither a number nor 8 hex digits`,
    ],
    [
      edit(`truncate = "file"\nto = 60\n[[edit]]\ndelete_section = ".text"`),
      `${at}: edit 2 (delete_section): delete_section = ".text": the file does not read as ELF any more: `,
    ],
    [
      `base = "minimal"\n[module]\nimports = ["nope"]`,
      `${at}: [module], imports 1: the kernel does not export nope; import it as { name`,
    ],
    [`base = "minimal"\n[module]\nwithout = [".foo"]`, `${at}: [module]: without = [".foo"]: kbuild makes no section .foo`],
    [
      `base = "minimal"\n[module]\nwithout = [".exit.text"]`,
      `${at}: [module]: there is no section .exit.text for cleanup_module; give exit = false`,
    ],
    [
      `base = "minimal"\n[[module.section]]\nname = ".modinfo"`,
      `${at}: [module], section 1: name = ".modinfo": this section is made from`,
    ],
    [
      `base = "minimal"\n[[module.relocation]]\nsection = ".text"\noffset = 0\ntype = 1\nsymbol = "nope"`,
      `${at}: [module], relocation 1: symbol = "nope": there is no symbol "nope"; define it, or add it to imports`,
    ],
  ];
  const files = {
    "cases/base.ko": BASE_BYTES,
    "cases/area/some-case.ko.toml": new TextEncoder().encode(`base = "some-case.ko.toml"`),
  };
  for (const [text, message] of faults) {
    const error = assertThrows(() => build(text, files), RecipeError, message);
    assertEquals(error.message.includes("\n"), false, error.message);
  }
});
