// SPDX-License-Identifier: GPL-2.0-only
/** `insmodel genksyms`: what it prints and writes, and its exit codes. */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { main } from "../../../src/cli/main.ts";
import { inScratch } from "../../scratch.ts";

const SOURCES = fromFileUrl(new URL("../../fixtures/genksyms/sources/", import.meta.url));

async function insmodel(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    input: () => Promise.resolve("int a; __GENKSYMS_EXPORT_SYMBOL(a);"),
    resolve: (path) => path,
  });
  return { code, out, err };
}

const source = (name: string) => join(SOURCES, name);

Deno.test("the versions go to standard output", async () => {
  assertEquals(await insmodel("genksyms", source("new.i")), {
    code: 0,
    out: "#SYMVER bar_open 0x4519b6ea\n#SYMVER bar_count 0x9a75dbf5\n",
    err: "",
  });
});

Deno.test("-D: what goes into each checksum", async () => {
  const { code, err } = await insmodel("genksyms", "-D", source("new.i"));
  assertEquals(code, 0);
  assertMatch(err, /^Export bar_open == <int bar_open \( struct device \{ .*\) >\nExport bar_count == <.*>\n$/);
});

Deno.test("-r: a version that changed is a warning, with -p an error", async () => {
  const reference = source("old.symtypes");
  const { code, err } = await insmodel("genksyms", "-r", reference, source("new.i"));
  assertEquals([code, err], [
    0,
    "main.c:3: warning: bar_open: modversion changed because of changes in enum constant MODE_COUNT, struct bar\n" +
    "main.c:5: warning: bar_count: modversion changed because of changes in struct bar, bar_count\n",
  ]);
  assertEquals((await insmodel("genksyms", "-p", "-r", reference, source("new.i"))).code, 1);
});

Deno.test("what does not parse has one line with its place, and exit code 2", async () => {
  const { code, out, err } = await insmodel("genksyms", source("unparsed.i"));
  assertEquals([code, out], [2, "#SYMVER after 0xe482e0a2\n"]);
  assertEquals(err, 'insmodel genksyms: Cannot parse include/linux/bar.h, line 12, column 7: unexpected "baz"\n');
});

Deno.test("a source that ends within a declaration", async () => {
  const { code, err } = await insmodel("genksyms", source("cut.i"));
  assertEquals([code, err], [
    2,
    `insmodel genksyms: Cannot parse "${source("cut.i")}", line 2, column 1: unexpected the end of the source\n`,
  ]);
});

Deno.test("a source that does not parse leaves no dump of types", async () => {
  await inScratch(async (folder) => {
    assertEquals((await insmodel("genksyms", "-T", join(folder, "types"), source("cut.i"))).code, 2);
    assertEquals([...Deno.readDirSync(folder)], []);
    assertEquals((await insmodel("genksyms", "-T", join(folder, "types"), source("new.i"))).code, 0);
    assertMatch(Deno.readTextFileSync(join(folder, "types")), /^s#bar /m);
  });
});

Deno.test("a declaration on which genksyms never ends is named, not followed", async () => {
  const { code, err } = await insmodel("genksyms", source("endless.i"));
  assertEquals(code, 2);
  assertEquals(
    err,
    "insmodel genksyms: Cannot read main.c, line 2: genksyms never ends on a list in which a further declarator has parameters or " +
      "members; declare it by itself\n",
  );
});

Deno.test("without a file, or with -, standard input is read", async () => {
  assertEquals((await insmodel("genksyms")).out, "#SYMVER a 0x23a33d18\n");
  assertEquals((await insmodel("genksyms", "-")).out, "#SYMVER a 0x23a33d18\n");
});

Deno.test("files that are none, and references that are none", async () => {
  const missing = await insmodel("genksyms", "nothing.i");
  assertEquals([missing.code, missing.err], [2, 'insmodel genksyms: Cannot read source "nothing.i": no such file\n']);
  const reference = await insmodel("genksyms", "-r", source("bad.symtypes"), source("new.i"));
  assertEquals(reference.code, 2);
  assertMatch(reference.err, /^insmodel genksyms: Cannot use reference ".*bad\.symtypes": line 2: Unknown type x\n$/);
  assertEquals((await insmodel("genksyms", "a.i", "b.i")).code, 2);
});
