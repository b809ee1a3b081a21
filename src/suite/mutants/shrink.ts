// SPDX-License-Identifier: GPL-2.0-only
/**
 * Makes a mutant smaller for as long as it still does what it was chosen for.
 *
 * @module
 */

import type { KernelFacts } from "../build/kernel_facts.ts";
import { type Edit, type EditValue, isFields } from "./edit.ts";
import { type Mutant, withEdits } from "./mutant.ts";

/** Rounds after which a mutant is small enough. */
const MOST_ROUNDS = 12;

/** The value of a number or of its hex text; undefined for any other text. */
function numberOf(value: EditValue): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^0x[0-9a-f]+$/.test(value) ? Number(value) : undefined;
}

/** Smaller numbers, the smallest first. */
function smaller(value: number): number[] {
  return [...new Set([0, 1, Math.floor(value / 2), value - 1])].filter((each) => each >= 0 && each < value);
}

/** The keys of an edit with a number that can be anything; the others say what is edited. */
const FREE = ["to", "zeros", "size", "sh_flags", "sh_addralign", "st_value", "sig_len", "crc", "at", "r_offset"];

/** Simpler variants of an edit, the simplest first. */
function* simplerEdits(edit: Edit): Generator<Edit> {
  for (const [key, value] of Object.entries(edit)) {
    if (isFields(value)) {
      const names = Object.keys(value);
      if (names.length > 1) {
        for (const name of names) {
          yield { ...edit, [key]: Object.fromEntries(Object.entries(value).filter(([each]) => each !== name)) };
        }
      }
      for (const name of names) {
        for (const each of smaller(numberOf(value[name]) ?? 0)) yield { ...edit, [key]: { ...value, [name]: each } };
      }
    } else if (FREE.includes(key)) {
      for (const each of smaller(numberOf(value) ?? 0)) yield { ...edit, [key]: each };
    } else if (key === "words" && Array.isArray(value) && value.length > 1) {
      yield { ...edit, [key]: value.slice(0, -1) };
    }
  }
}

/** Simpler lists of edits: one edit fewer, then one that is simpler. */
function* simplerLists(edits: readonly Edit[]): Generator<Edit[]> {
  if (edits.length > 1) { for (let i = 0; i < edits.length; i++) yield edits.toSpliced(i, 1); }
  for (const [i, edit] of edits.entries()) for (const each of simplerEdits(edit)) yield edits.toSpliced(i, 1, each);
}

/**
 * The smallest mutant that is found by steps: one edit fewer, one field fewer, a smaller number.
 *
 * @param keeps which of the candidates still do what the mutant does, asked for many at once because a kernel has to boot for it
 */
export async function shrink(
  mutant: Mutant,
  kernel: KernelFacts,
  keeps: (candidates: readonly Mutant[]) => Promise<readonly boolean[]>,
): Promise<Mutant> {
  let smallest = mutant.params === "" ? mutant : await withoutParams(mutant, keeps);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const candidates = [...simplerLists(smallest.edits)].flatMap((edits) => withEdits(smallest, edits, kernel) ?? []);
    if (candidates.length === 0) break;
    const found = (await keeps(candidates)).indexOf(true);
    if (found < 0) break;
    smallest = candidates[found];
  }
  return smallest;
}

async function withoutParams(
  mutant: Mutant,
  keeps: (candidates: readonly Mutant[]) => Promise<readonly boolean[]>,
): Promise<Mutant> {
  const plain = { ...mutant, params: "" };
  return (await keeps([plain]))[0] ? plain : mutant;
}
