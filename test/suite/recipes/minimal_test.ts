// SPDX-License-Identifier: GPL-2.0-only
/** Modules that are made from nothing: `base = "minimal"`. */

import { assertEquals } from "@std/assert";
import { R_ARM, SHT, STB, STT } from "../../../src/elf/constants.ts";
import { readImage } from "../../../src/elf/image.ts";
import { build, symbolNamed, textOf, versionsOf } from "./build.ts";

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
