// SPDX-License-Identifier: GPL-2.0-only
/** Which goldens are replayed on the real kernel, and what is said of it. */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { main } from "../../src/cli/main.ts";
import { differenceTable, NOT_RUN } from "../../src/cli/verify.ts";
import { sampleOf } from "../../src/suite/sample.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `area/case-${index}`);
const itself = (name: string) => name;

Deno.test("a sample is a part of the list, in its order, of the size that was asked for", () => {
  fc.assert(fc.property(fc.nat(50), fc.nat(60), fc.string(), (size, count, seed) => {
    const list = names(size);
    const sample = sampleOf(list, count, seed, itself);
    assertEquals(sample.length, Math.min(size, count));
    assertEquals(list.filter((name) => sample.includes(name)), sample);
  }));
});

Deno.test("one seed chooses the same, however the list is sorted; another seed chooses others", () => {
  const list = names(40);
  const sample = sampleOf(list, 10, "1", itself);
  assertEquals(sampleOf(list.toReversed(), 10, "1", itself), sample.toReversed());
  assertNotEquals(sampleOf(list, 10, "2", itself), sample);
});

Deno.test("a case that is added changes the sample by no more than itself", () => {
  const before = sampleOf(names(40), 10, "seed", itself);
  const after = sampleOf([...names(40), "area/added"], 10, "seed", itself);
  assertEquals(before.filter((name) => !after.includes(name)).length, after.includes("area/added") ? 1 : 0);
});

Deno.test("differences are a table", () => {
  const rows = [{ kernel: "debian-armmp", id: "init/a", files: "kernel.log, layout.txt" }, {
    kernel: "k",
    id: "plt/long",
    files: "image.txt",
  }];
  assertEquals(
    differenceTable(rows),
    "kernel        case      differs in\n" +
      "debian-armmp  init/a    kernel.log, layout.txt\n" +
      "k             plt/long  image.txt\n",
  );
});

async function verify(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await main(["verify", ...args], {
    out: (text) => out += text,
    err: (text) => err += text,
    resolve: (path) => path,
    input: () => Promise.resolve(""),
  });
  return { code, out, err };
}

Deno.test("what the system refuses about a file is one line, with its path, and exit code 2", async () => {
  const { code, out, err } = await verify("--cache", "deno.json", "--kernel", "debian-armmp", "--seed", "1");
  assertEquals([code, out], [2, ""]);
  assertEquals(err, "insmodel verify: Not a directory: stat 'deno.json/6.12.107+deb13-armmp/vmlinuz'\n");
});

Deno.test("where no kernel can be asked, one line per kernel says why, and the exit code is one of its own", async () => {
  const { code, out, err } = await verify("--cache", "/no/such", "--kernel", "debian-armmp", "--seed", "1");
  assertEquals([code, out], [NOT_RUN, ""]);
  assertEquals(err.split("\n").length, 2);
  assertStringIncludes(
    err,
    "insmodel verify: debian-armmp is not asked: Cannot boot 6.12.107+deb13-armmp: there is no /no/such/",
  );
});
