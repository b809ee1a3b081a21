// SPDX-License-Identifier: GPL-2.0-only
/**
 * An edit as a value: a `[[edit]]` table of a recipe.
 *
 * @module
 */

import { applyEdits } from "../build/edits.ts";
import type { KernelFacts } from "../build/kernel_facts.ts";
import { RecipeError, Table } from "../build/table.ts";

export type EditValue = string | number | boolean | readonly (string | number)[] | Fields;

/** The fields of a record with their new values. */
export interface Fields {
  readonly [name: string]: string | number;
}

/** The keys of a `[[edit]]` table, the verb first. */
export interface Edit {
  readonly [key: string]: EditValue;
}

export function isFields(value: EditValue): value is Fields {
  return typeof value === "object" && !Array.isArray(value);
}

/**
 * The bytes of a base after its edits.
 *
 * @returns undefined where the edits cannot be made: they name what an edit before them took away
 */
export function edited(base: Uint8Array, edits: readonly Edit[], kernel: KernelFacts): Uint8Array | undefined {
  try {
    const tables = edits.map((edit, i) => new Table(`edit ${i + 1}`, edit));
    return applyEdits(base, tables, kernel, () => {
      throw new Error("an edit of a mutant reads no file");
    });
  } catch (error) {
    if (error instanceof RecipeError) return undefined;
    throw error;
  }
}

/** Text in quotes; control characters as TOML escapes them. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function printed(value: EditValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (!isFields(value)) return `[${value.map(printed).join(", ")}]`;
  return `{ ${Object.entries(value).map(([name, each]) => `${name} = ${printed(each)}`).join(", ")} }`;
}

/**
 * An edit as a recipe has it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { editText } from "./edit.ts";
 * const text = editText({ set_section: ".text", fields: { sh_size: "old+1" } });
 * assertEquals(text, '[[edit]]\nset_section = ".text"\nfields = { sh_size = "old+1" }\n');
 * ```
 */
export function editText(edit: Edit): string {
  return ["[[edit]]", ...Object.entries(edit).map(([key, value]) => `${key} = ${printed(value)}`)].map((line) => `${line}\n`)
    .join("");
}
