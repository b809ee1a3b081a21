// SPDX-License-Identifier: GPL-2.0-only
/** The kernel's exports: a search by bisection, which needs their order. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { KernelExports } from "../../src/kernel/exports.ts";
import { readProfiles } from "../profiles.ts";

for (const { release, exports } of (await readProfiles()).usable) {
  Deno.test(`the exports of ${release} are in the order of their names`, () => {
    const names = [...exports.names()];
    assert(names.length > 0);
    for (let i = 1; i < names.length; i++) assert(names[i - 1] < names[i], `${names[i]} stands behind ${names[i - 1]}`);
  });

  Deno.test(`each export of ${release} is found, and none between them`, () => {
    for (const name of exports.names()) {
      assertEquals(exports.find(name)?.name, name);
      assertEquals(exports.find(`${name} `), undefined);
    }
  });
}

Deno.test("a name is found in a table if it is there, with or without an end of the last line", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", "_", "Z", "0"), minLength: 1, maxLength: 4 });
  fc.assert(fc.property(fc.uniqueArray(name), fc.array(name), fc.boolean(), (names, others, hasEnd) => {
    const lines = names.toSorted().map((each, i) => `${each}\t${i.toString(16)}\t\t1\tNS\tvmlinux`);
    const exports = new KernelExports(lines.join("\n") + (hasEnd && lines.length > 0 ? "\n" : ""));
    assertEquals([...exports.names()], names.toSorted());
    for (const each of [...others, ...names, ...others]) {
      const value = names.toSorted().indexOf(each);
      const expected = { name: each, value, crc: undefined, gplOnly: true, namespace: "NS" };
      assertEquals(exports.find(each), value < 0 ? undefined : expected);
    }
  }));
});
