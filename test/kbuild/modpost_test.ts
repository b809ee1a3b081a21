// SPDX-License-Identifier: GPL-2.0-only
/** The model of modpost, held to what the real program of 6.12 said and wrote (`deno task verify:kbuild --record` asks it). */

import { assertEquals, assertThrows } from "@std/assert";
import { ObjectError, readObject } from "../../src/kbuild/elf_info.ts";
import { parseFullSymvers, parseSymvers, SymversError } from "../../src/kbuild/symvers.ts";
import { goldenPath } from "../verify/modpost_goldens.ts";
import { givenOf } from "../verify/modpost_part.ts";
import { deviceTables, SCENARIOS } from "../verify/modpost_scenarios.ts";
import { modelOutcome, outcomeText } from "../verify/real_modpost.ts";
import { smallObject } from "../verify/small_object.ts";

for (const scenario of [...SCENARIOS, deviceTables(1)]) {
  Deno.test(`modpost: ${scenario.name}`, () => {
    assertEquals(outcomeText(modelOutcome(givenOf(scenario))), Deno.readTextFileSync(goldenPath(scenario)));
  });
}

Deno.test("a line of Module.symvers that is none is named by its number", () => {
  const good = "0x1\ta\tvmlinux\tEXPORT_SYMBOL\t\n";
  const lines: readonly (readonly [string, string])[] = [
    ["0x1\ta", "line 2: 2 columns where there are 3 to 5 between tabs"],
    ["", "line 2: 1 columns"],
    ["zero\ta\tvmlinux\tEXPORT_SYMBOL\t", 'line 2: the CRC "zero" is no number of 32 bits'],
    ["0x1\t\tvmlinux\tEXPORT_SYMBOL\t", "line 2: the symbol has no name"],
    ["0x1\ta\t\tEXPORT_SYMBOL\t", 'line 2: the symbol "a" has no module'],
    ["0x1\ta\tvmlinux\tEXPORT_UNUSED\t", 'line 2: "a" is exported by "EXPORT_UNUSED"'],
  ];
  for (const [line, message] of lines) assertThrows(() => parseSymvers(`${good}${line}\n`), SymversError, message);
});

Deno.test("older formats of Module.symvers leave unknown what they have no column for", () => {
  const [three] = parseSymvers("0x1\ta\tvmlinux\n");
  assertEquals([three.gpl, three.namespace], [undefined, undefined]);
  const [four] = parseSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL_GPL\n");
  assertEquals([four.gpl, four.namespace], [true, undefined]);
  assertThrows(() => parseFullSymvers("0x1\ta\tvmlinux\tEXPORT_SYMBOL\n"), SymversError, "line 1: 4 columns");
});

Deno.test("what is no object of 32-bit ARM says what it is", () => {
  const object = smallObject({});
  const changed = (at: number, value: number) => {
    const bytes = object.slice();
    bytes[at] = value;
    return bytes;
  };
  const files: readonly (readonly [Uint8Array, string])[] = [
    [new TextEncoder().encode("!<arch>\nfoo"), "it is an archive"],
    [new Uint8Array(100), "it is no ELF file"],
    [object.subarray(0, 40), "it ends within the ELF header: 40 bytes of 52"],
    [changed(18, 62), "it is for the machine X86_64, not ARM"],
    [changed(5, 2), "it is not little-endian"],
    [changed(4, 2), "it is not a 32-bit file"],
    [changed(16, 2), "it is no relocatable object: e_type EXEC"],
    [object.subarray(0, object.length - 8), "it is cut off"],
  ];
  for (const [bytes, message] of files) assertThrows(() => readObject(bytes), ObjectError, message);
});
