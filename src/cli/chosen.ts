// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the commands over cases have in common: which cases, on what, and where their goldens are.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import type { KernelProfile } from "../kernel/profile.ts";
import { GOLDEN_DIR } from "../profile/load_profile.ts";
import { caseModuleReader } from "../suite/case_modules.ts";
import { type Case, caseId, findCases, isForKernel } from "../suite/cases.ts";
import { commandTarget } from "../suite/command_target.ts";
import { type Goldens, openGoldens } from "../suite/golden.ts";
import { ModelTarget } from "../suite/model_target.ts";
import type { Target } from "../suite/target.ts";
import type { CommandIo } from "./io.ts";
import { UsageError } from "./options.ts";

/** `cases/` of this checkout. */
export const CASES_DIR = fromFileUrl(new URL("../../cases/", import.meta.url));

/** The goldens of this checkout for a kernel. */
export function goldensOf(profile: KernelProfile): Goldens {
  return openGoldens(fromFileUrl(GOLDEN_DIR), profile);
}

/** The model, as the suite runs it. */
export function modelTarget(profile: KernelProfile): Target {
  return new ModelTarget(profile, { regions: true, running: "always", read: caseModuleReader(profile) });
}

/** The cases of a kernel whose id contains one of the words; all where no word is given. */
export function chosenCases(profile: KernelProfile, words: readonly string[]): Case[] {
  const cases = findCases(CASES_DIR).filter((each) => isForKernel(each, profile.release, profile.alias));
  if (words.length === 0) return cases;
  const chosen = cases.filter((each) => words.some((word) => caseId(each).includes(word)));
  if (chosen.length === 0) throw new UsageError(`no case is named like ${words.join(", ")}`);
  return chosen;
}

/** Those of the chosen cases that can be read; the others are named on standard error. */
export function readableCases(command: string, profile: KernelProfile, words: readonly string[], io: CommandIo): Case[] {
  return chosenCases(profile, words).filter(({ problem }) => {
    if (problem !== undefined) io.err(`insmodel ${command}: ${problem}\n`);
    return problem === undefined;
  });
}

/** The real kernel, as it is asked for goldens. */
export async function qemuTarget(profile: KernelProfile, io: CommandIo, cache: string | undefined, boot = 1) {
  const { QemuTarget } = await import("../oracle/qemu_target.ts");
  return new QemuTarget(profile, caseModuleReader(profile), {
    boot,
    ...(cache === undefined ? {} : { cache: io.resolve(cache) }),
  });
}

/** The target of a name: the model, the real kernel, or a command. */
export async function chosenTarget(name: string, profile: KernelProfile, io: CommandIo, cache?: string): Promise<Target> {
  if (name === "model") return modelTarget(profile);
  return name === "qemu" ? await qemuTarget(profile, io, cache) : commandTarget(commandWords(name, io), profile);
}

/** A program and its arguments, between spaces; one named with a slash is found from where the user stands. */
function commandWords(command: string, io: CommandIo): string[] {
  const [program, ...args] = command.trim().split(/\s+/);
  return [program.includes("/") ? io.resolve(program) : program, ...args];
}

/** How many guests or commands run at once. */
export function readJobs(given: string | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (!/^[1-9]\d{0,2}$/.test(given)) throw new UsageError(`option --jobs is ${given}; it must be a number from 1 to 999`);
  return Number(given);
}
