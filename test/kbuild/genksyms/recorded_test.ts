// SPDX-License-Identifier: GPL-2.0-only
/** Kernel sources: versions, dumps of types and messages are the very ones of the real genksyms. */

import { assertEquals } from "@std/assert";
import { modelled, readBundle, readRecorded } from "./fixtures.ts";

const all = readRecorded();

for (const bundle of new Set(all.map((recorded) => recorded.bundle))) {
  Deno.test(`the real genksyms and the model say the same of ${bundle}`, () => {
    for (const { recorded, bytes } of readBundle(bundle, all)) {
      const { types, messages, symvers } = recorded;
      assertEquals(modelled(bytes), { types, messages, symvers }, recorded.source);
    }
  });
}
