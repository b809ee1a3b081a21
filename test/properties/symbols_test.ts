// SPDX-License-Identifier: GPL-2.0-only
/** Modules with any symbols, one after the other into one kernel, against the oracle of symbols_oracle.ts. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHF, SHN, SHT, STB } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import { describe, type SymbolDescription, writeElf } from "../../src/elf/writer.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { KernelModule } from "../../src/kernel/module.ts";
import { modversion } from "../../src/suite/build/edits_module.ts";
import { bootedKernel, insmod, minimalModule, PROFILE } from "./arbitraries.ts";
import { type Export, Oracle, type Subject, type Symbol, type Verdict } from "./symbols_oracle.ts";

/** The first kernel export of each kind. */
function kernelExport(fits: (symbol: Export) => boolean): Export {
  for (const name of PROFILE.exports.names()) {
    const { gplOnly, namespace, crc } = PROFILE.exports.find(name)!;
    const symbol = { name, gpl: gplOnly, namespace, crc: crc! };
    if (name !== "module_layout" && fits(symbol)) return symbol;
  }
  throw new Error("The kernel has no such export");
}

const OF_KERNEL = [
  kernelExport(({ gpl, namespace }) => !gpl && namespace === ""),
  kernelExport(({ gpl, namespace }) => gpl && namespace === ""),
  kernelExport(({ namespace }) => namespace !== ""),
];
const LAYOUT_CRC = PROFILE.exports.find("module_layout")!.crc!;
const NAMESPACES = [OF_KERNEL[2].namespace, "OWN_NS"];
const NAMES = [...OF_KERNEL.map(({ name }) => name), "alpha", "beta", "gamma", "delta", "nobody", "__gnu_lto_v1"];
const MODULES = ["first", "second", "third", "fourth"];
/** What each of them exports when it behaves. */
const OWN = ["alpha", "beta", "gamma", "delta"];
/** CRCs of the modules' own exports follow from their names; now and then a module expects another one. */
const crcOf = (name: string) => OF_KERNEL.find((each) => each.name === name)?.crc ?? name.length * 0x01010101;

const symbol: fc.Arbitrary<Symbol> = fc.record({
  name: fc.constantFrom(...NAMES),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant("undefined" as const) },
    { weight: 3, arbitrary: fc.constantFrom("defined" as const, "absolute" as const, "livepatch" as const) },
    { weight: 1, arbitrary: fc.constantFrom("common" as const, "beyond" as const) },
  ),
  weak: fc.boolean(),
  value: fc.oneof(fc.constantFrom(0xff00, 0xfeff, 0xffff, 0xfff0), fc.integer({ min: 0x100, max: 0xfe00 })),
});
const usual = fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const exported: fc.Arbitrary<Export> = fc.record({
  name: fc.constantFrom(...OWN, OF_KERNEL[0].name),
  gpl: fc.boolean(),
  namespace: fc.constantFrom("", "", ...NAMESPACES),
}).map((each) => ({ ...each, crc: crcOf(each.name) }));

/** Versions for all names, some of them wrong, twice or left out; or none at all. */
const versions = fc.option(
  fc.tuple(
    usual,
    fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.boolean()), { maxLength: 2 }),
    fc.subarray(NAMES, { minLength: 6 }),
  )
    .map(([layout, odd, known]) => [
      { name: "module_layout", crc: layout || odd.length > 0 ? LAYOUT_CRC : 1 },
      ...odd.map(([name, right]) => ({ name, crc: right ? crcOf(name) : 0xbad })),
      ...known.map((name) => ({ name, crc: crcOf(name) })),
    ]),
  { nil: undefined, freq: 5 },
);

const subject = (name: string): fc.Arbitrary<Subject> =>
  fc.record({
    name: fc.constant(name),
    license: fc.constantFrom("GPL", "GPL", "Proprietary", "Dual BSD/GPL", "gpl"),
    namespaces: fc.subarray(NAMESPACES),
    versions,
    symbols: fc.array(symbol, { maxLength: 6 }),
    exports: fc.uniqueArray(exported, { maxLength: 3, selector: ({ name, gpl }) => `${name} ${gpl}` }),
    crcs: usual,
  });

/** A module that loads for certain: it exports one name, and may use the others'. */
const friendly = (name: string): fc.Arbitrary<Subject> =>
  fc.record({
    name: fc.constant(name),
    license: fc.constant("GPL"),
    namespaces: fc.constant(NAMESPACES),
    versions: fc.constant([{ name: "module_layout", crc: LAYOUT_CRC }, ...NAMES.map((name) => ({ name, crc: crcOf(name) }))]),
    symbols: fc.array(symbol.map((each): Symbol => ({ ...each, kind: "undefined", weak: true })), {
      minLength: 2,
      maxLength: 6,
    }),
    exports: exported.map((each) => {
      const own = OWN[MODULES.indexOf(name)];
      return [{ ...each, name: own, crc: crcOf(own) }];
    }),
    crcs: fc.constant(true),
  });

/** The file of a subject. */
function fileOf({ name, license, namespaces, versions, symbols, exports, crcs }: Subject): Uint8Array {
  const bytes = minimalModule({
    name,
    license,
    modinfo: namespaces.map((each) => `import_ns=${each}`),
    export: exports.map(({ crc, ...each }) => crcs ? { ...each, crc } : each),
    without: [...(crcs ? [] : ["__kcrctab", "__kcrctab_gpl"]), ...(versions === undefined ? ["__versions"] : [])],
  });
  const description = describe(readImage(bytes));
  for (const section of description.sections) {
    if (section.name === "__versions") {
      section.content = { data: new Uint8Array(versions!.flatMap(({ name, crc }) => [...modversion(name, crc)])) };
    }
    if ("symbols" in section.content) section.content.symbols.push(...symbols.map(elfSymbol));
  }
  return writeElf(description);
}

function elfSymbol({ name, kind, weak, value }: Symbol): SymbolDescription {
  const section = {
    undefined: SHN.UNDEF,
    defined: ".text",
    absolute: SHN.ABS,
    common: SHN.COMMON,
    livepatch: SHN.LIVEPATCH,
    beyond: value,
  }[kind];
  return { name, section, bind: weak ? STB.WEAK : STB.GLOBAL, value: kind === "undefined" ? 0 : value };
}

/** st_value of the subject's symbols, as the module has them before its init. */
function symbolValues(kernel: Kernel, mod: KernelModule, count: number): number[] {
  const { address, size } = mod.sections.find(({ name }) => name === ".symtab")!;
  return Array.from({ length: count }, (_, i) => kernel.space.read32(address + size - 16 * (count - i) + 4));
}

/** What those values are to be. */
function wantedValues(kernel: Kernel, mod: KernelModule, { symbols }: Subject, { owners }: Verdict): number[] {
  const rest = [...owners];
  const text = (of: KernelModule) => of.sections.find(({ name }) => name === ".text")!.address;
  return symbols.map(({ kind, name, value }) => {
    if (kind === "defined") return text(mod) + value;
    if (kind !== "undefined") return value;
    const owner = rest.shift();
    if (owner === undefined) return 0;
    return owner === "kernel" ? PROFILE.exports.find(name)!.value : text(kernel.findModule(owner, false)!);
  });
}

/** Every module's users and uses, newest first, with its count of references. */
function references(kernel: Kernel): unknown[] {
  return kernel.modules.map(({ name, users, uses, refcnt }) => ({
    name,
    users: users.map((each) => each.name),
    uses: uses.map((each) => each.name),
    refcnt,
  }));
}

Deno.test("any symbols of up to four modules come to the oracle's return codes, log lines, values and references", () => {
  const outcomes = new Map<number, number>();
  const lines = new Set<string>();
  let mostUsers = 0;
  fc.assert(
    fc.property(
      fc.tuple(...MODULES.map((name) => fc.oneof(subject(name), friendly(name)))),
      fc.integer({ min: 1, max: MODULES.length }),
      (subjects, count) => {
        const kernel = bootedKernel();
        const oracle = new Oracle(OF_KERNEL, LAYOUT_CRC);
        for (const subject of subjects.slice(0, count)) {
          const bytes = fileOf(subject);
          const verdict = oracle.load(subject, readImage(bytes).sections.length);
          const beforeInit = (mod: KernelModule) => {
            assertEquals(symbolValues(kernel, mod, subject.symbols.length), wantedValues(kernel, mod, subject, verdict));
          };
          const rc = insmod(kernel, bytes, { observer: { beforeInit } });
          const log = kernel.log.take().map(({ text }) => text);
          assertEquals({ rc, log }, { rc: verdict.rc, log: [...verdict.log] });
          const wanted = oracle.modules.map(({ subject: { name }, users, uses }) => ({
            name,
            users,
            uses,
            refcnt: 1 + users.length,
          }));
          assertEquals(references(kernel), wanted);
          mostUsers = Math.max(mostUsers, ...oracle.modules.map(({ users }) => users.length));
          outcomes.set(verdict.rc, (outcomes.get(verdict.rc) ?? 0) + 1);
          for (const line of log) lines.add(line.replace(/^\w+: /, "").split(/ (?:symbols? |\()/)[0]);
        }
      },
    ),
    { numRuns: 600 },
  );
  assert(mostUsers >= 2, "no module had two users");
  for (const rc of [0, -2, -8, -22]) assert(outcomes.has(rc), `no load ended with ${rc}`);
  for (const line of ["exports duplicate", "module uses", "Unknown", "no", "disagrees about version of"]) {
    assert(lines.has(line), `no line began with "${line}": ${[...lines].join(", ")}`);
  }
});

Deno.test("the return code is that of the last symbol that cannot be had, and all of them have their lines", () => {
  const bad = fc.constantFrom<Symbol["kind"]>("undefined", "common", "beyond");
  fc.assert(
    fc.property(fc.array(bad, { minLength: 1, maxLength: 8 }), (kinds) => {
      const symbols = kinds.map((kind, i): Symbol => ({ name: `missing${i}`, kind, weak: false, value: 0xfe00 }));
      const kernel = bootedKernel();
      const bytes = fileOf({
        name: "subject",
        license: "GPL",
        namespaces: [],
        versions: [{ name: "module_layout", crc: LAYOUT_CRC }],
        symbols,
        exports: [],
        crcs: true,
      });
      assertEquals(insmod(kernel, bytes), kinds[kinds.length - 1] === "undefined" ? -2 : -8);
      const lines = kernel.log.take().map(({ text }) => text).slice(2);
      assertEquals(lines.length, kinds.length);
      for (const [i, line] of lines.entries()) {
        assert(line.includes(kinds[i] === "common" ? "-fno-common" : `missing${i}`), line);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("a symbol of any section's goes to that section, of .data..percpu to the per-CPU memory", () => {
  fc.assert(
    fc.property(fc.nat(0x7fff), fc.integer({ min: 1, max: 64 }), fc.constantFrom(4, 8, 64, 4096), (value, size, alignment) => {
      const kernel = bootedKernel();
      const bytes = minimalModule({
        section: [{
          name: ".data..percpu",
          sh_flags: SHF.ALLOC | SHF.WRITE,
          sh_type: SHT.PROGBITS,
          sh_addralign: alignment,
          size,
        }],
        symbol: [{ name: "counter", section: ".data..percpu", value }, { name: "table", section: ".rodata", value }],
      });
      let looked = false;
      const beforeInit = (mod: KernelModule) => {
        const names = readImage(bytes).symbols.map(({ name }) => name);
        const { address } = mod.sections.find(({ name }) => name === ".symtab")!;
        const valueOf = (name: string) => kernel.space.read32(address + 16 * names.indexOf(name) + 4);
        assertEquals(valueOf("counter"), mod.percpu + value);
        assertEquals(valueOf("table"), mod.sections.find(({ name }) => name === ".rodata")!.address + value);
        const { start, end } = PROFILE.machine.percpuReserved;
        assert(mod.percpu >= start && mod.percpu + size <= end && mod.percpu % alignment === 0);
        looked = true;
      };
      const rc = insmod(kernel, bytes, { observer: { beforeInit } });
      assert(looked, String(rc));
    }),
    { numRuns: 40 },
  );
});
