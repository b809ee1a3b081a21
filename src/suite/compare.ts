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

/** What a target gives, and is held to. */
export type Given = Required<Pick<Target, "runsCode" | "givesImages" | "stacks">>;

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

/** do_init_module() shows the stack behind this line: the one report of the loader itself that needs no more than a module's do. */
const SHOWS_STACK = /^do_init_module: loading module anyway/;

/** What remains of a log without stacks, or without those that the loader shows. */
function withoutStacks(kernelLog: string, stacks: "modules" | "none"): string {
  const isReport = reportFilter();
  let who = "loader";
  let isShown = false;
  return kernelLog.split(/(?<=\n)/).filter((line) => {
    const text = line.replace(LEVEL, "").trimEnd();
    who = WHO.exec(line)?.[1] ?? (HEADER.test(line) ? "loader" : who);
    if (!isReport(text)) {
      isShown = SHOWS_STACK.test(text);
      return true;
    }
    return stacks === "modules" && (who !== "loader" || isShown);
  }).join("");
}

/** The lines of a log that a target can have. */
function linesOf(kernelLog: string, { runsCode, stacks }: Omit<Given, "givesImages">): string {
  if (!runsCode) return loaderLines(kernelLog);
  return stacks === "all" ? kernelLog : withoutStacks(kernelLog, stacks);
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
 * @param given whether the target ran the modules' code, and whether it gave stacks and the modules' bytes
 * @returns unified diffs, or "" where they agree
 */
export function compareWithGolden(
  id: string,
  golden: Golden,
  actual: GoldenTexts,
  given: Given,
): string {
  const [wantedLog, log] = [golden, actual].map(({ kernelLog }) => linesOf(kernelLog, given));
  const differences = [];
  const names = (file: string) => [`golden/${id}/${file}`, `now/${id}/${file}`] as const;
  if (wantedLog !== log) differences.push(patch(names("kernel.log"), wantedLog, log));
  if (golden.layout !== actual.layout) differences.push(patch(names("layout.txt"), golden.layout, actual.layout));
  if (given.givesImages && golden.image !== actual.image) {
    differences.push(patch(names("image.txt"), golden.image ?? "", actual.image ?? ""));
  }
  return differences.join("\n");
}
