// SPDX-License-Identifier: GPL-2.0-only
/** Laws of the ELF reader and writer. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SHF, SHT, STB } from "../../src/elf/constants.ts";
import { ElfError, type ElfImage, readImage } from "../../src/elf/image.ts";
import { EHDR, fieldOffset, SHDR, writeRecord } from "../../src/elf/records.ts";
import { type Content, describe, type ElfDescription, type SectionDescription, writeElf } from "../../src/elf/writer.ts";

/** Any unsigned number of so many bits, the ends of the range and small ones preferred. */
function unsigned(bits: number): fc.Arbitrary<number> {
  const max = 2 ** bits - 1;
  return fc.oneof(fc.constantFrom(0, 1, max, 2 ** (bits - 1)), fc.nat({ max: Math.min(max, 64) }), fc.integer({ min: 0, max }));
}

/** A name of bytes other than zero, one character each. */
const name = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 12 }).map((bytes) => String.fromCharCode(...bytes));

const symbols = fc.array(
  fc.record({
    name,
    value: unsigned(32),
    size: unsigned(32),
    bind: unsigned(4),
    type: unsigned(4),
    other: unsigned(8),
    section: unsigned(16),
  }),
  { maxLength: 8 },
);

const relocations = fc.array(fc.record({ offset: unsigned(32), type: unsigned(8), symbol: unsigned(24) }), { maxLength: 8 });

/** A section of a type with contents that go with it. */
const section: fc.Arbitrary<SectionDescription> = fc.oneof(
  fc.tuple(
    fc.constantFrom<number>(SHT.PROGBITS, SHT.NOTE, SHT.ARM_EXIDX),
    fc.uint8Array({ maxLength: 40 }).map((data): Content => ({ data })),
  ),
  fc.tuple(fc.constantFrom<number>(SHT.NOBITS, SHT.NULL), unsigned(32).map((size): Content => ({ size }))),
  fc.tuple(fc.constant(SHT.REL), relocations.map((relocations): Content => ({ relocations }))),
).chain(([type, content]) =>
  fc.record({
    name,
    type: fc.constant(type),
    flags: unsigned(32),
    address: unsigned(32),
    align: fc.oneof(fc.constantFrom(0, 1, 2, 4, 8, 64, 4096, 3, 0x80000000), unsigned(32)),
    link: unsigned(32),
    info: unsigned(32),
    entsize: unsigned(32),
    content: fc.constant(content),
  })
);

/** A file with any sections, and one symbol table with its strings. */
const description: fc.Arbitrary<ElfDescription> = fc.record({
  sections: fc.array(section, { maxLength: 6 }),
  symbols,
  header: fc.record({ e_type: unsigned(16), e_machine: unsigned(16), e_entry: unsigned(32), e_flags: unsigned(32) }),
}).map(({ sections, symbols, header }) => ({
  header,
  sections: [
    ...sections,
    { name: ".symtab", type: SHT.SYMTAB, align: 4, link: sections.length + 2, content: { symbols } },
    { name: ".strtab", type: SHT.STRTAB, content: { strings: true } },
    { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
  ],
}));

/** Reads, and asks for all that an image can give: what a damaged file may make fail is an ElfError, never anything else. */
function readAll(bytes: Uint8Array): ElfDescription | ElfError {
  try {
    const image: ElfImage = readImage(bytes);
    const parts = [() => image.symbols, ...image.sections.map((each) => () => image.relocations(each))];
    for (const part of parts) {
      try {
        part();
      } catch (error) {
        assert(error instanceof ElfError, `${error}`);
      }
    }
    return describe(image);
  } catch (error) {
    if (error instanceof ElfError) return error;
    throw error;
  }
}

Deno.test("what the writer is given is what the reader's description says", () => {
  fc.assert(fc.property(description, (given) => {
    const read = describe(readImage(writeElf(given)));
    assertEquals(read.sections.slice(0, -3), given.sections.slice(0, -3));
    assertEquals(read.sections.at(-3)!.content, given.sections.at(-3)!.content);
    assertEquals({ ...read.header, ...given.header }, read.header);
  }));
});

Deno.test("writing a description of a file gives the same description again, and the same bytes from then on", () => {
  fc.assert(fc.property(description, (given) => {
    const first = describe(readImage(writeElf(given)));
    const bytes = writeElf(first);
    assertEquals(describe(readImage(bytes)), first);
    assertEquals(writeElf(describe(readImage(bytes))), bytes);
  }));
});

Deno.test("any bytes are an image or an ElfError", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readAll(bytes)));
  const header = writeElf({ sections: [{ name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } }] }).slice(0, 52);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => void readAll(Uint8Array.of(...header, ...tail))));
});

Deno.test("a damaged file is an image or an ElfError; if it can be described, the description survives writing", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0xff, 0x80), fc.nat({ max: 255 }))), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(description, damage, fc.nat({ max: 3 }), (given, changes, cut) => {
      const bytes = writeElf(given);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const read = readAll(bytes.subarray(0, bytes.length - cut));
      if (!(read instanceof ElfError)) assertEquals(describe(readImage(writeElf(read))), read);
    }),
    { numRuns: 500 },
  );
});

Deno.test("the writer derives what a description leaves out", () => {
  const image = readImage(writeElf({
    sections: [
      { name: ".text", type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR, align: 64, content: { data: new Uint8Array(8) } },
      {
        name: ".rel.text",
        type: SHT.REL,
        info: ".text",
        content: { relocations: [{ offset: 4, type: 28, symbol: "callee" }] },
      },
      {
        name: ".symtab",
        type: SHT.SYMTAB,
        content: { symbols: [{ name: "", section: ".text", type: 3 }, { name: "callee", bind: STB.GLOBAL }] },
      },
      { name: ".strtab", type: SHT.STRTAB, content: { strings: true } },
      { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
    ],
  }));
  const [, text, rel, symtab] = image.sections;
  assertEquals(text.header.sh_offset % 64, 0);
  assertEquals([rel.header.sh_link, rel.header.sh_info, rel.header.sh_entsize], [3, 1, 8]);
  assertEquals([symtab.header.sh_link, symtab.header.sh_info, symtab.header.sh_entsize], [4, 2, 16]);
  assertEquals(image.relocations(rel), [{ offset: 4, type: 28, symbol: 2 }]);
  assertEquals(image.symbols.map((symbol) => symbol.name), ["", "", "callee"]);
  assertEquals(image.symbols[1].record.st_shndx, 1);
});

Deno.test("an ElfError says what is wrong and where", () => {
  const good = () => writeElf({ sections: [{ name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } }] });
  const shoff = readImage(good()).header.e_shoff;
  const patched = (at: number, value: number) => {
    const bytes = good();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  const faults: [Uint8Array, string][] = [
    [good().slice(0, 40), "The file ends within the ELF header: 40 bytes of 52 (file offset 0x00000000)"],
    [patched(4, 0x00010102), "Not a 32-bit ELF file: EI_CLASS 2 (file offset 0x00000004)"],
    [patched(4, 0x00010201), "Not a little-endian ELF file: EI_DATA 2 (file offset 0x00000005)"],
    [patched(fieldOffset(EHDR, "e_shoff"), 0xffffffff), "2 section headers at 0xffffffff end behind the file's"],
    [patched(fieldOffset(EHDR, "e_shentsize"), 2 << 16 | 41), "Section headers of 41 bytes, not 40 (file offset 0x0000002e)"],
    [
      patched(shoff + SHDR.size + fieldOffset(SHDR, "sh_size"), 0xffffffff),
      "Section 1 (4294967295 bytes at 0x00000034) ends behind",
    ],
    [
      patched(shoff + SHDR.size, 12),
      "The name of section 1 lies outside its string table (offset 12) (file offset 0x00000034)",
    ],
  ];
  for (const [bytes, message] of faults) assertThrows(() => readImage(bytes), ElfError, message);
});

Deno.test("a record that is written in part keeps its other bytes", () => {
  const bytes = new Uint8Array(SHDR.size).fill(0xaa);
  writeRecord(new DataView(bytes.buffer), 0, SHDR, { sh_size: 0 });
  assertEquals([...bytes.slice(16, 28)], [0xaa, 0xaa, 0xaa, 0xaa, 0, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa]);
});
