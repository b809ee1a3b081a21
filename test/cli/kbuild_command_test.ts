// SPDX-License-Identifier: GPL-2.0-only
/** The commands of kbuild, as they are called. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { call, refuses } from "./call.ts";

const FIXTURES = fromFileUrl(new URL("../fixtures/", import.meta.url));
const SEEDS = fromFileUrl(new URL("../../cases/seeds/", import.meta.url));

Deno.test("modpost names the object that is none, and what it is", async () => {
  const object = `${FIXTURES}link/symbol_user.o`;
  const symvers = `${FIXTURES}link/none.symvers`;
  await refuses(["modpost", "--symvers", symvers, object], `Cannot read Module.symvers "${symvers}"`, "no such file");
  await refuses(["modpost", "--symvers", object, object], "line 1:", "columns where there are 3 to 5");
  await refuses(["modpost", "--symvers"], "--symvers");
});

Deno.test("modpost says what is undefined, and then writes nothing", async () => {
  const { code, out, err } = await call("modpost", "-o", "/nonexistent", `${FIXTURES}link/symbol_user.o`);
  assertEquals([code, out], [1, ""]);
  assertStringIncludes(err, "WARNING: Module.symvers is missing.");
  assertStringIncludes(err, `ERROR: modpost: "exported_function" [${FIXTURES}link/symbol_user.ko] undefined!`);
});

Deno.test("exports of a module: its imports with who has them", async () => {
  const { code, out } = await call("exports", `${SEEDS}exercise-2-export-and-use/symbol_user.ko`);
  assertEquals(code, 1);
  assertStringIncludes(out, "exports: 0\nimports: ");
  assertStringIncludes(out, "exported_function  from nobody");
  assertStringIncludes(out, "_printk  from vmlinux\n");
  const exporter = await call("exports", "--as-symvers", `${SEEDS}exercise-2-export-and-use/symbol_exporter.ko`);
  assertEquals(exporter.out, "0x8c5d598b\texported_function\tsymbol_exporter\tEXPORT_SYMBOL\t\n");
});

Deno.test("exports refuses what is neither kernel nor module", async () => {
  await refuses(["exports", `${FIXTURES}link/none.ko`], "no such file");
  await refuses(["exports", `${FIXTURES}modpost/no-licence.txt`], "no-licence.txt");
});

Deno.test("link needs a name and objects", async () => {
  await refuses(["link", "a.o"], "no module is named to be written");
  await refuses(["link", "-o", "a.ko"], "no object is named");
  await refuses(["link", "-o", "/nonexistent/a.ko", `${FIXTURES}modpost/no-licence.txt`], "it is no ELF file");
});

Deno.test("symvers diff needs two files", async () => {
  await refuses(["symvers", "diff", "one"], "two files of Module.symvers");
});
