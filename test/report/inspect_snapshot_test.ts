// SPDX-License-Identifier: GPL-2.0-only
/**
 * What `insmodel inspect` prints of a real module, as a whole, beside the properties of inspect_test.ts. To accept a change:
 * `deno test --allow-read --allow-write=test test/report/inspect_snapshot_test.ts -- --update`.
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertSnapshot } from "@std/testing";
import { inspectCommand } from "../../src/cli/inspect.ts";

const MODULE = fromFileUrl(new URL("../../cases/seeds/exercise-2-export-and-use/symbol_exporter.ko", import.meta.url));

for (const options of [[], ["--json", "--exports", "--imports"]]) {
  Deno.test(`inspect ${options.join(" ")} of the module that exports`, async (context) => {
    let text = "";
    const io = { out: (part: string) => void (text += part), err: () => {}, resolve: () => MODULE };
    assertEquals(await inspectCommand([...options, "symbol_exporter.ko"], io), 0);
    await assertSnapshot(context, text);
  });
}
