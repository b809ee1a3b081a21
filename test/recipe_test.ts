// SPDX-License-Identifier: GPL-2.0-only
/** Recipes: each edit does what it says and nothing else; a recipe that cannot be built says why in one line. */

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { EM, R_ARM, SHF, SHT, STB, STT } from "../src/elf/constants.ts";
import { type ElfImage, readImage } from "../src/elf/image.ts";
import { describe, writeElf } from "../src/elf/writer.ts";
import { evaluate, fit } from "../src/suite/build/number.ts";
import { buildRecipe, type KernelFacts, RecipeError } from "../src/suite/build/recipe.ts";

const CRCS: Readonly<Partial<Record<string, number>>> = {
  _printk: 0x92997ed8,
  param_ops_int: 0x7ff1d5a2,
  param_ops_charp: 0x13,
};

/** A kernel that no one has: nothing in src may know these numbers. */
const KERNEL: KernelFacts = {
  vermagic: "9.9.9-test SMP ",
  structModule: { size: 0x140, name: 16, init: 96, exit: 256 },
  moduleLayoutCrc: 0xcafe0001,
  crc: (name) => CRCS[name],
};

/** A module with a bit of everything, for edits to work on. */
const BASE = `
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

function build(text: string, files: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  const readBase = (path: string): Uint8Array => {
    if (!(path in files)) throw new Error(`there is no file ${path}`);
    return files[path];
  };
  return buildRecipe(text, { path: "cases/area/some-case.ko.toml", readBase, kernel: KERNEL });
}

const BASE_BYTES = build(BASE);

/** The base module after edits. */
function edited(edits: string): Uint8Array {
  return build(`base = "../base.ko"\n${edits}`, { "cases/base.ko": BASE_BYTES });
}

function imageOf(edits: string): ElfImage {
  return readImage(edited(edits));
}

/** The offsets at which two files of one size differ. */
function differences(a: Uint8Array, b: Uint8Array): number[] {
  assertEquals(a.length, b.length);
  return [...a.keys()].filter((at) => a[at] !== b[at]);
}

/** The base module with `section`'s description changed is what the edit made of it, file offsets aside. */
function assertSameSections(image: ElfImage, except: readonly string[]): void {
  const pick = (from: ElfImage) =>
    describe(from).sections.filter(({ name }) => !except.includes(name)).map((
      section,
    ) => [section.name, section.type, section.content]);
  assertEquals(pick(image), pick(readImage(BASE_BYTES)));
}

function textOf(image: ElfImage, section: string): string[] {
  return new TextDecoder().decode(image.section(section)!.data).split("\0").slice(0, -1);
}

function versionsOf(image: ElfImage): [string, number][] {
  const { data } = image.section("__versions")!;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Array.from({ length: data.length / 64 }, (_, i) => {
    const name = data.subarray(i * 64 + 4, data.indexOf(0, i * 64 + 4));
    return [new TextDecoder().decode(name), view.getUint32(i * 64, true)];
  });
}

function symbolNamed(image: ElfImage, name: string) {
  return image.symbols.find((symbol) => symbol.name === name)!;
}

Deno.test("minimal: a module has what kbuild gives every module", () => {
  const image = readImage(build(`base = "minimal"`));
  const sections =
    ".text .init.text .exit.text .data .gnu.linkonce.this_module .rel.gnu.linkonce.this_module .plt .rodata .modinfo";
  const tail = "__versions .init.plt .bss .symtab .strtab .shstrtab";
  assertEquals(image.sections.slice(1).map((each) => each.name).join(" "), `${sections} ${tail}`);
  assertEquals(textOf(image, ".modinfo"), ["license=GPL", "depends=", "name=some_case", "vermagic=9.9.9-test SMP "]);
  assertEquals(versionsOf(image), [["module_layout", 0xcafe0001]]);
  const { data } = image.section(".gnu.linkonce.this_module")!;
  assertEquals([data.length, new TextDecoder().decode(data.subarray(16, 26))], [0x140, "some_case\0"]);
  const relocations = image.relocations(image.section(".rel.gnu.linkonce.this_module")!);
  assertEquals(relocations.map(({ offset, type, symbol }) => [offset, type, image.symbols[symbol].name]), [
    [96, R_ARM.ABS32, "init_module"],
    [256, R_ARM.ABS32, "cleanup_module"],
  ]);
  assertEquals([...image.section(".init.text")!.data], [0, 0, 0xa0, 0xe3, 0x1e, 0xff, 0x2f, 0xe1]);
  assertEquals(image.section(".plt")!.data.length + image.section(".init.plt")!.data.length, 2);
});

Deno.test("minimal: keys of [module] change or leave out what they name", () => {
  const image = readImage(build(`
    base = "minimal"
    [module]
    name = "other"
    modinfo_name = false
    license = "Proprietary"
    depends = false
    intree = "Y"
    vermagic = "x"
    modinfo = ["import_ns=NS", "version=1=2"]
    exit = false
    module_layout = false
    without = [".plt", ".bss", ".exit.text"]
  `));
  assertEquals(textOf(image, ".modinfo"), ["license=Proprietary", "intree=Y", "vermagic=x", "import_ns=NS", "version=1=2"]);
  for (const absent of [".plt", ".bss", ".exit.text", "__versions"]) assertEquals(image.section(absent), undefined);
  assertEquals(image.relocations(image.section(".rel.gnu.linkonce.this_module")!).length, 1);
});

Deno.test("minimal: sections, symbols, imports and relocations of the recipe's own", () => {
  const image = readImage(build(`
    base = "minimal"
    [module]
    imports = ["_printk", { name = "foreign", crc = 7, bind = "STB_WEAK", type = "STT_FUNC" }, { name = "unversioned", crc = false }]
    [[module.section]]
    name = ".text"
    halfwords = ["f000", "f800"]
    bytes = "01 02"
    ascii = "é"
    size = 12
    [[module.section]]
    name = ".bss"
    size = 0x1000000
    [[module.section]]
    name = ".note.x"
    sh_type = "SHT_NOTE"
    sh_addralign = 8
    zeros = 4
    [[module.symbol]]
    name = "here"
    section = ".text"
    value = 4
    bind = "STB_LOCAL"
    [[module.symbol]]
    name = "fixed"
    section = "SHN_ABS"
    value = 0xdeadbeef
    [[module.relocation]]
    section = ".data"
    offset = 0
    type = "R_ARM_ABS32"
    symbol = ".text"
    word = 8
  `));
  assertEquals([...image.section(".text")!.data], [0, 0xf0, 0, 0xf8, 1, 2, 0xc3, 0xa9, 0, 0, 0, 0]);
  assertEquals(image.section(".bss")!.header.sh_size, 0x1000000);
  assertEquals([image.section(".note.x")!.header.sh_type, image.section(".note.x")!.header.sh_addralign], [SHT.NOTE, 8]);
  assertEquals(versionsOf(image), [["_printk", 0x92997ed8], ["foreign", 7], ["module_layout", 0xcafe0001]]);
  assertEquals(symbolNamed(image, "foreign").record.st_info, STB.WEAK << 4 | STT.FUNC);
  assertEquals(symbolNamed(image, "fixed").record.st_shndx, 0xfff1);
  assertEquals(symbolNamed(image, "here").record.st_info, STB.LOCAL << 4 | STT.FUNC);
  assertEquals(symbolNamed(image, "unversioned").record.st_shndx, 0);
  const [relocation] = image.relocations(image.section(".rel.data")!);
  assertEquals(image.symbols[relocation.symbol].record, { ...image.symbols[1].record, st_info: STT.SECTION, st_shndx: 1 });
  assertEquals([...image.section(".data")!.data], [8, 0, 0, 0]);
  assertEquals(
    image.symbolTable!.header.sh_info,
    image.symbols.findIndex((each, i) => i > 0 && each.record.st_info >> 4 !== STB.LOCAL),
  );
});

Deno.test("minimal: exports are sorted, with their CRCs, names and namespaces", () => {
  const text = (sort: boolean) => `
    base = "minimal"
    [module]
    sort_exports = ${sort}
    [[module.export]]
    name = "zeta"
    crc = 26
    [[module.export]]
    name = "alpha"
    crc = 1
    namespace = "NS"
    [[module.export]]
    name = "only_gpl"
    crc = 5
    gpl = true
    symbol = ".data"
  `;
  const image = readImage(build(text(true)));
  assertEquals(textOf(image, "__ksymtab_strings"), ["alpha", "NS", "only_gpl", "", "zeta", ""]);
  const { data } = image.section("__ksymtab")!;
  assertEquals([...new Uint32Array(data.slice().buffer)], [0, 0, 6, 0, 19, 24]);
  assertEquals([...image.section("__kcrctab")!.data], [1, 0, 0, 0, 26, 0, 0, 0]);
  assertEquals([...image.section("__kcrctab_gpl")!.data], [5, 0, 0, 0]);
  const relocations = image.relocations(image.section(".rel__ksymtab")!);
  assertEquals(relocations.map(({ offset }) => offset), [0, 4, 8, 12, 16, 20]);
  assertEquals(relocations.filter((_, i) => i % 3 === 0).map(({ symbol }) => image.symbols[symbol].name), ["alpha", "zeta"]);
  const unsorted = readImage(build(text(false)));
  assertEquals([...unsorted.section("__kcrctab")!.data], [26, 0, 0, 0, 1, 0, 0, 0]);
});

Deno.test("minimal: a parameter is a struct kernel_param with its relocations", () => {
  const image = readImage(build(`
    base = "minimal"
    [[module.param]]
    name = "level"
    [[module.param]]
    name = "greeting"
    type = "charp"
    perm = 0o444
    level = 2
    flags = 1
    arg = ".data"
    arg_offset = 0x10
  `));
  const { data } = image.section("__param")!;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields = [0, 20].map((at) => [
    ...[
      view.getUint32(at, true),
      view.getUint16(at + 12, true),
      view.getInt8(at + 14),
      view.getUint8(at + 15),
      view.getUint32(at + 16, true),
    ],
  ]);
  assertEquals(fields, [[4, 0o644, -1, 0, 8], [10, 0o444, 2, 1, 0x10]]);
  assertEquals(new TextDecoder().decode(image.section(".rodata")!.data.subarray(4)), "level\0greeting\0");
  const targets = image.relocations(image.section(".rel__param")!).map(({ symbol }) => {
    const { name, record } = image.symbols[symbol];
    return name || image.sections[record.st_shndx].name;
  });
  const tail = (ops: string, arg: string) => [".rodata", "__this_module", ops, arg];
  assertEquals(targets, [...tail("param_ops_int", ".bss"), ...tail("param_ops_charp", ".data")]);
});

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
