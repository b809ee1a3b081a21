// SPDX-License-Identifier: GPL-2.0-only
/**
 * Holds a run to its golden.
 *
 * @module
 */

import { createTwoFilesPatch } from "diff";
import type { Golden, GoldenTexts } from "./golden.ts";
import type { Target } from "./target.ts";

/** A line that names who prints the lines below it. */
const WHO = /^# (init|exit|loader)\n$/;
const HEADER = /^# (insmod|rmmod) /;

/** dump_stack(): how its report begins, and the lines that belong to it. */
const STACK_DUMP = /^<\d> CPU: \d+ UID: \d+ PID: \d+ /;
const STACK_DUMP_LINE = /^<\d> (Tainted: |Hardware name: |Call trace:|\s*\S+ from |Exception stack|[0-9a-f]{4}: )/;

/**
 * What remains of a log for a target that runs no module code: the loader's own lines. What init and exit printed is left out, and so is the
 * stack dump behind a warning, which shows the stack of code that did run.
 */
export function loaderLines(kernelLog: string): string {
  const kept: string[] = [];
  let who = "loader";
  let inDump = false;
  for (const line of kernelLog.split(/(?<=\n)/)) {
    const named = WHO.exec(line)?.[1];
    if (named !== undefined || HEADER.test(line)) who = named ?? "loader";
    inDump = STACK_DUMP.test(line) || (inDump && STACK_DUMP_LINE.test(line));
    if (named === undefined && who === "loader" && !inDump) kept.push(line);
  }
  return kept.join("");
}

function patch(name: string, golden: string, actual: string): string {
  return createTwoFilesPatch(`golden/${name}`, `now/${name}`, golden, actual, "", "", { context: 3 })
    .split("\n").slice(1).join("\n");
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
  if (wantedLog !== log) differences.push(patch(`${id}/kernel.log`, wantedLog, log));
  if (golden.layout !== actual.layout) differences.push(patch(`${id}/layout.txt`, golden.layout, actual.layout));
  if (givesImages && golden.image !== actual.image) {
    differences.push(patch(`${id}/image.txt`, golden.image ?? "", actual.image ?? ""));
  }
  return differences.join("\n");
}
