// SPDX-License-Identifier: GPL-2.0-only
/** What apply_relocate() checks before it looks at a place: the symbol's index, the offset, the type, in this order. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RELOCATIONS, relocationsOf } from "../../src/arch_arm/relocations.ts";
import { R_ARM, SHF } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { REL, SYM, writeRecord } from "../../src/elf/records.ts";
import { s32, u32 } from "../../src/elf/word.ts";
import { ENOEXEC } from "../../src/kernel/errno.ts";
import type { KernelModule } from "../../src/kernel/module.ts";
import { bootedKernel, insmod, minimalModule, PROFILE } from "./arbitraries.ts";

const VALUE = 0x12345678;

/** A module with one relocation of a section `.own` of so many bytes; its number of symbols, and where the relocation is in the file. */
function subject(size: number) {
  const bytes = minimalModule({
    symbol: [{ name: "target", section: "SHN_ABS", value: VALUE }],
    section: [{ name: ".own", sh_flags: SHF.ALLOC | SHF.WRITE, zeros: size }],
    relocation: [{ section: ".own", offset: 0, symbol: "target", type: R_ARM.ABS32 }],
  });
  const image = readImage(bytes);
  const section = image.section(".rel.own")!;
  const relocate = (r_offset: number, symbol: number, type: number) =>
    writeRecord(new DataView(bytes.buffer), section.header.sh_offset, REL, { r_offset, r_info: u32(symbol << 8 | type) });
  const count = image.section(".symtab")!.data.length / SYM.size;
  return { bytes, count, index: section.index, target: image.symbols.findIndex(({ name }) => name === "target"), relocate };
}

const offsets = (size: number) =>
  fc.oneof(fc.integer({ min: -6, max: 6 }).map((delta) => u32(size + delta)), fc.nat(0xffffffff), fc.nat(size));

Deno.test("an offset is taken up to four bytes before the section's end, at any alignment, and refused from there on", () => {
  let taken = 0;
  const sized = fc.integer({ min: 4, max: 40 }).chain((size) => fc.tuple(fc.constant(size), offsets(size)));
  fc.assert(
    fc.property(sized, ([size, offset]) => {
      const { bytes, index, target, relocate } = subject(size);
      relocate(offset, target, R_ARM.ABS32);
      const kernel = bootedKernel();
      let word: number | undefined;
      const beforeInit = ({ sections }: KernelModule) => {
        word = kernel.space.read32(sections.find(({ name }) => name === ".own")!.address + offset);
      };
      const rc = insmod(kernel, bytes, { observer: { beforeInit } });
      if (offset <= size - 4) {
        taken++;
        return assertEquals([rc, word], [0, VALUE]);
      }
      const where = `subject: section ${index} reloc 0 sym 'target'`;
      assertEquals(rc, -ENOEXEC);
      assertEquals(kernel.log.take().at(-1), {
        level: 3,
        text: `${where}: out of bounds relocation, offset ${s32(offset)} size ${size}`,
      });
    }),
    { numRuns: 150 },
  );
  assert(taken > 0);
});

Deno.test("a symbol's index is taken up to the number of symbols, one too many, and refused above it", () => {
  const index = fc.oneof(fc.integer({ min: -2, max: 3 }).map((delta) => ({ delta })), fc.nat(0xffffff).map((at) => ({ at })));
  fc.assert(
    fc.property(index, offsets(8), (which, offset) => {
      const { bytes, count, index, relocate } = subject(8);
      const symbol = "at" in which ? which.at : count + which.delta;
      // Behind the last symbol anything may stand; R_ARM_NONE does nothing with it.
      relocate(symbol > count ? offset : 0, symbol, symbol > count ? R_ARM.ABS32 : R_ARM.NONE);
      const kernel = bootedKernel();
      const rc = insmod(kernel, bytes);
      assertEquals(rc, symbol > count ? -ENOEXEC : 0, `symbol ${symbol} of ${count}`);
      const text = `subject: section ${index} reloc 0: bad relocation sym offset`;
      if (rc !== 0) assertEquals(kernel.log.take().at(-1), { level: 3, text });
    }),
    { numRuns: 100, examples: [[{ delta: 0 }, 0], [{ delta: 1 }, 0]] },
  );
});

Deno.test("a type that the configuration does not have is refused by its number, and every other is known", () => {
  const rows = relocationsOf(PROFILE.config);
  for (let type = 0; type < 256; type++) {
    const { bytes, target, relocate } = subject(8);
    relocate(0, target, type);
    const kernel = bootedKernel();
    const rc = insmod(kernel, bytes);
    const isUnknown = kernel.log.take().some(({ text }) => text === `subject: unknown relocation: ${type}`);
    assertEquals(isUnknown, rows[type] === undefined, String(type));
    assertEquals(isUnknown, !RELOCATIONS.some((row) => row.type === type && row.config !== "THUMB2_KERNEL"), String(type));
    if (isUnknown) assertEquals(rc, -ENOEXEC);
  }
});
