// SPDX-License-Identifier: GPL-2.0-only
/**
 * Applies the `[[edit]]` tables of a recipe, each to what the one before it left.
 *
 * @module
 */

import type { ReadFile } from "./content.ts";
import { ELF_EDITS } from "./edits_elf.ts";
import { moduleEdits } from "./edits_module.ts";
import type { KernelFacts } from "./kernel_facts.ts";
import { Table } from "./table.ts";
import { Workpiece } from "./workpiece.ts";

/**
 * Applies the edits to a copy of `base`.
 *
 * @throws {RecipeError} naming the edit
 */
export function applyEdits(base: Uint8Array, edits: Table[], kernel: KernelFacts, readFile: ReadFile): Uint8Array {
  const work = new Workpiece(base);
  const known = { ...ELF_EDITS, ...moduleEdits(kernel) };
  for (const each of edits) {
    const verbs = Object.keys(each.values).filter((key) => Object.hasOwn(known, key));
    if (verbs.length !== 1) {
      each.fail(
        `an edit has one of these keys, and this one has ${verbs.join(" and ") || "none"}: ${Object.keys(known).join(", ")}`,
      );
    }
    const [verb] = verbs;
    const edit = new Table(`${each.place} (${verb})`, each.values);
    edit.has(verb);
    edit.within(() => known[verb]({ work, edit, readFile }));
    edit.done();
  }
  return work.bytes;
}
