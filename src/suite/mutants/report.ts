// SPDX-License-Identifier: GPL-2.0-only
/**
 * What is said of mutants on which the kernel and the model differ.
 *
 * @module
 */

import type { KnownMutant } from "../known_failures.ts";
import { type Cause, causeOf, causeText, isDifferent, isFault, reachedInit } from "./difference.ts";
import type { Verdict } from "./duel.ts";
import { caseText, recipeText } from "./mutant.ts";

/** Mutants that differ in the same way. */
export interface Finding {
  readonly cause: Cause;
  readonly verdicts: readonly Verdict[];
  /** Its entry in the list of known ones. */
  readonly known: KnownMutant | undefined;
}

/** How the real kernel ended the loads. */
export interface Tally {
  readonly refused: number;
  readonly loaded: number;
  /** In the loader: oopsed, died or hung. */
  readonly fell: number;
  /** In the module's own code. */
  readonly fellInCode: number;
}

export function tallyOf(verdicts: readonly Verdict[]): Tally {
  const count = (holds: (verdict: Verdict) => boolean) => verdicts.filter(holds).length;
  return {
    refused: count(({ real }) => (real.rc ?? 0) < 0),
    loaded: count(({ real }) => real.rc === 0),
    fell: count(({ real }) => isFault(real) && !reachedInit(real)),
    fellInCode: count(({ real }) => isFault(real) && reachedInit(real)),
  };
}

/** Whether a text is what a pattern with `*` says. */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

/** Those that differ, by cause; the most frequent first. */
export function findings(verdicts: readonly Verdict[], known: readonly KnownMutant[]): Finding[] {
  const byCause = new Map<string, { cause: Cause; verdicts: Verdict[] }>();
  for (const verdict of verdicts.filter(({ difference }) => isDifferent(difference))) {
    const cause = causeOf(verdict.difference);
    const entry = byCause.get(causeText(cause)) ?? { cause, verdicts: [] };
    byCause.set(causeText(cause), entry);
    entry.verdicts.push(verdict);
  }
  return [...byCause.values()].sort((a, b) => b.verdicts.length - a.verdicts.length).map((finding) => ({
    ...finding,
    known: known.find(({ real, model }) => matches(real, finding.cause.real) && matches(model, finding.cause.model)),
  }));
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, "  ");
}

/** So many lines of a difference are shown, cut to so many characters. */
const MOST_LINES = 24;
const MOST_CHARACTERS = 160;

function firstOf(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_CHARACTERS));
  return lines.length > MOST_LINES ? [...shown, `(and ${lines.length - MOST_LINES} lines)`] : shown;
}

/** A mutant with what both made of it: the recipe and, where it takes more than an insmod, the case, ready for a folder of `cases/`. */
export function verdictText({ mutant, difference: { real, model } }: Verdict): string {
  const file = `${mutant.base.file.slice(mutant.base.file.lastIndexOf("/") + 1)}.toml`;
  const steps = caseText(mutant);
  const lines = [...firstOf(real).map((line) => `- ${line}`), ...firstOf(model).map((line) => `+ ${line}`)];
  const parts = [
    `${file}:\n${indented(recipeText(mutant))}`,
    ...(steps === undefined ? [] : [`case.toml:\n${indented(steps)}`]),
    lines.length === 0
      ? "The kernel and the model agree.\n"
      : `The kernel (-) and the model (+):\n${lines.map((line) => `  ${line}\n`).join("")}`,
  ];
  return parts.join("\n");
}

/** The numbers of a finding's mutants, the first few. */
export function numbersText({ verdicts }: Finding): string {
  const numbers = verdicts.slice(0, 12).map(({ mutant }) => mutant.number);
  return `${numbers.join(", ")}${verdicts.length > numbers.length ? ", ..." : ""}`;
}

/** The closing line. */
export function summaryText(verdicts: readonly Verdict[], found: readonly Finding[]): string {
  const { refused, loaded, fell, fellInCode } = tallyOf(verdicts);
  const count = (some: readonly Finding[]) => some.reduce((sum, { verdicts }) => sum + verdicts.length, 0);
  const differing = count(found);
  const listed = count(found.filter(({ known }) => known !== undefined));
  return `${verdicts.length} mutants: the kernel refused ${refused}, loaded ${loaded}, fell in the loader on ${fell} and in the module's ` +
    `own code on ${fellInCode}; ${verdicts.length - differing} agree, ${differing} differ, ${listed} of these listed\n`;
}
