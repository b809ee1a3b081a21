// SPDX-License-Identifier: GPL-2.0-only
/** Nothing leaks: not from modules that come and go, and not from loads that fail, whichever step it is that fails. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHF, SHT } from "../../src/elf/constants.ts";
import { EAGAIN, EEXIST, EINVAL, ENOENT, ENOEXEC, ENOMEM } from "../../src/kernel/errno.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import type { KernelModule } from "../../src/kernel/module.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { bootedKernel, footprint, insmod, minimalModule, PROFILE, rmmod, variant } from "./arbitraries.ts";

/** A load that fails, and where. */
interface Failure {
  readonly rc: number;
  /** Keys of `[module]`, or the bytes. */
  readonly module: Readonly<Record<string, unknown>> | Uint8Array;
  readonly profile?: KernelProfile;
  readonly params?: string;
  readonly init?: number;
}

const WA = SHF.WRITE | SHF.ALLOC;
const HUGE = 0x2000_0000;
/** A module that holds something of everything by the time that it fails: per-CPU memory, references, exports, a copied parameter. */
const RICH = {
  imports: [{ name: "helper", crc: 7 }, "param_ops_charp"],
  section: [{ name: ".data..percpu", sh_flags: WA, sh_addralign: 8, size: 24 }],
  param: [{ name: "text", type: "charp" }, { name: "number", type: "int" }],
  export: [{ name: "own", crc: 8 }],
};
const huge = (name: string, sh_flags: number) => ({ section: [{ name, sh_type: SHT.NOBITS, sh_flags, size: HUGE }] });
const withSections = (...section: Record<string, unknown>[]) => ({ ...RICH, section: [...RICH.section, ...section] });

const FAILURES: Readonly<Record<string, Failure>> = {
  "no ELF file": { rc: -ENOEXEC, module: new Uint8Array(5000) },
  "another version of struct module": { rc: -ENOEXEC, module: { ...RICH, module_layout: 1 } },
  "another kernel's vermagic": { rc: -ENOEXEC, module: { ...RICH, vermagic: "6.1.0 " } },
  "a module of that name": { rc: -EEXIST, module: { ...RICH, name: "helper" } },
  "no PLT section": { rc: -ENOEXEC, module: { ...RICH, without: [".plt"] } },
  "a section that is writable and executable": {
    rc: -ENOEXEC,
    module: withSections({ name: ".x", sh_flags: WA | SHF.EXECINSTR, size: 4 }),
  },
  "no memory for text": { rc: -ENOMEM, module: huge(".text.huge", SHF.ALLOC | SHF.EXECINSTR) },
  "no memory for data": { rc: -ENOMEM, module: huge(".bss.huge", WA) },
  "no memory for read-only data": { rc: -ENOMEM, module: huge(".rodata.huge", SHF.ALLOC) },
  "no memory for data that init writes last": { rc: -ENOMEM, module: huge(".data..ro_after_init", WA) },
  "no memory for init's text": { rc: -ENOMEM, module: huge(".init.text.huge", SHF.ALLOC | SHF.EXECINSTR) },
  "no memory for init's data": { rc: -ENOMEM, module: huge(".init.bss", WA) },
  "no memory for init's read-only data": { rc: -ENOMEM, module: huge(".init.rodata", SHF.ALLOC) },
  "no per-CPU memory": { rc: -ENOMEM, module: { ...RICH, section: [{ name: ".data..percpu", sh_flags: WA, size: 9000 }] } },
  "both kinds of constructors": {
    rc: -EINVAL,
    profile: variant({ on: ["CONSTRUCTORS"] }),
    module: withSections({ name: ".ctors", size: 4 }, { name: ".init_array", size: 4 }),
  },
  "exports without versions": {
    rc: -ENOEXEC,
    profile: variant({ off: ["MODULE_FORCE_LOAD"] }),
    module: { ...RICH, export: [{ name: "own" }], without: ["__kcrctab"] },
  },
  "an unknown symbol": { rc: -ENOENT, module: { ...RICH, imports: [...RICH.imports, { name: "nobody", crc: 1 }] } },
  "a relocation of no known type": {
    rc: -ENOEXEC,
    module: { ...RICH, relocation: [{ section: ".text", offset: 0, symbol: "helper", type: 255 }] },
  },
  "an exported symbol that exists": { rc: -ENOEXEC, module: { ...RICH, export: [{ name: "helper", crc: 7 }] } },
  "a parameter's value": { rc: -EINVAL, module: RICH, params: "text=some number=some" },
  "a name that is built in": {
    rc: -EINVAL,
    profile: { ...PROFILE, machine: { ...PROFILE.machine, builtinModules: new Set(["subject"]) } },
    module: RICH,
    params: "text=some",
  },
  "init": { rc: -EINVAL, module: RICH, params: "text=some", init: -EINVAL },
};

/** The module that the failing ones use. */
const HELPER = { name: "helper", export: [{ name: "helper", crc: 7 }] };

/** Kernels that run out of pages if a failing load keeps but one each time. */
function tightKernel(profile: KernelProfile): Kernel {
  return bootedKernel({ ...profile, machine: { ...profile.machine, freePages: 60 } });
}

for (const [what, { rc, module, profile = PROFILE, params = "", init = 0 }] of Object.entries(FAILURES)) {
  Deno.test(`a load that fails for ${what} leaves the kernel as it was, however often`, () => {
    const bytes = module instanceof Uint8Array ? module : minimalModule(module);
    const good = minimalModule({ ...RICH, name: "good" });
    const kernel = tightKernel(profile);
    assertEquals(insmod(kernel, minimalModule(HELPER)), 0);
    const before = footprint(kernel);
    const whereGoodLands = () => {
      const bases: (number | undefined)[] = [];
      const placed = (mod: KernelModule) => bases.push(...mod.mem.map(({ area }) => area?.base));
      assertEquals(insmod(kernel, good, { observer: { placed } }), 0);
      assertEquals(rmmod(kernel, "good"), 0);
      return bases;
    };
    const where = whereGoodLands();
    for (let i = 0; i < 70; i++) {
      assertEquals(insmod(kernel, bytes, { runInit: () => init }, params), rc);
      if (i < 2) assertEquals(footprint(kernel), before);
    }
    assertEquals(footprint(kernel), before);
    assertEquals(whereGoodLands(), where, "a good module lands where it did before");
    assertEquals(rmmod(kernel, "helper"), 0);
    assertEquals(footprint(kernel), footprint(tightKernel(profile)));
  });
}

/** A module of a random chain: which of the others it uses, how large it is, what its init returns. */
interface Link {
  readonly uses: readonly number[];
  readonly size: number;
  readonly percpu: number;
  readonly init: number;
}

const COUNT = 5;
const link: fc.Arbitrary<Link> = fc.record({
  uses: fc.oneof(fc.uniqueArray(fc.nat(COUNT - 1), { maxLength: 3 }), fc.constantFrom([0], [1], [0, 1])),
  size: fc.oneof(fc.nat(100), fc.nat(0x5000)),
  percpu: fc.nat(64),
  init: fc.constantFrom(0, 0, 0, 5, -EINVAL),
});
type Step = { readonly insmod: boolean; readonly which: number };
const step: fc.Arbitrary<Step> = fc.record({ insmod: fc.boolean(), which: fc.nat(COUNT - 1) });
/** All in order first, more often than not. */
const steps = fc.tuple(fc.nat(COUNT), fc.array(step, { maxLength: 25 }))
  .map(([first, rest]) => [...Array.from({ length: first }, (_, which): Step => ({ insmod: true, which })), ...rest]);

function linkFile({ uses, size, percpu }: Link, i: number): Uint8Array {
  return minimalModule({
    name: `link${i}`,
    imports: uses.filter((each) => each !== i).map((each) => ({ name: `symbol${each}`, crc: each })),
    export: [{ name: `symbol${i}`, crc: i }],
    section: [{ name: ".data.own", sh_flags: WA, size }, {
      name: ".data..percpu",
      sh_flags: WA,
      sh_addralign: 4,
      zeros: percpu,
    }],
  });
}

Deno.test("modules that use each other come and go in any order, and when all are gone the kernel is as it was", () => {
  const outcomes = new Set<number>();
  fc.assert(
    fc.property(fc.tuple(...Array.from({ length: COUNT }, () => link)), steps, (links, steps) => {
      const kernel = bootedKernel();
      const start = footprint(kernel);
      const files = links.map(linkFile);
      const live = new Map<number, readonly number[]>();
      for (const { insmod: isLoad, which } of steps) {
        const before = footprint(kernel);
        const others = links[which].uses.filter((each) => each !== which);
        let rc: number;
        let wanted: number;
        if (isLoad) {
          wanted = live.has(which)
            ? -EEXIST
            : others.every((each) => live.has(each))
            ? Math.min(links[which].init, 0)
            : -ENOENT;
          rc = Number(insmod(kernel, files[which], { runInit: () => links[which].init }));
          if (wanted === 0) live.set(which, others);
        } else {
          wanted = !live.has(which) ? -ENOENT : [...live.values()].some((uses) => uses.includes(which)) ? -EAGAIN : 0;
          rc = rmmod(kernel, `link${which}`);
          if (wanted === 0) live.delete(which);
        }
        assertEquals(rc, wanted);
        outcomes.add(rc);
        if (rc !== 0) assertEquals(footprint(kernel), before);
      }
      while (live.size > 0) {
        const free = [...live.keys()].filter((each) => ![...live.values()].some((uses) => uses.includes(each)));
        for (const each of free) assertEquals(rmmod(kernel, `link${each}`), 0, String(live.delete(each)));
      }
      assertEquals(footprint(kernel), start);
    }),
    { numRuns: 120 },
  );
  assert([0, -EINVAL, -ENOENT, -EAGAIN, -EEXIST].every((rc) => outcomes.has(rc)), [...outcomes].join());
});
