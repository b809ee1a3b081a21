// SPDX-License-Identifier: GPL-2.0-only
/** The reader of section headers that is written out, held to the table of their fields. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readRecord, readShdr, SHDR } from "../src/elf/records.ts";

Deno.test("readShdr() reads what readRecord() reads, whatever the bytes are", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: SHDR.size + 3, maxLength: SHDR.size + 3 }), fc.nat(3), (bytes, at) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    assertEquals(readShdr(view, at), readRecord(view, at, SHDR));
  }));
});
