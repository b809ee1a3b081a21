// SPDX-License-Identifier: GPL-2.0-only
/** The CPU, held to recorded vectors: what QEMU's Cortex-A7 made of a few programs of each row. */

import { assertEquals } from "@std/assert";
import { notModelled } from "../../src/cpu/outcome.ts";
import { fillData, ModelCpu } from "../verify/cpu/compare.ts";
import { known } from "../verify/cpu/known.ts";
import { CODE, TABLES } from "../verify/cpu/programs.ts";
import { changedData, readVectors } from "../verify/cpu/vectors.ts";

const { vectors } = await readVectors();
const model = new ModelCpu();

for (const set of ["A32", "T32"] as const) {
  const recorded = vectors.filter(({ program }) => program.set === set);

  Deno.test(`${set}: every vector ends as it did on the reference`, () => {
    for (const { program, outcome, data } of recorded) {
      fillData(model.words);
      const got = model.run(program, CODE);
      const what = `${program.row} [${program.words.map((word) => word.toString(16)).join(" ")}]`;
      assertEquals(got.kind, outcome.kind, what);
      if (outcome.kind !== "limit") continue;
      assertEquals(got, outcome, what);
      assertEquals(changedData(model.words), data, what);
    }
  });

  Deno.test(`${set}: every row that runs has vectors, but those that are knowingly otherwise`, () => {
    const names = new Set(recorded.map(({ program }) => program.row));
    const lacking = TABLES[set].flatMap(({ rows }) => rows).filter((row) =>
      row.build !== notModelled && !names.has(row.name) &&
      known({ set, row: row.name, words: [row.value], registers: [], cpsr: 0 }) === undefined
    );
    assertEquals(lacking.map(({ name }) => name), []);
  });
}
