// SPDX-License-Identifier: GPL-2.0-only
/** What is learnt of a kernel from a part of what there is to know, and what is then said of modules. */

import { assertEquals, assertThrows } from "@std/assert";
import { readObject } from "../../src/kbuild/elf_info.ts";
import { parseSymvers } from "../../src/kbuild/symvers.ts";
import { parseProfile } from "../../src/kernel/parse_profile.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { checkModule } from "../../src/profile/check_module.ts";
import { readKconfig } from "../../src/profile/kconfig.ts";
import { FactsDiffer, join, type KnownFacts, NO_FACTS } from "../../src/profile/known_facts.ts";
import { factsOfModule, factsOfSymvers, factsOfSystemMap, optionsOf, vermagicIn, vermagicOf } from "../../src/profile/learn.ts";
import { certificatesIn, configIn } from "../../src/profile/learn_image.ts";
import { learntFiles } from "../../src/profile/learnt_files.ts";
import { encodeName } from "../../src/elf/writer.ts";
import { parse } from "smol-toml";
import { gunzipSync, gzipSync } from "node:zlib";

const SEEDS = new URL("../../cases/seeds/", import.meta.url);
const module = (path: string) => readObject(Deno.readFileSync(new URL(path, SEEDS)));
const exporter = module("exercise-2-export-and-use/symbol_exporter.ko");
const user = module("exercise-2-export-and-use/symbol_user.ko");
const MAGIC = "6.12.107+deb13-armmp SMP mod_unload modversions ARMv7 p2v8 ";

/** The profile that facts are, once they were written and read. */
function profileOf(facts: KnownFacts): KernelProfile {
  const files = learntFiles(facts, ["a test"]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const read = (name: string) => files.get(name)!;
  return parseProfile(parse(text(read("kernel.toml"))), text(gunzipSync(read("exports.tsv.gz"))), read);
}

Deno.test("one module known to load tells version magic, struct module and the CRCs that it expects", () => {
  const facts = factsOfModule(exporter);
  assertEquals([facts.vermagic, facts.structSize, facts.fields.get("exit"), facts.hasAllExports], [
    MAGIC,
    0x300,
    [708, 4],
    false,
  ]);
  assertEquals(facts.exports.get("module_layout"), { crc: 0x9be3ddd6, isKernels: true });
  assertEquals(facts.config.get("MODVERSIONS"), true);
});

Deno.test("by one module another is checked, and what that does not tell is said", () => {
  const profile = profileOf(factsOfModule(exporter));
  const source = "the kernel's Module.symvers or its image tells it";
  const names = "__aeabi_unwind_cpp_pr0, _printk, __gnu_mcount_nc";
  const { refused, unknown } = checkModule(user, profile);
  assertEquals(refused, []);
  assertEquals(unknown, [
    `the namespace of ${names}; ${source}`,
    `whether the kernel itself exports exported_function; ${source}`,
  ]);
});

Deno.test("another CRC, another version magic and another struct module are each a reason", () => {
  const facts = factsOfModule(exporter);
  const other = {
    ...facts,
    vermagic: "6.12.0 SMP ",
    structSize: 0x340,
    exports: new Map([["module_layout", { crc: 1, isKernels: true as const }]]),
  };
  assertEquals(checkModule(exporter, profileOf(other)).refused, [
    `version magic '${MAGIC}' should be '6.12.0 SMP '`,
    "struct module has 768 bytes in it and 832 in the kernel",
    "disagrees about version of symbol module_layout: expects 0x9be3ddd6, the kernel has 0x00000001",
  ]);
});

Deno.test("with all exports an unknown symbol is a reason, without any facts nothing is", () => {
  const exports = factsOfSymvers(parseSymvers("0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"));
  assertEquals(checkModule(user, profileOf(exports)).refused.filter((each) => each.includes("exported_function")), [
    "Unknown symbol exported_function: the kernel does not export it; a module may",
  ]);
  const { refused, unknown } = checkModule(user, profileOf(NO_FACTS));
  assertEquals([refused, unknown.length], [[], 3]);
});

Deno.test("sources that contradict each other are of two kernels", () => {
  const facts = factsOfModule(exporter);
  const all = new Set([...facts.exports.keys(), ...factsOfModule(user).exports.keys()]);
  assertEquals(join(facts, factsOfModule(user)).exports.size, all.size);
  const exports = (name: string, crc: number) => ({ ...NO_FACTS, exports: new Map([[name, { crc }]]) });
  assertThrows(() => join(facts, exports("_printk", 1)), FactsDiffer, "the CRC of _printk is 0x92997ed8 and 0x00000001");
  assertThrows(() => join(facts, { ...NO_FACTS, vermagic: "5.10 " }), FactsDiffer, "vermagic");
  assertThrows(
    () => join(facts, { ...NO_FACTS, config: new Map([["SMP", false]]) }),
    FactsDiffer,
    "CONFIG_SMP is true and false",
  );
  const [none, own] = [factsOfSymvers(parseSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n")), { b: { isKernels: true as const } }];
  assertThrows(() => join(none, { ...NO_FACTS, exports: new Map(Object.entries(own)) }), FactsDiffer, "b is exported in one");
});

Deno.test("what one source has all exports of, another source's module may have imported from a module", () => {
  const symvers = factsOfSymvers(parseSymvers("0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"));
  const imported = { ...NO_FACTS, exports: new Map([["exported_function", { crc: 7 }]]) };
  assertEquals([...join(symvers, imported).exports.keys()], ["_printk"]);
});

Deno.test("a fact is the same after it was written and read, and one that nobody told says what would tell it", () => {
  const symvers = parseSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL_GPL\tNS\n0x2\tb\tvmlinux\n0x3\tc\tother\tEXPORT_SYMBOL\t\n");
  const smp = new Map([["SMP", "y"]]);
  const map = factsOfSystemMap("c0100000 T a\nc0a00800 B _end\nc0200000 T ftrace_caller\n", smp, factsOfSymvers(symvers));
  const profile = profileOf(join(factsOfSymvers(symvers), map));
  const { crc, gplOnly, namespace, value } = profile.exports.find("a")!;
  assertEquals([crc, gplOnly, namespace, value], [1, true, "NS", 0xc0100000]);
  assertEquals([profile.kernelEnd, profile.symbols.get("ftrace_caller")], [0xc0a01000, 0xc0200000]);
  assertEquals(profile.exports.find("c"), undefined);
  const says = (ask: () => unknown) => assertThrows(ask, Error).message.replace("Not modelled: ", "");
  assertEquals(
    [
      says(() => profile.exports.find("b")!.gplOnly),
      says(() => profile.vermagic),
      says(() => profile.config.has("SMP")),
      says(() => profile.structModule.size),
      says(() => profile.structModule.fields.get("exit")),
      says(() => profile.modules),
      says(() => profile.trustedKeys),
    ],
    [
      "unknown: whether modules under any licence may use b; the kernel's Module.symvers or its image tells it",
      "unknown: the kernel's version magic; its image, its headers or a module that the kernel loads tells it",
      "unknown: CONFIG_SMP; the kernel's .config tells it",
      "unknown: the size of struct module; a module that the kernel loads tells it",
      "unknown: where struct module has exit; a module that the kernel loads and has one tells it",
      "unknown: PAGE_OFFSET, and with it where modules go; the kernel's .config tells it",
      "unknown: the keys that the kernel trusts; its image tells it",
    ],
  );
});

Deno.test("addresses that nobody told are each of its own, and not shown to be any", () => {
  const profile = profileOf(
    factsOfSymvers(parseSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n0x2\tb\tvmlinux\tEXPORT_SYMBOL\t\n")),
  );
  const { standIns } = profile.exports;
  const [a, b] = ["a", "b"].map((name) => profile.exports.find(name)!.value);
  assertEquals([a !== b, [a, b].every((value) => value >= standIns!.start && value < standIns!.end)], [true, true]);
});

Deno.test("the version magic follows from a configuration, stands in an image, and tells options", () => {
  const config = readKconfig(
    "CONFIG_SMP=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_MODVERSIONS=y\nCONFIG_ARM_PATCH_PHYS_VIRT=y\nCONFIG_CPU_V7=y\n",
  );
  assertEquals(vermagicOf("6.12.107+deb13-armmp", config), MAGIC);
  assertEquals(vermagicIn(encodeName(`x\0${MAGIC}\0y`)), MAGIC);
  assertEquals(vermagicIn(new Uint8Array(100)), undefined);
  for (const [name, isOn] of optionsOf(MAGIC)) {
    if (name !== "MODULES") assertEquals([name, config.get(name) === "y"], [name, isOn]);
  }
});

Deno.test("an image holds a configuration between its marks, and certificates in front of their size", () => {
  const config = gzipSync("CONFIG_SMP=y\n# CONFIG_MODULE_SIG is not set\n");
  const key = (size: number) =>
    new Uint8Array(size).fill(7).with(0, 0x30).with(1, 0x82).with(2, size - 4 >> 8).with(3, size - 4 & 0xff);
  const keys = [key(300), key(400)];
  const list = (size: number) => [...keys[0], ...keys[1], ...new Array(68).fill(0), size & 0xff, size >> 8, 0, 0];
  const image = (size: number) =>
    Uint8Array.from([1, 0x30, 0x82, 2, 2, ...encodeName("IKCFG_ST"), ...config, ...encodeName("IKCFG_ED"), ...list(size)]);
  assertEquals([...configIn(image(700))!], [["SMP", "y"], ["MODULE_SIG", "n"]]);
  assertEquals(certificatesIn(image(700)), keys);
  assertEquals(certificatesIn(image(699)), undefined);
  assertEquals([configIn(new Uint8Array(100)), configIn(encodeName("IKCFG_ST\x1f\x8bnonsense"))], [undefined, undefined]);
});
