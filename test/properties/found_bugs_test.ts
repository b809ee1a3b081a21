// SPDX-License-Identifier: GPL-2.0-only
/** What the properties have found, each in its smallest form. */

import { assert, assertMatch } from "@std/assert";
import { SHF, SHT } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { SHDR, type Shdr, SYM, writeRecord } from "../../src/elf/records.ts";
import { bootedKernel, footprint, insmod, minimalModule } from "./arbitraries.ts";

const AX = SHF.ALLOC | SHF.EXECINSTR;

/** A section without bytes, of any size, in front of the PLT. */
function withExitText(size: number): Uint8Array {
  return minimalModule({
    exit: false,
    symbol: [{ name: "far", section: "SHN_ABS", value: 0x10000000 }],
    section: [{ name: ".exit.text", sh_type: SHT.NOBITS, sh_flags: AX, size }, { name: ".text", words: [0xebfffffe] }],
    relocation: [{ section: ".text", offset: 0, symbol: "far", type: "R_ARM_CALL" }],
  });
}

/** Fields of section headers changed, by the sections' names. */
function withHeaders(bytes: Uint8Array, changes: Readonly<Record<string, Partial<Shdr>>>): Uint8Array {
  const { header, sections } = readImage(bytes);
  const view = new DataView(bytes.buffer);
  for (const [name, fields] of Object.entries(changes)) {
    const section = sections.find((each) => each.name === name);
    assert(section !== undefined, name);
    writeRecord(view, header.e_shoff + section.index * SHDR.size, SHDR, fields);
  }
  return bytes;
}

interface Found {
  /** The files, one loaded after the other; the answer to the last one counts. */
  files(): Uint8Array[];
  readonly params?: string;
  /** What the kernel does. */
  readonly wanted: RegExp;
}

const FOUND: Readonly<Record<string, Found>> = {
  "an empty section is alone in its memory": {
    files: () => [minimalModule({ section: [{ name: ".init.rodata" }] })],
    wanted: /^0$/,
  },
  "the symbols' tables run out of memory whose size wrapped around": {
    files: () => [minimalModule({ section: [{ name: ".bss", sh_type: SHT.NOBITS, size: 0xfffffca0 }] })],
    wanted: /^KernelFault: Unable to handle kernel paging request .* when write/,
  },
  "the PLT runs out of memory": {
    files: () => [withExitText(0x10003000)],
    wanted: /^KernelFault: Unable to handle kernel paging request .* when write/,
  },
  "symbol 0 names a section that there is not": {
    files: () => {
      const bytes = minimalModule();
      writeRecord(new DataView(bytes.buffer), readImage(bytes).section(".symtab")!.header.sh_offset, SYM, { st_shndx: 0x1000 });
      return [bytes];
    },
    wanted: /^KernelFault: Unable to handle kernel paging request .* when read/,
  },
  "a section's offset runs into its memory type": {
    files: () => [withExitText(0xffffffb8)],
    wanted: /^NotModelled(?!.*leaves a trace)/,
  },
  "a section's offset runs into its memory type, and there is no memory": {
    files: () => [
      minimalModule({
        section: [{ name: ".init.bss", sh_type: SHT.NOBITS, sh_flags: SHF.WRITE | SHF.ALLOC, size: 0x20000000 }],
      }),
    ],
    wanted: /^-12$/,
  },
  "what is not modelled is met again while the load is undone": {
    files: () => [minimalModule({ imports: ["_printk"], param: [{ name: "odd", ops: "_printk" }] })],
    params: "odd=1",
    wanted: /^NotModelled(?!.*leaves a trace)/,
  },
  "the name of a section without bytes lies outside of the file": {
    files: () => [withHeaders(minimalModule(), { ".bss": { sh_name: 0x1000000 } })],
    wanted: /^KernelFault: Unable to handle kernel paging request .* when read/,
  },
  "an empty section without a type starts outside of the file": {
    files:
      () => [withHeaders(minimalModule({ section: [{ name: ".x" }] }), { ".x": { sh_type: SHT.NULL, sh_offset: 0x1000000 } })],
    wanted: /^0$/,
  },
  "relocations of section 0 are counted": {
    files: () => {
      const bytes = minimalModule({
        relocation: [{ section: ".text", offset: 4, symbol: "init_module", type: "R_ARM_CALL" }],
      });
      return [withHeaders(bytes, { "": { sh_flags: SHF.EXECINSTR }, ".rel.text": { sh_info: 0 } })];
    },
    wanted: /^KernelFault: Unhandled fault: page domain fault \(0x01b\) at 0x00000004/,
  },
  "a load that is not modelled leaves its module behind": {
    files: () => [
      minimalModule({
        section: [{ name: "__mcount_loc", sh_flags: SHF.ALLOC | SHF.WRITE, words: [0xc0008000] }],
      }),
      minimalModule(),
    ],
    wanted: /^0$/,
  },
};

for (const [name, { files, params, wanted }] of Object.entries(FOUND)) {
  Deno.test(`found: ${name}`, () => {
    const kernel = bootedKernel();
    let answer = "";
    for (const file of files()) {
      const before = footprint(kernel);
      const ending = insmod(kernel, file, {}, params);
      answer = typeof ending === "number" ? String(ending) : `${ending.name}: ${ending.message}`;
      if (ending !== 0 && footprint(kernel) !== before) answer += ", and leaves a trace";
    }
    assertMatch(answer, wanted);
  });
}
