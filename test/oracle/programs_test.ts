// SPDX-License-Identifier: GPL-2.0-only
/** Which programs the oracle calls, and what is said where there are none. */

import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { readKernelArguments } from "../../src/oracle/kernel_command.ts";
import { Facts } from "../../src/oracle/kernel_facts.ts";
import { parsePackage } from "../../src/oracle/packages/kernel_package.ts";
import { COMPILER, EMULATOR, findProgram, howToGet, packagesOf } from "../../src/oracle/programs.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { inScratch, writeFiles } from "../scratch.ts";

const installed = () => Promise.resolve(true);
const notInstalled = () => Promise.resolve(false);

Deno.test("a program on the search path comes before one in the cache, and is called as it is", async () => {
  await inScratch(async (cache) => {
    writeFiles(cache, { [`tools/usr/bin/${EMULATOR}`]: "" });
    assertEquals(await findProgram(EMULATOR, cache, installed), { path: EMULATOR, args: [], env: {} });
  });
});

Deno.test("a program in the cache is called with its libraries, and QEMU with its data", async () => {
  await inScratch(async (cache) => {
    writeFiles(cache, { [`tools/usr/bin/${EMULATOR}`]: "", [`tools/usr/bin/${COMPILER}`]: "" });
    const emulator = await findProgram(EMULATOR, cache, notInstalled);
    assertEquals(emulator?.path, `${cache}/tools/usr/bin/${EMULATOR}`);
    assertEquals(emulator?.args, ["-L", `${cache}/tools/usr/share/qemu`]);
    assertStringIncludes(
      emulator?.env.LD_LIBRARY_PATH ?? "",
      `${cache}/tools/usr/lib/${Deno.build.arch}-linux-gnu:${cache}/tools/lib/`,
    );
    assertEquals((await findProgram(COMPILER, cache, notInstalled))?.args, []);
  });
});

Deno.test("a task that boots, builds or times a kernel may run what is in the cache", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync("deno.json"));
  for (const name of ["suite", "record", "verify", "mutants", "bench", "record:corpus", "kernel:build", "kernel:profile"]) {
    assertMatch(tasks[name].command, / --allow-run /, name);
  }
});

Deno.test("a program that is neither on the search path nor in the cache is none", async () => {
  await inScratch(async (cache) => {
    writeFiles(cache, { [`tools/usr/bin/${COMPILER}/not-a-file`]: "" });
    assertEquals(await findProgram(EMULATOR, cache, notInstalled), undefined);
    assertEquals(await findProgram(COMPILER, cache, notInstalled), undefined);
  });
});

Deno.test("what is missing is named with the packages that have it, and with the task where it helps", () => {
  assertEquals(packagesOf([COMPILER, "tar", "other"]), ["gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross", "tar", "other"]);
  assertEquals(
    howToGet([EMULATOR]),
    'Not installed here: qemu-system-arm; on Debian or Ubuntu, as root: apt-get install qemu-system-arm; without root: "deno task kernel:fetch"',
  );
  assertEquals(howToGet([EMULATOR, "tar"]).includes("kernel:fetch"), false);
});

Deno.test("a kernel's package names those of its headers, or none", () => {
  const file = { size: 1, sha256: "0".repeat(64) };
  const own = { suite: "s", architecture: "a", name: "n", version: "1", ...file, image: { path: "boot/vmlinuz", ...file } };
  const headersOf = (more: Record<string, unknown>) =>
    parsePackage(new Facts({ package: { ...own, ...more } }, "6.12.0", "")).headers;
  assertEquals(headersOf({ headers: ["h"] }), ["h"]);
  assertEquals(headersOf({}), []);
  assertThrows(() => headersOf({ headers: 3 }), InputError, "package.headers must be a list of strings");
});

Deno.test("a flag has no value, and an option has one", () => {
  const known = { usage: "usage", options: ["kernel"], flags: ["modules"], operands: 0 };
  const { flags, options } = readKernelArguments(["--modules", "--kernel", "k", "--cache", "/c"], known, "/");
  assertEquals([[...flags], options.kernel], [["modules"], "k"]);
  assertThrows(
    () => readKernelArguments(["--modules", "surplus", "--cache", "/c"], known, "/"),
    InputError,
    "unknown argument surplus; usage",
  );
});
