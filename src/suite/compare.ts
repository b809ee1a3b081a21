// SPDX-License-Identifier: GPL-2.0-only
/**
 * Holds a run to its golden.
 *
 * @module
 */

import { createTwoFilesPatch } from "diff";
import type { Golden, GoldenTexts } from "./golden.ts";
import { reportFilter } from "./stack_dump.ts";
import type { Target } from "./target.ts";

/** A line that names who prints the lines below it. */
const WHO = /^# (init|exit|loader)\n$/;
const LEVEL = /^<\d> /;
const HEADER = /^# (insmod|rmmod) /;

/**
 * What remains of a log for a target that runs no module code: the loader's own lines. What init and exit printed is left out, and so is the
 * stack dump behind a warning, which shows the stack of code that did run.
 */
export function loaderLines(kernelLog: string): string {
  const kept: string[] = [];
  let who = "loader";
  const isReport = reportFilter();
  for (const line of kernelLog.split(/(?<=\n)/)) {
    const named = WHO.exec(line)?.[1];
    if (named !== undefined || HEADER.test(line)) who = named ?? "loader";
    const inReport = isReport(line.replace(LEVEL, "").trimEnd());
    if (named === undefined && who === "loader" && !inReport) kept.push(line);
  }
  return kept.join("");
}

/** A unified diff of two texts, without its heading where it has one. */
function patch(names: readonly [string, string], wanted: string, actual: string): string {
  return createTwoFilesPatch(...names, wanted, actual, "", "", { context: 3 }).split("\n").slice(1).join("\n");
}

/** The differences between two runs of a case on one kernel: unified diffs, or "" where they agree. */
export function compareRuns(id: string, first: GoldenTexts, second: GoldenTexts): string {
  const texts = ({ kernelLog, layout, image }: GoldenTexts) =>
    new Map([["kernel.log", kernelLog], ["layout.txt", layout], ["image.txt", image ?? ""]]);
  const again = texts(second);
  return [...texts(first)].flatMap(([file, text]) => {
    const other = again.get(file) ?? "";
    return text === other ? [] : [patch([`first/${id}/${file}`, `second/${id}/${file}`], text, other)];
  }).join("\n");
}

/**
 * Compares the texts of a run with its golden.
 *
 * @param id the case, for the report
 * @param target whether it ran the modules' code, and whether it gave their bytes
 * @returns unified diffs, or "" where they agree
 */
export function compareWithGolden(
  id: string,
  golden: Golden,
  actual: GoldenTexts,
  { runsCode, givesImages }: Required<Pick<Target, "runsCode" | "givesImages">>,
): string {
  const [wantedLog, log] = runsCode
    ? [golden.kernelLog, actual.kernelLog]
    : [loaderLines(golden.kernelLog), loaderLines(actual.kernelLog)];
  const differences = [];
  const names = (file: string) => [`golden/${id}/${file}`, `now/${id}/${file}`] as const;
  if (wantedLog !== log) differences.push(patch(names("kernel.log"), wantedLog, log));
  if (golden.layout !== actual.layout) differences.push(patch(names("layout.txt"), golden.layout, actual.layout));
  if (givesImages && golden.image !== actual.image) {
    differences.push(patch(names("image.txt"), golden.image ?? "", actual.image ?? ""));
  }
  return differences.join("\n");
}
