// SPDX-License-Identifier: GPL-2.0-only
/**
 * A mutant: a module that loads, and a short list of edits. A seed and a number give the same one always.
 *
 * @module
 */

import type { KernelFacts } from "../build/kernel_facts.ts";
import type { Base } from "./base.ts";
import { type Edit, edited, editText } from "./edit.ts";
import { ELF_EDITS } from "./elf_edits.ts";
import { MODULE_EDITS } from "./module_edits.ts";
import { Random } from "./random.ts";

export interface Mutant {
  /** Which of its seed's mutants; one that shrank keeps the number of the one that it comes from. */
  readonly number: number;
  readonly base: Base;
  /** What it is loaded with. */
  readonly params: string;
  /** Not empty. */
  readonly edits: readonly Edit[];
  readonly bytes: Uint8Array;
}

const EDITS = [...ELF_EDITS, ...MODULE_EDITS];
/** How many edits a mutant has, by weight. */
const COUNTS = [[6, 1], [3, 2], [2, 3], [1, 4]] as const;
/** An edit that cannot be made, or that changes nothing, is drawn again so many times. */
const ATTEMPTS = 50;

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Edits one after the other, each drawn with the base in view and kept where it can be made behind those before it. */
function drawEdits(random: Random, { bytes, image }: Base, kernel: KernelFacts): { edits: Edit[]; bytes: Uint8Array } {
  const edits: Edit[] = [];
  let now = bytes;
  const count = random.weighted(COUNTS);
  for (let attempt = 0; attempt < ATTEMPTS && edits.length < count; attempt++) {
    const edit = random.weighted(EDITS)(random, image);
    const next = edit === undefined ? undefined : edited(now, [edit], kernel);
    if (edit === undefined || next === undefined || sameBytes(next, now) || sameBytes(next, bytes)) continue;
    edits.push(edit);
    now = next;
  }
  return { edits, bytes: now };
}

/**
 * A mutant.
 *
 * @param seed 32 bits
 * @param number from 0
 */
export function makeMutant(seed: number, number: number, bases: readonly Base[], kernel: KernelFacts): Mutant {
  const random = new Random(seed, number);
  const base = random.pick(bases);
  const params = random.pick(base.params ?? [""]);
  return { number, base, params, ...drawEdits(random, base, kernel) };
}

/** The same with other edits; undefined where they cannot be made. */
export function withEdits(mutant: Mutant, edits: readonly Edit[], kernel: KernelFacts): Mutant | undefined {
  const bytes = edited(mutant.base.bytes, edits, kernel);
  return bytes === undefined ? undefined : { ...mutant, edits, bytes };
}

/** The recipe of a mutant, for a folder of `cases/<area>/`. */
export function recipeText({ base, edits }: Mutant): string {
  const file = `../../${base.file}${base.recipe ? ".toml" : ""}`;
  return [`base = "${file}"\n`, ...edits.map(editText)].join("\n");
}

/** The `case.toml` that a mutant needs beside its recipe; undefined where a plain insmod is all. */
export function caseText({ base, params }: Mutant): string | undefined {
  if (params === "" && base.after === undefined) return undefined;
  const name = base.file.slice(base.file.lastIndexOf("/") + 1);
  const before = base.after === undefined ? "" : `[[step]]\ninsmod = "../../${base.after}"\n\n`;
  return `${before}[[step]]\ninsmod = "${name}"\n${params === "" ? "" : `params = ${JSON.stringify(params)}\n`}`;
}
