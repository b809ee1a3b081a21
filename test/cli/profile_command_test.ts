// SPDX-License-Identifier: GPL-2.0-only
/** `profile make` and `profile check` as they are called, and `--kernel` with what they wrote. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { decodeBytes } from "../../src/elf/text.ts";
import { inScratch, writeFiles } from "../scratch.ts";
import { call, refuses } from "./call.ts";

const FIXTURES = fromFileUrl(new URL("../fixtures/", import.meta.url));
const SEEDS = fromFileUrl(new URL("../../cases/seeds/", import.meta.url));
const EXPORTER = `${SEEDS}exercise-2-export-and-use/symbol_exporter.ko`;
const USER = `${SEEDS}exercise-2-export-and-use/symbol_user.ko`;

/** A module of the seeds with another vermagic and another CRC of _printk. */
function otherModule(): Uint8Array {
  const bytes = Deno.readFileSync(USER);
  const text = decodeBytes(bytes);
  const at = text.indexOf("ARMv7 p2v8");
  bytes[at + 4] = "6".charCodeAt(0);
  bytes[text.indexOf("\xd8\x7e\x99\x92_printk\0")] ^= 1;
  return bytes;
}

Deno.test("what tells nothing of a kernel is refused, and no profile is written", async () => {
  await inScratch(async (folder) => {
    const make = (...args: string[]) => ["profile", "make", "-o", join(folder, "profile"), ...args];
    await refuses(make(`${FIXTURES}link/symbol_user.o`), "symbol_user.o", "it is an object, not a module");
    await refuses(make(`${FIXTURES}modpost/no-licence.txt`), "no-licence.txt");
    await refuses(make(folder), "it has no Module.symvers; it is no build tree and no headers");
    await refuses(make(EXPORTER, join(folder, "nothing.ko")), "nothing.ko", "no such file");
    await refuses(make(), "nothing is named to learn from");
    await refuses(["profile", "make", EXPORTER], "-o names it");
    await refuses(["profile", "check", join(folder, "profile"), USER], "kernel.toml is missing");
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("headers with a bad line are refused by file and line", async () => {
  await inScratch(async (folder) => {
    writeFiles(folder, { "Module.symvers": "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n", ".config": "CONFIG_SMP=y\nSMP\n" });
    await refuses(["profile", "make", "-o", join(folder, "profile"), folder], '.config": line 2');
    writeFiles(folder, { ".config": "CONFIG_SMP=y\n", "System.map": "c0100000 T a\nnonsense\n" });
    await refuses(["profile", "make", "-o", join(folder, "profile"), folder], 'System.map": line 2');
  });
});

Deno.test("by one module known to load another's version magic and CRCs are checked; insmod says what else it would have to know", async () => {
  await inScratch(async (folder) => {
    const profile = join(folder, "profile");
    const made = await call("profile", "make", "-o", profile, EXPORTER);
    assertEquals([made.code, made.out, made.err.split("\n").length], [0, "", 2]);
    writeFiles(folder, { "other.ko": otherModule() });
    const other = join(folder, "other.ko");
    const checked = await call("profile", "check", profile, other);
    assertEquals(checked.code, 1);
    assertStringIncludes(checked.out, "ARMv6 p2v8 ' should be '");
    assertStringIncludes(checked.out, "disagrees about version of symbol _printk: expects");
    const loaded = await call("insmod", "--kernel", profile, other);
    assertEquals([loaded.code, loaded.out], [
      1,
      "# insmod other.ko = not modelled: unknown: CONFIG_MODULE_SIG; the kernel's .config tells it\n",
    ]);
    assertStringIncludes(loaded.err, "it does not load in any case: disagrees about version of symbol _printk");
    const good = await call("profile", "check", profile, EXPORTER);
    assertEquals([good.code, good.out.split("\n").at(-2)], [0, `${EXPORTER}: nothing known refuses it`]);
  });
});

Deno.test("what is learnt of a kernel is a profile for inspect, exports and run too, which tell what they lack", async () => {
  await inScratch(async (folder) => {
    const profile = join(folder, "profile");
    await call("profile", "make", "-o", profile, EXPORTER);
    const imports = await call("exports", "--kernel", profile, USER);
    assertStringIncludes(imports.out, "_printk  from vmlinux (GPL or not is unknown)\n");
    assertStringIncludes(imports.out, "exported_function  from unknown: whether the kernel itself exports exported_function; ");
    const inspected = await call("inspect", "--kernel", profile, "--sections", USER);
    assertStringIncludes(inspected.out, "unknown: CONFIG_MODULE_SIG");
    writeFiles(folder, { "case.toml": `description = "x"\n[[step]]\ninsmod = ${JSON.stringify(USER)}\n` });
    const ran = await call("run", "--json", "--kernel", profile, join(folder, "case.toml"));
    assertEquals([ran.code, JSON.parse(ran.out).notModelled.startsWith("unknown: CONFIG_MODULE_SIG; ")], [1, true]);
    await refuses(["run", "--images", folder, "--kernel", profile, join(folder, "case.toml")], "Cannot show bytes");
  });
});
