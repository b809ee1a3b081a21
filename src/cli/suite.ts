// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel suite`, `bless` and `record`: the cases, held to their goldens, and how goldens are made.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { DEFAULT_KERNEL, GOLDEN_DIR, loadProfile } from "../profile/load_profile.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { caseModuleReader } from "../suite/case_modules.ts";
import { type Case, caseId, findCases, isForKernel } from "../suite/cases.ts";
import { commandTarget } from "../suite/command_target.ts";
import { goldenTexts, readGolden, writeGolden } from "../suite/golden.ts";
import { checkKnownFailure, readKnownFailures } from "../suite/known_failures.ts";
import { ModelTarget } from "../suite/model_target.ts";
import type { StepResult } from "../suite/outcome.ts";
import { type Goldens, resultsOf, runCase } from "../suite/runner.ts";
import type { Target } from "../suite/target.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";

const KNOWN_FAILURES = fromFileUrl(new URL("../../test/known_failures.toml", import.meta.url));

/** `cases/` of this checkout. */
export const CASES_DIR = fromFileUrl(new URL("../../cases/", import.meta.url));

function goldensOf(profile: KernelProfile): Goldens {
  return { dir: fromFileUrl(GOLDEN_DIR), profile };
}

/** The model, as the suite runs it. */
export function modelTarget(profile: KernelProfile): Target {
  return new ModelTarget(profile, { regions: true, read: caseModuleReader(profile) });
}

/** The cases of a kernel whose id contains one of the words; all where no word is given. */
function chosenCases(profile: KernelProfile, words: readonly string[]): Case[] {
  const cases = findCases(CASES_DIR).filter((each) => isForKernel(each, profile.release, profile.alias));
  if (words.length === 0) return cases;
  const chosen = cases.filter((each) => words.some((word) => caseId(each).includes(word)));
  if (chosen.length === 0) throw new UsageError(`no case is named like ${words.join(", ")}`);
  return chosen;
}

/** Those of the chosen cases that can be read; the others are named on standard error. */
function readableCases(command: string, profile: KernelProfile, words: readonly string[], io: CommandIo): Case[] {
  return chosenCases(profile, words).filter(({ problem }) => {
    if (problem !== undefined) io.err(`insmodel ${command}: ${problem}\n`);
    return problem === undefined;
  });
}

/** The real kernel, as it is asked for goldens. */
async function qemuTarget(profile: KernelProfile, io: CommandIo, cache: string | undefined) {
  const { QemuTarget } = await import("../oracle/qemu_target.ts");
  return new QemuTarget(profile, caseModuleReader(profile), cache === undefined ? undefined : io.resolve(cache));
}

/** The target of a name: the model, the real kernel, or a command. */
async function chosenTarget(name: string, profile: KernelProfile, io: CommandIo, cache?: string): Promise<Target> {
  if (name === "model") return modelTarget(profile);
  return name === "qemu" ? await qemuTarget(profile, io, cache) : commandTarget(io.resolve(name), profile);
}

/** `insmodel suite`: @returns 0 where every case agrees with its golden */
export async function suiteCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string", target: "string", cache: "string" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const target = await chosenTarget(options.target ?? "model", profile, io, options.cache);
  const known = target.name === "model" ? readKnownFailures(KNOWN_FAILURES) : [];
  const counts = { recorded: 0, blessed: 0, failed: 0 };
  for (const each of chosenCases(profile, rest)) {
    const verdict = await runCase(target, each, goldensOf(profile));
    const { id, origin } = verdict;
    const difference = checkKnownFailure(known, profile.alias, verdict);
    if (difference !== "") io.out(`not ok ${id}\n${difference}\n\n`);
    else io.out(`ok ${id}\n`);
    if (difference !== "" || origin === undefined) counts.failed++;
    else counts[origin]++;
  }
  const agreed = counts.recorded + counts.blessed;
  io.out(`\n${target.name} on ${profile.release}: ${agreed} agree (${counts.recorded} recorded, ${counts.blessed} blessed)\n`);
  io.out(`${agreed} passed, ${counts.failed} failed\n`);
  return counts.failed === 0 ? 0 : 1;
}

function save(
  profile: KernelProfile,
  each: Case,
  results: readonly StepResult[],
  origin: "recorded" | "blessed",
  by: string,
) {
  writeGolden(goldensOf(profile).dir, profile.release, each, { origin, ...goldenTexts(each, results, profile) }, by);
}

/** `insmodel bless`: writes what the model says as the golden of cases that the real kernel has not been asked about. */
export async function blessCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const { dir } = goldensOf(profile);
  for (const each of readableCases("bless", profile, rest, io)) {
    if (readGolden(dir, profile.release, each)?.origin === "recorded") {
      if (rest.length > 0) io.err(`insmodel bless: ${caseId(each)} is recorded from the real kernel and stays so\n`);
      continue;
    }
    const results = await resultsOf(modelTarget(profile), each);
    const missing = results.find(({ outcome }) => outcome.notModelled !== undefined)?.outcome.notModelled;
    if (missing !== undefined) {
      io.err(`insmodel bless: ${caseId(each)} cannot be blessed, it meets what is not modelled: ${missing}\n`);
      continue;
    }
    save(profile, each, results, "blessed", "insmodel bless");
    io.out(`blessed ${caseId(each)}\n`);
  }
  return 0;
}

/** `insmodel record`: asks the real kernel, under QEMU. */
export async function recordCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string", cache: "string", missing: "boolean" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const { dir } = goldensOf(profile);
  const target = await qemuTarget(profile, io, options.cache);
  const isMissing = (each: Case) => {
    const golden = readGolden(dir, profile.release, each);
    return golden?.origin !== "recorded" || (each.image && golden.image === undefined);
  };
  const wanted = (each: Case) => !options.missing || isMissing(each);
  const cases = readableCases("record", profile, rest, io).filter(wanted);
  for (const [done, each] of cases.entries()) {
    const results = await resultsOf(target, each);
    save(profile, each, results, "recorded", await target.describe());
    io.out(`recorded ${caseId(each)} (${done + 1} of ${cases.length})\n`);
  }
  return 0;
}
