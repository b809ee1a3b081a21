// SPDX-License-Identifier: GPL-2.0-only
/** The reader of section headers that is written out, held to the table of their fields. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readRecord, SHDR } from "../../src/elf/records.ts";
import { Section } from "../../src/kernel/section.ts";

Deno.test("a Section has the fields that readRecord() reads, whatever the bytes are", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: SHDR.size + 3, maxLength: SHDR.size + 3 }), fc.nat(3), (bytes, at) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const section = new Section(view, at);
    const wanted = readRecord(view, at, SHDR);
    assertEquals(Object.fromEntries(SHDR.fields.map(([name]) => [name, section[name]])), wanted);
    assertEquals(section.at, wanted.sh_offset);
  }));
});
