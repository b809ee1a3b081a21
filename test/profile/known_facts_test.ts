// SPDX-License-Identifier: GPL-2.0-only
/** What is learnt of a kernel from a part of what there is to know, and what is then said of modules. */

import { assertEquals, assertThrows } from "@std/assert";
import { readObject } from "../../src/kbuild/elf_info.ts";
import { parseSymvers } from "../../src/kbuild/symvers.ts";
import { readKconfig } from "../../src/profile/kconfig.ts";
import {
  checkByFacts,
  FactsDiffer,
  factsFromJson,
  factsOfExports,
  factsOfModule,
  factsToJson,
  join,
  vermagicIn,
  vermagicOf,
} from "../../src/profile/known_facts.ts";
import { encodeName } from "../../src/elf/writer.ts";

const SEEDS = new URL("../../cases/seeds/", import.meta.url);
const module = (path: string) => readObject(Deno.readFileSync(new URL(path, SEEDS)));
const exporter = module("exercise-2-export-and-use/symbol_exporter.ko");
const user = module("exercise-2-export-and-use/symbol_user.ko");
const MAGIC = "6.12.107+deb13-armmp SMP mod_unload modversions ARMv7 p2v8 ";

Deno.test("one module known to load tells version magic, struct module and the CRCs that it expects", () => {
  const { vermagic, structModuleSize, crcs, exports } = factsOfModule(exporter);
  assertEquals([vermagic, structModuleSize, crcs.get("module_layout"), exports], [MAGIC, 0x300, 0x9be3ddd6, undefined]);
});

Deno.test("by one module another is checked, and what that does not tell is said", () => {
  const facts = factsOfModule(exporter);
  assertEquals(checkByFacts(exporter, facts), { refused: [], unknown: [] });
  assertEquals(checkByFacts(user, facts), {
    refused: [],
    unknown: ["whether the kernel exports exported_function is not known"],
  });
});

Deno.test("another CRC, another version magic and another struct module are each a reason", () => {
  const facts = factsOfModule(exporter);
  const other = { ...facts, vermagic: "6.12.0 SMP ", structModuleSize: 0x340, crcs: new Map([["module_layout", 1]]) };
  assertEquals(checkByFacts(exporter, other).refused, [
    `version magic '${MAGIC}' should be '6.12.0 SMP '`,
    "struct module has 768 bytes in it and 832 in the kernel",
    "disagrees about version of symbol module_layout: expects 0x9be3ddd6, the kernel has 0x00000001",
  ]);
});

Deno.test("with all exports an unknown symbol is a reason, without any facts nothing is", () => {
  const exports = factsOfExports(parseSymvers("0x92997ed8\t_printk\tvmlinux\tEXPORT_SYMBOL\t\n"), true);
  assertEquals(checkByFacts(user, exports).refused.filter((each) => each.includes("exported_function")), [
    "Unknown symbol exported_function: the kernel does not export it; a module may",
  ]);
  const { refused, unknown } = checkByFacts(user, { crcs: new Map() });
  assertEquals([refused, unknown.length], [[], 3]);
});

Deno.test("sources that contradict each other are of two kernels", () => {
  const facts = factsOfModule(exporter);
  assertEquals(
    join(facts, factsOfModule(user)).crcs.size,
    new Set([...facts.crcs.keys(), ...factsOfModule(user).crcs.keys()]).size,
  );
  assertThrows(() => join(facts, { crcs: new Map([["_printk", 1]]) }), FactsDiffer, "the CRC of _printk");
  assertThrows(() => join(facts, { crcs: new Map(), vermagic: "5.10 " }), FactsDiffer, "vermagic");
});

Deno.test("facts are the same after they were written and read", () => {
  const facts = join(factsOfModule(exporter), factsOfExports(parseSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL_GPL\tNS\n"), true));
  assertEquals(factsFromJson(JSON.parse(JSON.stringify(factsToJson(facts)))), facts);
  assertThrows(() => factsFromJson({ crcs: { a: 1 } }), Error, "crcs.a");
});

Deno.test("the version magic follows from a configuration, and stands in an image", () => {
  const config = readKconfig(
    "CONFIG_SMP=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_MODVERSIONS=y\nCONFIG_ARM_PATCH_PHYS_VIRT=y\nCONFIG_CPU_V7=y\n",
  );
  assertEquals(vermagicOf("6.12.107+deb13-armmp", config), MAGIC);
  assertEquals(vermagicIn(encodeName(`x\0${MAGIC}\0y`)), MAGIC);
  assertEquals(vermagicIn(new Uint8Array(100)), undefined);
});
