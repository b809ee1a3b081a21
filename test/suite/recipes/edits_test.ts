// SPDX-License-Identifier: GPL-2.0-only
/** What each edit of a recipe does, and nothing beside it. */

import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { EM, R_ARM, SHF, SHT, STB, STT } from "../../../src/elf/constants.ts";
import { readImage } from "../../../src/elf/image.ts";
import { describe, writeElf } from "../../../src/elf/writer.ts";
import {
  assertSameSections,
  BASE,
  BASE_BYTES,
  build,
  differences,
  edited,
  imageOf,
  symbolNamed,
  textOf,
  versionsOf,
} from "./build.ts";

Deno.test("a recipe without edits is its base, byte for byte; another recipe can be the base", () => {
  assertEquals(edited(""), BASE_BYTES);
  const files = { "cases/area/good.ko.toml": new TextEncoder().encode(BASE) };
  assertEquals(build(`base = "good.ko.toml"`, files), BASE_BYTES);
});

Deno.test("overwrite, append and truncate change these bytes alone", () => {
  const text = readImage(BASE_BYTES).section(".text")!.header.sh_offset;
  assertEquals(differences(edited(`[[edit]]\noverwrite = "file"\nat = 4\nbytes = "02"`), BASE_BYTES), [4]);
  assertEquals(differences(edited(`[[edit]]\noverwrite = ".text"\nat = "size(.text)-1"\nbytes = "02"`), BASE_BYTES), [
    text + 7,
  ]);
  const longer = edited(`[[edit]]\nappend = "file"\nascii = "ab"\nzeros = 2`);
  assertEquals([...longer.slice(BASE_BYTES.length)], [97, 98, 0, 0]);
  assertEquals(longer.slice(0, BASE_BYTES.length), BASE_BYTES);
  assertEquals(edited(`[[edit]]\ntruncate = "file"\nto = "end-1"`), BASE_BYTES.slice(0, -1));
  const grown = imageOf(`[[edit]]\nappend = ".data"\nbytes = "01 02"`);
  assertEquals([...grown.section(".data")!.data], [0, 0, 0, 0, 1, 2]);
  assertSameSections(grown, [".data"]);
});

Deno.test("set_header, set_section, set_symbol and set_relocation change these fields alone", () => {
  const base = readImage(BASE_BYTES);
  const header = edited(`[[edit]]\nset_header = { e_machine = "EM_X86_64" }`);
  assertEquals(differences(header, BASE_BYTES), [18]);
  assertEquals(header[18], EM.X86_64);

  const section = imageOf(
    `[[edit]]\nset_section = ".text"\nfields = { sh_flags = "old|SHF_WRITE", sh_link = ".data", sh_size = "old-4" }`,
  );
  const { header: was } = base.section(".text")!;
  const sh_link = base.section(".data")!.index;
  assertEquals(section.section(".text")!.header, {
    ...was,
    sh_flags: was.sh_flags | SHF.WRITE,
    sh_link,
    sh_size: was.sh_size - 4,
  });
  assertEquals(differences(section.bytes, BASE_BYTES).length, 3);

  const symbol = imageOf(
    `[[edit]]\nset_symbol = "init_module"\nfields = { st_value = 1, bind = "STB_WEAK", st_shndx = "sections" }`,
  );
  const { record } = symbolNamed(base, "init_module");
  const st_shndx = base.sections.length;
  assertEquals(symbolNamed(symbol, "init_module").record, {
    ...record,
    st_value: 1,
    st_info: STB.WEAK << 4 | STT.FUNC,
    st_shndx,
  });
  assertEquals(differences(symbol.bytes, BASE_BYTES).length, 3);

  const relocation = imageOf(
    `[[edit]]\nset_relocation = 0\nin = ".rel.init.text"\nfields = { type = "R_ARM_GOT_BREL", symbol = "symbols", r_offset = -4 }`,
  );
  const [changed] = relocation.relocations(relocation.section(".rel.init.text")!);
  assertEquals(changed, { offset: 0xfffffffc, type: R_ARM.GOT_BREL, symbol: base.symbols.length });
  const byName = imageOf(`[[edit]]\nset_relocation = 0\nin = ".rel.init.text"\nfields = { symbol = "exported" }`);
  const [renamed] = byName.relocations(byName.section(".rel.init.text")!);
  assertEquals([renamed.type, byName.symbols[renamed.symbol].name], [R_ARM.CALL, "exported"]);
});

Deno.test("a section is renamed, deleted, given other contents, added", () => {
  const renamed = imageOf(`[[edit]]\nrename_section = ".plt"\nto = ".not.plt"`);
  assertEquals(renamed.section(".not.plt")!.index, readImage(BASE_BYTES).section(".plt")!.index);
  assertSameSections(renamed, [".plt", ".not.plt"]);

  const deleted = imageOf(`[[edit]]\ndelete_section = ".modinfo"`);
  assertEquals(deleted.section(".modinfo"), undefined);
  assertEquals(
    Object.values(deleted.sections[readImage(BASE_BYTES).section(".modinfo")!.index].header).every((field) => field === 0),
    true,
  );

  for (const size of [2, 400]) {
    const contents = imageOf(`[[edit]]\nset_contents = ".data"\nsize = ${size}`);
    assertEquals(contents.section(".data")!.data, new Uint8Array(size));
    assertSameSections(contents, [".data"]);
  }

  const added = imageOf(`
    [[edit]]
    add_section = ".modinfo"
    ascii = "license=MIT\\u0000"
    [[edit]]
    add_section = ".data..percpu"
    sh_type = "SHT_NOBITS"
    sh_flags = "SHF_WRITE|SHF_ALLOC"
    sh_addralign = 0x2000
    size = 0x100000
    [[edit]]
    add_section = ".symtab2"
    sh_type = "SHT_SYMTAB"
    sh_link = ".strtab"
    zeros = 16
  `);
  const [modinfo, percpu, symtab] = added.sections.slice(-3);
  assertEquals([modinfo.name, modinfo.header.sh_flags, new TextDecoder().decode(modinfo.data)], [
    ".modinfo",
    SHF.ALLOC,
    "license=MIT\0",
  ]);
  assertEquals([percpu.name, percpu.header.sh_size, percpu.header.sh_addralign], [".data..percpu", 0x100000, 0x2000]);
  assertEquals([symtab.header.sh_type, added.sections[symtab.header.sh_link].name], [SHT.SYMTAB, ".strtab"]);
});

Deno.test("a symbol is renamed and added, a relocation added to a table that is there or not", () => {
  const renamed = imageOf(`[[edit]]\nrename_symbol = "_printk"\nto = "no_such_symbol"`);
  assertEquals(symbolNamed(renamed, "no_such_symbol").index, symbolNamed(readImage(BASE_BYTES), "_printk").index);

  const image = imageOf(`
    [[edit]]
    add_symbol = "wanted"
    bind = "STB_WEAK"
    [[edit]]
    add_symbol = "common"
    st_shndx = "SHN_COMMON"
    st_value = 4
    [[edit]]
    add_relocation = ".init.text"
    r_offset = 8
    type = "R_ARM_V4BX"
    symbol = "wanted"
    [[edit]]
    add_relocation = ".data"
    r_offset = "size(.data)-4"
    type = "R_ARM_ABS32"
    symbol = "common"
    words = [0x10]
  `);
  assertEquals(symbolNamed(image, "wanted").record.st_info, STB.WEAK << 4);
  assertEquals(symbolNamed(image, "common").record.st_shndx, 0xfff2);
  const inText = image.relocations(image.section(".rel.init.text")!);
  assertEquals(inText.map(({ offset, type }) => [offset, type]), [[4, R_ARM.CALL], [8, R_ARM.V4BX]]);
  const table = image.section(".rel.data")!;
  const { sh_type, sh_link, sh_info, sh_entsize } = table.header;
  assertEquals([sh_type, image.sections[sh_link].name, image.sections[sh_info].name, sh_entsize], [
    SHT.REL,
    ".symtab",
    ".data",
    8,
  ]);
  assertEquals(image.relocations(table).map(({ symbol }) => image.symbols[symbol].name), ["common"]);
  assertEquals([...image.section(".data")!.data], [0x10, 0, 0, 0]);
});

Deno.test("tags of .modinfo are set, removed and added", () => {
  const tags = (edits: string) => textOf(imageOf(edits), ".modinfo");
  const base = ["license=GPL", "depends=", "name=victim", "vermagic=9.9.9-test SMP "];
  assertEquals(tags(""), base);
  assertEquals(tags(`[[edit]]\nset_modinfo = "license"\nvalue = "MIT"`), ["license=MIT", ...base.slice(1)]);
  assertEquals(tags(`[[edit]]\nset_modinfo = "name"\nvalue = "a much longer name"`)[2], "name=a much longer name");
  assertEquals(tags(`[[edit]]\nremove_modinfo = "vermagic"`), base.slice(0, 3));
  assertEquals(tags(`[[edit]]\nadd_modinfo = "staging"\nvalue = "Y"`), [...base, "staging=Y"]);
  assertEquals(tags(`[[edit]]\nadd_modinfo = "name"\nvalue = "x"\nfirst = true`), ["name=x", ...base]);
});

Deno.test("entries of __versions are set, removed and added", () => {
  const versions = (edits: string) => versionsOf(imageOf(edits));
  const [printk, layout] = versions("");
  assertEquals([printk, layout], [["_printk", 0x92997ed8], ["module_layout", 0xcafe0001]]);
  assertEquals(versions(`[[edit]]\nset_version = "_printk"\ncrc = 0xffffffff`), [["_printk", 0xffffffff], layout]);
  assertEquals(versions(`[[edit]]\nremove_version = "_printk"`), [layout]);
  assertEquals(versions(`[[edit]]\nadd_version = "param_ops_int"`), [printk, layout, ["param_ops_int", 0x7ff1d5a2]]);
});

Deno.test("a signature is appended with its trailer and marker", () => {
  const bytes = edited(`[[edit]]\nappend_signature = "PKEY_ID_PKCS7"\nbytes = "30 03 02 01 00"\nhash = 4\npad = 0x030201`);
  assertEquals(bytes.slice(0, BASE_BYTES.length), BASE_BYTES);
  const tail = bytes.slice(BASE_BYTES.length);
  assertEquals([...tail.slice(0, 17)], [0x30, 3, 2, 1, 0, 0, 4, 2, 0, 0, 1, 2, 3, 0, 0, 0, 5]);
  assertEquals(new TextDecoder().decode(tail.slice(17)), "~Module signature appended~\n");
});

Deno.test("whatever an edit grows, all that it does not name reads as before", () => {
  const growing = fc.constantFrom(
    `add_symbol = "s"`,
    `add_modinfo = "t"\nvalue = "v"`,
    `add_version = "_printk"`,
    `rename_symbol = "exported"\nto = "exported"`,
    `rename_section = ".bss"\nto = ".bss"`,
    `add_section = ".more"`,
    `add_relocation = ".text"\nr_offset = 0\ntype = 0\nsymbol = 0`,
    `append = ".rodata"\nzeros = 3`,
  );
  fc.assert(
    fc.property(fc.array(growing, { maxLength: 6 }), (edits) => {
      const image = imageOf(edits.map((edit) => `[[edit]]\n${edit}\n`).join(""));
      const named = [".modinfo", "__versions", ".symtab", ".strtab", ".shstrtab", ".rodata", ".more", ".rel.text"];
      assertSameSections(image, named);
      const symbols = readImage(BASE_BYTES).symbols;
      assertEquals(image.symbols.slice(0, symbols.length).map((each) => each.name), symbols.map((each) => each.name));
      const description = describe(image);
      assertEquals(describe(readImage(writeElf(description))), description);
    }),
    { numRuns: 50 },
  );
});

Deno.test("a base's bytes are not changed by an edit", () => {
  const before = BASE_BYTES.slice();
  assertNotEquals(edited(`[[edit]]\nset_header = { e_type = "ET_EXEC" }`), before);
  assertEquals(BASE_BYTES, before);
});
