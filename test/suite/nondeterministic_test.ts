// SPDX-License-Identifier: GPL-2.0-only
/** What two boots do not have in common: left out by rule, or listed with its reason, and found where it is neither. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { compareRuns, loaderLines } from "../../src/suite/compare.ts";
import { kernelLogText } from "../../src/suite/golden_text.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { parseNondeterministic } from "../../src/suite/nondeterministic.ts";

const entry = (lines: string) => `[[nondeterministic]]\n${lines}`;
const GOOD = 'case = "init/*"\nwhat = "kernel.log"\npattern = "x"\nreason = "y"\n';

/** A wrong table, and what is said of it. */
const BAD: readonly (readonly [toml: string, says: string])[] = [
  ["nondeterministic = 3", "it must be a list of tables"],
  ["nondeterministic = [3]", "nondeterministic[0]: it must be a table"],
  [
    entry(GOOD) + entry(GOOD.replace("reason", "because")),
    'nondeterministic[1]: unknown key "because"; known keys are case, what',
  ],
  [entry(GOOD.replace('reason = "y"\n', "")), 'nondeterministic[0]: "reason" must be a string'],
  [entry(GOOD.replace("kernel.log", "dmesg")), '"what" must be one of kernel.log, layout.txt, image.txt'],
  [entry(GOOD.replace('"x"', '"("')), '"pattern" is no regular expression: ('],
];

for (const [toml, says] of BAD) {
  Deno.test(`a wrong exception has one clear line: ${says}`, () => {
    const error = assertThrows(() => parseNondeterministic(toml, "kernel.toml"), InputError, says);
    assertStringIncludes(error.message, "Cannot read kernel.toml: nondeterministic");
  });
}

Deno.test("an exception is for the cases that its pattern names, whole", () => {
  const [{ case: isFor }] = parseNondeterministic(entry(GOOD.replace("init/*", "init/a.b*")), "kernel.toml");
  assertEquals(["init/a.b", "init/a.bc", "init/axb", "x/init/a.b"].map((id) => isFor.test(id)), [true, true, false, false]);
});

const STEP = { insmod: "/x.ko", params: "" };

/** The text of a log with a stack dump. */
function logWith(pid: number, registers: string): string {
  const dump = [
    `CPU: 0 UID: 0 PID: ${pid} Comm: insmod Tainted: G           OE      6.12.0 #1`,
    "Call trace: ",
    " show_stack from dump_stack_lvl+0x54/0x68",
    "Exception stack(0xe0821fa8 to 0xe0821ff0)",
    `dfa0:                   ${registers}`,
  ];
  const log = ["x: before", ...dump, "x: behind", "dfa0: 00000001"].map((text) => ({ level: 4, text }));
  return kernelLogText(STEP, { step: 0, op: "insmod", module: "x", rc: 0, errno: 0, log, taint: 0, modules: [] }, 0xe0800000);
}

Deno.test("a stack dump is the same whatever process and registers it shows; lines outside of one stay as they are", () => {
  const text = logWith(123, "be945d30 00000004");
  assertEquals(logWith(99, "be945d34 00000001"), text);
  assertStringIncludes(text, "PID: (pid) Comm: insmod");
  assertStringIncludes(text, "<4> (registers)\n<4> x: behind\n<4> dfa0: 00000001\n");
});

Deno.test("a target that runs no code is not held to stack dumps", () => {
  assertEquals(loaderLines(logWith(1, "be945d30")), "# insmod x.ko = 0\n<4> x: before\n<4> x: behind\n<4> dfa0: 00000001\n");
});

Deno.test("two runs that differ are shown with their difference, file by file", () => {
  const first = { kernelLog: "<6> a\n", layout: "taint 0\n", image: "x\n" };
  assertEquals(compareRuns("init/a", first, { ...first }), "");
  const difference = compareRuns("init/a", first, { ...first, layout: "taint 1\n" });
  assertStringIncludes(difference, "--- first/init/a/layout.txt\n+++ second/init/a/layout.txt\n");
  assertStringIncludes(difference, "-taint 0\n+taint 1\n");
  assertStringIncludes(compareRuns("init/a", first, { kernelLog: first.kernelLog, layout: first.layout }), "-x\n");
});
