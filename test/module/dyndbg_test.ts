// SPDX-License-Identifier: GPL-2.0-only
/** The parameter dyndbg, which every module has. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../src/kernel/fault.ts";
import { MOD_DATA } from "../../src/kernel/module.ts";
import { ParamFixture } from "./param_fixture.ts";

/** Queries, and the lines that they print after "dyndbg: ". */
const QUERIES: [query: string, ...lines: string[]][] = [
  ["dyndbg"],
  ["dyndbg=+p"],
  ["mod.dyndbg==_"],
  [`dyndbg="func main_* line 10-20 +pmf; file a.c:* -t ; # comment"`],
  ["dyndbg=p", "bad flag-op p, at start of p", "flags parse failed"],
  ["dyndbg=+px", "unknown flag 'x'", "flags parse failed"],
  [`dyndbg="func +p"`, "expecting pairs of match-spec <value>", "query parse failed"],
  [`dyndbg="name x +p"`, 'unknown keyword "name"', "query parse failed"],
  [`dyndbg="func a func b +p"`, "match-spec:func val:a overridden by b", "query parse failed"],
  [`dyndbg="file a.c:x func b +p"`, "match-spec:func val:x overridden by b", "query parse failed"],
  [`dyndbg="file a.c:7 line 8 +p"`, "match-spec: line used 2x", "query parse failed"],
  [`dyndbg="line 9-7 +p"`, "last-line:7 < 1st-line:9", "query parse failed"],
  [`dyndbg="line 0x1 +p"`, "bad line-number: 0x1", "query parse failed"],
  [`dyndbg="func 'a +p"`, "unclosed quote: a +p", "tokenize failed"],
  [`dyndbg="1 2 3 4 5 6 7 8 9 +p"`, "too many words, legal max <=9", "tokenize failed"],
];

for (const [args, ...lines] of QUERIES) {
  Deno.test(`${args} never stops the load`, () => {
    assertEquals(new ParamFixture().parse(args), [0, ...lines.map((line) => `<3> dyndbg: ${line}`)]);
  });
}

Deno.test("A dyndbg query that changes callsites is not modelled", () => {
  const kernel = new ParamFixture();
  assertThrows(() => kernel.parse(`dyndbg="module main +p"`), NotModelled, 'callsites in "main"');
  kernel.module.addSection({ name: "__dyndbg", sh_addr: 0xbf000000, sh_size: 28 }, MOD_DATA);
  assertThrows(() => kernel.parse("dyndbg"), NotModelled, "the callsites of mod");
});

Deno.test("A kernel without dynamic debug says so", () => {
  const kernel = new ParamFixture([]);
  assertEquals(kernel.parse("dyndbg=+p a.b=1"), [
    0,
    "<4> dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds",
    "<4> mod: unknown parameter 'a.b' ignored",
  ]);
});
