// SPDX-License-Identifier: GPL-2.0-only
/** Kernels that are built: their configurations, and the profiles that are made from a build tree and a booted guest. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "smol-toml";
import { SHF, SHT, STB, STT } from "../../src/elf/constants.ts";
import { encodeName, writeElf } from "../../src/elf/writer.ts";
import { KernelExports } from "../../src/kernel/exports.ts";
import { parseProfile } from "../../src/kernel/parse_profile.ts";
import { parseAgentFacts } from "../../src/oracle/guest/guest_facts.ts";
import { pemOf } from "../../src/oracle/kernel_build.ts";
import { readKernelArguments } from "../../src/oracle/kernel_command.ts";
import { builtFacts } from "../../src/profile/build_tree.ts";
import { LOADER_OPTIONS, loaderOptions, mergeFragments, notHonoured, readKconfig } from "../../src/profile/kconfig.ts";
import { kernelToml } from "../../src/profile/kernel_toml.ts";
import { GOLDEN_DIR, listProfiles } from "../../src/profile/load_profile.ts";
import { fieldNames, probeSource, readProbe } from "../../src/profile/struct_module.ts";
import { exportsText, Vmlinux, VmlinuxError } from "../../src/profile/vmlinux.ts";
import { InputError } from "../../src/suite/input_error.ts";

const RODATA = 0x80101000;
const DATA = 0x80200000;

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** A kernel's file with two exports, a jump label, and what a profile needs to know. */
function vmlinuxBytes(): Uint8Array {
  const strings = encodeName("zeta\0alpha\0NS\0");
  const tables = words(DATA, RODATA + 64, 0, RODATA + 1, RODATA + 69, RODATA + 75, 0x11, 0x22, RODATA, RODATA, DATA | 1);
  const rodata = new Uint8Array(64 + strings.length);
  rodata.set(tables);
  rodata.set(strings, 64);
  const mark = (name: string, value: number, section = ".rodata", type: number = STT.NOTYPE) => ({
    name,
    value,
    bind: STB.GLOBAL,
    type,
    section,
  });
  const tableAt = (name: string, from: number, to: number) => [
    mark(`__start_${name}`, RODATA + from),
    mark(`__stop_${name}`, RODATA + to),
  ];
  return writeElf({
    sections: [
      { name: ".rodata", type: SHT.PROGBITS, flags: SHF.ALLOC, address: RODATA, align: 4, content: { data: rodata } },
      {
        name: ".data",
        type: SHT.PROGBITS,
        flags: SHF.ALLOC | SHF.WRITE,
        address: DATA,
        align: 4,
        content: { data: words(0, 1) },
      },
      {
        name: ".symtab",
        type: SHT.SYMTAB,
        link: ".strtab",
        content: {
          symbols: [
            { name: "thumb", value: RODATA + 9, bind: STB.LOCAL, type: STT.FUNC, section: ".rodata" },
            ...tableAt("__ksymtab", 0, 12),
            ...tableAt("__ksymtab_gpl", 12, 24),
            ...tableAt("__kcrctab", 24, 28),
            ...tableAt("__kcrctab_gpl", 28, 32),
            ...tableAt("__jump_table", 32, 44),
            mark("__per_cpu_end", DATA + 6, ".data"),
            mark("_end", DATA + 8, ".data"),
            mark("do_init_module", RODATA + 5, ".rodata", STT.FUNC),
          ],
        },
      },
      { name: ".strtab", type: SHT.STRTAB, content: { strings: true } },
      { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
    ],
  });
}

const CONFIG = readKconfig(
  "CONFIG_MODULES=y\nCONFIG_SMP=y\nCONFIG_SYSFS=y\n# CONFIG_KALLSYMS is not set\nCONFIG_PAGE_OFFSET=0x80000000\nCONFIG_HIGHMEM=m\n",
);

/** The object that a compiler would make of the probe, with a field each eight bytes. */
function probeObject(fields = fieldNames(CONFIG).length): Uint8Array {
  const places = [0, 8 * fields, ...Array.from({ length: fields }, (_, i) => [8 * i, 8]).flat()];
  const section = (name: string, data: Uint8Array) => ({ name, type: SHT.PROGBITS, flags: SHF.ALLOC, content: { data } });
  return writeElf({
    sections: [
      section(".insmodel.places", words(...places)),
      section(".insmodel.vermagic", encodeName("6.12.0-toy SMP ARMv7 p2v8 \0")),
      { name: ".shstrtab", type: SHT.STRTAB, content: { strings: true } },
    ],
  });
}

const built = () =>
  builtFacts({ release: "6.12.0-toy", config: CONFIG, vmlinux: new Vmlinux(vmlinuxBytes()), probe: probeObject() });

Deno.test("of two fragments the later one counts, and a comment is no option", () => {
  const merged = mergeFragments([
    readKconfig("CONFIG_A=y\nCONFIG_B=y\n\n# About C.\nCONFIG_C=4\n"),
    readKconfig("# CONFIG_A is not set"),
  ]);
  assertEquals([...merged], [["B", "y"], ["C", "4"], ["A", "n"]]);
});

Deno.test("a line of a fragment that is neither option nor comment is named", () => {
  assertThrows(() => readKconfig("CONFIG_A=y\nA=y\n"), Error, 'line 2: "A=y" is neither CONFIG_NAME=value nor a comment');
});

Deno.test("what a configuration has not of its fragment is found", () => {
  const wanted = readKconfig('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C="x"\n# CONFIG_D is not set\n');
  assertEquals(notHonoured(wanted, readKconfig('CONFIG_B=y\nCONFIG_C="x"\n')), ["CONFIG_A=y", "CONFIG_B=n"]);
});

Deno.test("a profile lists every option that the model asks for", () => {
  const asked = new Set<string>();
  for (const floor of ["kernel", "arch_arm", "module", "report"]) {
    const folder = new URL(`../../src/${floor}/`, import.meta.url);
    for (const { name } of [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)) {
      const text = Deno.readTextFileSync(new URL(name, folder));
      for (const [, option] of text.matchAll(/(?:config(?:\.has)?\(|config: )"([A-Z0-9_]+)"/g)) asked.add(option);
    }
  }
  assert(asked.size > 30);
  assertEquals([...asked].filter((option) => !LOADER_OPTIONS.includes(option)), []);
});

Deno.test("an option that is a module is not one that is y", () => {
  assertEquals(loaderOptions(CONFIG), ["MODULES", "SYSFS", "SMP"]);
});

Deno.test("exports come from vmlinux's tables, by name, with CRC, licence and namespace", () => {
  assertEquals(
    exportsText(new Vmlinux(vmlinuxBytes()).exports()),
    "alpha\t80101001\t00000022\t1\tNS\tvmlinux\nzeta\t80200000\t00000011\t0\t\tvmlinux\n",
  );
});

Deno.test("a symbol of vmlinux is where its code begins, also in Thumb", () => {
  const vmlinux = new Vmlinux(vmlinuxBytes());
  assertEquals(vmlinux.address("thumb"), RODATA + 8);
  assertEquals(vmlinux.address("nowhere"), undefined);
  assertEquals(vmlinux.bytes(DATA + 4, 4), words(1));
  assertEquals(vmlinux.bytes(DATA + 6, 4), undefined);
  assertEquals([...vmlinux.staticKeys()], [DATA]);
});

Deno.test("a file without exports is no kernel's", () => {
  const empty = new Vmlinux(writeElf({ sections: [] }));
  assertThrows(() => empty.exports(), VmlinuxError, "vmlinux exports nothing");
});

Deno.test("the probe asks for the fields that the configuration has, and for no other", () => {
  const source = probeSource(CONFIG);
  assert(source.includes("offsetof(struct module, param_lock)"));
  assert(source.includes("offsetof(struct module, percpu_size)"));
  assert(!source.includes("core_kallsyms"));
  assert(!source.includes("refcnt"));
});

Deno.test("an object with offsets of other fields is refused", () => {
  assertThrows(() => readProbe(probeObject(3), CONFIG), Error, "The object has 32 bytes of offsets");
});

Deno.test("a build tree gives release, options, per-CPU chunk, and where to stop without kallsyms", () => {
  const { fields, ...facts } = built();
  assertEquals(fields.get("list"), [8, 8]);
  assertEquals(facts, {
    release: "6.12.0-toy",
    vermagic: "6.12.0-toy SMP ARMv7 p2v8 ",
    config: ["MODULES", "SYSFS", "SMP"],
    size: 8 * fields.size,
    pageOffset: 0x80000000,
    kernelEnd: DATA + 4096,
    percpuReserved: { start: DATA + 8, end: DATA + 8 + 8192 },
    symbols: new Map([["do_init_module", RODATA + 4]]),
  });
});

Deno.test("the kernel.toml that is written is one that is read", () => {
  const text = kernelToml(
    {
      alias: "toy",
      trustedKeys: [],
      qemu: { machine: "virt", memory: 128 },
      build: { base: "allnoconfig", image: { size: 1 } },
      nondeterministic: [{ case: "*", reason: 'it is "new"' }],
    },
    { ...built(), exportsCrc32: 7 },
    {
      smp: false,
      pvOffset: -0x40000000,
      freePages: 20,
      vmalloc: { start: 0x88800000, end: 0xff800000 },
      vmallocTaken: [{ start: 0x88800000, end: 0x88803000 }],
      staticKeysOn: [DATA],
      staticKeysOff: [],
      builtinModules: ["kernel", "printk"],
    },
  );
  const toml = parse(text);
  const exports = exportsText(new Vmlinux(vmlinuxBytes()).exports());
  const profile = parseProfile(toml, exports, () => new Uint8Array());
  assertEquals(toml.nondeterministic, [{ case: "*", reason: 'it is "new"' }]);
  assertEquals(toml.build, { base: "allnoconfig", image: { size: 1 } });
  assertEquals(profile.kernelEnd, DATA + 4096);
  assertEquals(profile.modules, { start: 0x7f000000, end: 0x80000000 });
  assertEquals(profile.machine, {
    smp: false,
    pvOffset: -0x40000000,
    freePages: 20,
    vmallocTaken: [{ start: 0x88800000, end: 0x88803000 }],
    changedStaticKeys: new Map([[DATA, true]]),
    builtinModules: new Set(["kernel", "printk"]),
    percpuReserved: { start: DATA + 8, end: DATA + 8 + 8192 },
    registered: new Map(),
  });
  assertEquals(profile.structModule.fields, built().fields);
  assertEquals(profile.structModule.maskedFields.includes("param_lock"), true);
  assertEquals(profile.structModule.maskedFields.includes("source_list"), false);
  assertEquals([...new KernelExports(exports).names()], ["alpha", "zeta"]);
});

Deno.test("adjoining areas of vmalloc space are one, in order", () => {
  const line = (range: string) => `vmallocinfo ${range} 4096 caller+0x1/0x2\n`;
  const text = `meminfo MemFree:         400 kB\n${line("0x90003000-0x90005000")}${line("0x90000000-0x90003000")}${
    line("0x90006000-0x90008000")
  }`;
  assertEquals(parseAgentFacts(text).areas, [
    { start: 0x90000000, end: 0x90005000 },
    { start: 0x90006000, end: 0x90008000 },
  ]);
  assertThrows(() => parseAgentFacts(text.replace("0x90000000", "0x00000000")), Error, "hides the addresses");
  assertThrows(() => parseAgentFacts("builtin kernel\n"), Error, "how much of its memory is free");
});

Deno.test("certificates as PEM have lines of 64 characters", () => {
  const lines = pemOf([new Uint8Array(100).fill(0xff)]).split("\n");
  assertEquals(lines.map(({ length }) => length), [27, 64, 64, 8, 25, 0]);
});

Deno.test("arguments of the kernel commands that are wrong are named, with the usage", () => {
  const read = (...args: string[]) =>
    readKernelArguments(["--cache", "/c", ...args], { usage: "usage: x", options: ["jobs"], operands: 1 }, "/here");
  assertEquals(read("thumb2", "--jobs", "3"), {
    operands: ["thumb2"],
    cache: "/c",
    flags: new Set<string>(),
    options: { jobs: "3" },
  });
  assertEquals(read("--sources", "mirrors").sources, "/here/mirrors");
  assertThrows(() => read("--job", "3"), InputError, "unknown option --job; usage: x");
  assertThrows(() => read("a", "b"), InputError, "unknown argument b; usage: x");
  assertThrows(() => read("--jobs"), InputError, "option --jobs needs one value; usage: x");
});

for (const release of listProfiles()) {
  Deno.test(`the fragments that golden/${release} is built from can be read`, () => {
    const { build } = parse(Deno.readTextFileSync(new URL(`${release}/kernel.toml`, GOLDEN_DIR)));
    const { fragments } = (build ?? { fragments: [] }) as unknown as { fragments: string[] };
    for (const name of fragments) {
      assert(readKconfig(Deno.readTextFileSync(new URL(`${release}/${name}`, GOLDEN_DIR))).size > 0);
    }
  });
}
