// SPDX-License-Identifier: GPL-2.0-only
/** Where sections land: laws that hold for any sections, and the place of each by the kernel's rules, region by region. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHF, SHT } from "../../src/elf/constants.ts";
import { type ElfImage, readImage } from "../../src/elf/image.ts";
import { hex32 } from "../../src/elf/word.ts";
import { ENOEXEC } from "../../src/kernel/errno.ts";
import {
  type KernelModule,
  MOD_DATA,
  MOD_INIT_DATA,
  MOD_INIT_RODATA,
  MOD_INIT_TEXT,
  MOD_MEM_NAMES,
  MOD_MEM_NUM_TYPES,
  MOD_RO_AFTER_INIT,
  MOD_RODATA,
  MOD_TEXT,
  type PlacedSection,
} from "../../src/kernel/module.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { bootedKernel, insmod, minimalModule, PROFILE, rmmod, variant } from "./arbitraries.ts";

const PAGE = 4096;
const ROUND = (size: number) => Math.ceil(size / PAGE) * PAGE;

/** One section of the recipe's table `[[module.section]]`. */
interface Wanted {
  readonly name: string;
  readonly sh_type: number;
  readonly sh_flags: number;
  readonly sh_addralign: number;
  readonly size: number;
}

/** Whether a section is empty in a type that has no memory. */
const isNowhere = ({ type }: PlacedSection) => type === MOD_MEM_NUM_TYPES;

const NAMES = [".text.hot", ".data.own", ".rodata.own", ".noinstr.own", ".bss.own", ".note.own", ".data..ro_after_init"].concat(
  [".init.own", ".init.data", ".init.rodata", ".initcall6.init", ".initrd", ".ARM.extab.init.own", ".ARM.exidx.init.own"],
  [".exit.own", ".exit.data", ".ARM.extab.exit.own", ".ARM.exidx.exit.own", ".ARM.extab.own", "init.text", ".INIT"],
);

const A = SHF.ALLOC;
const section = (name: string): fc.Arbitrary<Wanted> =>
  fc.record({
    name: fc.constant(name),
    sh_type: fc.constantFrom(SHT.PROGBITS, SHT.NOBITS, SHT.NOTE, 0x70000003),
    sh_flags: fc.constantFrom(A, A | SHF.WRITE, A | SHF.EXECINSTR, A | SHF.MERGE, A | SHF.WRITE | SHF.GROUP, 0, SHF.WRITE),
    sh_addralign: fc.constantFrom(0, ...Array.from({ length: 14 }, (_, i) => 2 ** i)),
    size: fc.oneof(fc.constantFrom(0, 1, 4, PAGE - 1, PAGE, PAGE + 1, 0x10000), fc.nat(300), fc.nat(0x10000)),
  });
const sections = fc.subarray(NAMES).chain((names) => fc.tuple(...names.map(section)));

/** The module's file, every byte of its own sections different from zero. */
function moduleWith(wanted: readonly Wanted[], name = "subject"): Uint8Array {
  return minimalModule({
    name,
    section: wanted.map(({ size, ...fields }) => ({
      ...fields,
      ...(fields.sh_type === SHT.NOBITS ? { size } : { ascii: "x".repeat(size) }),
    })),
  });
}

/** The memory type of a section of the file, or undefined for one that is not kept. */
function typeOf({ name, header }: ElfImage["sections"][number], profile: KernelProfile): number | undefined {
  const starts = (prefixes: string[]) => prefixes.some((prefix) => name.startsWith(prefix));
  const isExit = starts([".exit", ".ARM.extab.exit", ".ARM.exidx.exit"]) && !profile.config.has("MODULE_UNLOAD");
  const isInit = starts([".init", ".ARM.extab.init", ".ARM.exidx.init"]) || isExit;
  if (name === ".plt") return MOD_TEXT;
  if (name === ".init.plt") return MOD_INIT_TEXT;
  if (name === ".symtab" || name === ".strtab") return MOD_INIT_DATA;
  if (name === ".modinfo" || name === "__versions" || !(header.sh_flags & SHF.ALLOC)) return undefined;
  if (header.sh_flags & SHF.EXECINSTR) return isInit ? MOD_INIT_TEXT : MOD_TEXT;
  if (!(header.sh_flags & SHF.WRITE)) return isInit ? MOD_INIT_RODATA : MOD_RODATA;
  if (name === ".data..ro_after_init") return MOD_RO_AFTER_INIT;
  return isInit ? MOD_INIT_DATA : MOD_DATA;
}

type Law = (file: ElfImage, mod: KernelModule, profile: KernelProfile) => void;

/** The sections of the module with their headers in the file. */
function placedOf(file: ElfImage, mod: KernelModule): { placed: PlacedSection; source: ElfImage["sections"][number] }[] {
  return mod.sections.map((placed) => ({ placed, source: file.section(placed.name)! }));
}

const LAWS: Readonly<Record<string, Law>> = {
  "every section that is kept has its memory type, and no other is kept": (file, mod, profile) => {
    const wanted = file.sections.slice(1).flatMap((each) => {
      const type = typeOf(each, profile);
      if (type === undefined) return [];
      return [`${each.name} ${mod.mem[type].area === undefined ? "nowhere" : MOD_MEM_NAMES[type]}`];
    });
    const found = mod.sections.map((each) => `${each.name} ${isNowhere(each) ? "nowhere" : MOD_MEM_NAMES[each.type]}`);
    assertEquals(found, wanted);
    for (const each of mod.sections.filter(isNowhere)) assertEquals(each.size, 0, each.name);
  },

  "within its memory, each section follows the ones before it in the file, at the first offset of its alignment": (
    ...given
  ) => {
    const [file, mod, profile] = given;
    const ends = mod.mem.map(() => 0);
    // The symbol tables are behind all other init data.
    const isTable = ({ placed }: { placed: PlacedSection }) => placed.name === ".symtab" || placed.name === ".strtab";
    const all = placedOf(file, mod);
    for (const { placed, source } of [...all.filter((each) => !isTable(each)), ...all.filter(isTable)]) {
      const type = typeOf(source, profile)!;
      const alignment = placed.name.endsWith("plt") ? 64 : source.header.sh_addralign || 1;
      const offset = Math.ceil(ends[type] / alignment) * alignment;
      assertEquals(hex32(placed.address), hex32((mod.mem[type].area?.base ?? 0) + offset), placed.name);
      ends[type] = offset + placed.size;
    }
  },

  "an address is a multiple of the alignment, up to that of a page": (file, mod) => {
    for (const { placed, source } of placedOf(file, mod)) {
      assertEquals(placed.address % Math.min(source.header.sh_addralign || 1, PAGE), 0, placed.name);
    }
  },

  "no two sections overlap, and each lies within its memory": (_, mod) => {
    const filled = mod.sections.filter(({ size }) => size > 0).sort((a, b) => a.address - b.address);
    for (const [i, { name, address, size, type }] of filled.entries()) {
      const { area, size: whole } = mod.mem[type] ?? {};
      assert(area !== undefined && address >= area.base && address + size <= area.base + whole!, name);
      if (i > 0) assert(filled[i - 1].address + filled[i - 1].size <= address, `${filled[i - 1].name} overlaps ${name}`);
    }
  },

  "memory is whole pages, as many as its sections need; only the symbols' memory may be larger": (_, mod) => {
    for (const [type, { area, size }] of mod.mem.entries()) {
      const ends = mod.sections.filter((each) => each.type === type).map((each) =>
        each.address + each.size - (area?.base ?? 0)
      );
      const needed = ROUND(Math.max(0, ...ends));
      assertEquals(size, area?.bytes.length ?? 0);
      assert(type === MOD_DATA || type === MOD_INIT_DATA ? size >= needed : size === needed, MOD_MEM_NAMES[type]);
    }
  },

  "in an empty kernel the memories stand one behind the other, a guard page between, in the order of their types": (
    ...given
  ) => {
    const [, mod, profile] = given;
    let next = profile.modules.start;
    for (const [type, { area, size }] of mod.mem.entries()) {
      if (size === 0) continue;
      assertEquals(hex32(area?.base ?? 0), hex32(next), MOD_MEM_NAMES[type]);
      next += size + PAGE;
    }
  },

  "what the file has of a section is there, of NOBITS zeros, and zeros between sections": (file, mod) => {
    for (const { area } of mod.mem) {
      if (area === undefined) continue;
      const wanted = new Uint8Array(area.bytes.length);
      for (const { placed, source } of placedOf(file, mod)) {
        const isPlt = placed.name === ".plt" || placed.name === ".init.plt";
        if (placed.size > 0 && area === mod.mem[placed.type]?.area && !isPlt) {
          wanted.set(source.data, placed.address - area.base);
        }
      }
      // The fields of struct module that the loader has filled in by now.
      const own = mod.address - area.base;
      const has = own >= 0 && own < area.bytes.length;
      const bytes = (all: Uint8Array) => has ? [all.subarray(0, own), all.subarray(own + mod.layout.size)] : [all];
      for (const [i, part] of bytes(area.bytes).entries()) assertEquals(indexOfDifference(part, bytes(wanted)[i]), -1);
    }
  },
};

function indexOfDifference(a: Uint8Array, b: Uint8Array): number {
  return a.findIndex((byte, i) => byte !== b[i]);
}

for (const [law, holds] of Object.entries(LAWS)) {
  Deno.test(`layout: ${law}`, () => {
    fc.assert(
      fc.property(sections, fc.constantFrom(PROFILE, variant({ off: ["MODULE_UNLOAD"] })), (wanted, profile) => {
        const bytes = moduleWith(wanted);
        const kernel = bootedKernel(profile);
        let looked = false;
        const placed = (mod: KernelModule) => (holds(readImage(bytes), mod, profile), looked = true);
        const ending = insmod(kernel, bytes, { observer: { placed } });
        assertEquals(String(ending), "0");
        assert(looked);
      }),
      { numRuns: 60 },
    );
  });
}

Deno.test("layout: what is free after init is what a second module gets first", () => {
  fc.assert(
    fc.property(sections, sections, (first, second) => {
      const kernel = bootedKernel();
      const bases: (number | undefined)[][] = [];
      const observer = { placed: (mod: KernelModule) => bases.push(mod.mem.map(({ area }) => area?.base)) };
      for (const [name, wanted] of [["first", first], ["second", second], ["second", second]] as const) {
        assertEquals(String(insmod(kernel, moduleWith(wanted, name), { observer })), "0");
        if (name === "second") assertEquals(rmmod(kernel, "second"), 0);
      }
      const live = kernel.modules[0].mem.flatMap(({ area }) => area === undefined ? [] : [area]);
      for (const base of bases[1]) for (const area of live) assert(base === undefined || base !== area.base);
      assertEquals(bases[2], bases[1], "the second module lands where it was before");
    }),
    { numRuns: 30 },
  );
});

Deno.test("layout: a section that is both writable and executable refuses the module, wherever it stands", () => {
  fc.assert(
    fc.property(sections, fc.nat(1000), fc.boolean(), (wanted, which, allocated) => {
      if (wanted.length === 0) return;
      const at = which % wanted.length;
      const flags = SHF.WRITE | SHF.EXECINSTR | (allocated ? SHF.ALLOC : 0);
      const kernel = bootedKernel();
      const bytes = moduleWith(wanted.map((each, i) => i === at ? { ...each, sh_flags: flags } : each));
      assertEquals(insmod(kernel, bytes), -ENOEXEC);
      const index = readImage(bytes).section(wanted[at].name)!.index;
      const line = `subject: section ${wanted[at].name} (index ${index}) has invalid WRITE|EXEC flags`;
      assertEquals(kernel.log.take(), [{ level: 3, text: line }]);
    }),
    { numRuns: 40 },
  );
});
