// SPDX-License-Identifier: GPL-2.0-only
/**
 * Goldens: what a kernel did with a case. Written whole or not at all, and never edited by hand.
 *
 * @module
 */

import { join } from "@std/path";
import { parse } from "smol-toml";
import type { KernelProfile } from "../kernel/profile.ts";
import { DEFAULT_KERNEL } from "../profile/load_profile.ts";
import { type Case, caseId } from "./cases.ts";
import { kernelLogText, layoutText } from "./golden_text.ts";
import { imageText } from "./image_text.ts";
import { type GoldenFile, type Nondeterministic, readNondeterministic, withoutVarying } from "./nondeterministic.ts";
import type { StepResult } from "./outcome.ts";
import type { Step } from "./scenario.ts";

/** Who made a golden: a real kernel, or the model, waiting to be recorded. */
export type Origin = "recorded" | "blessed";

export interface Golden {
  readonly origin: Origin;
  /** Text of `kernel.log`. */
  readonly kernelLog: string;
  /** Text of `layout.txt`. */
  readonly layout: string;
  /** Text of `image.txt`, which only cases with `image = true` have. */
  readonly image?: string;
}

/** The texts of a golden. */
export type GoldenTexts = Omit<Golden, "origin">;

/** Where the goldens are, those of which kernel, and what is left out of them. */
export interface Goldens {
  readonly dir: string;
  readonly profile: KernelProfile;
  readonly exceptions: readonly Nondeterministic[];
}

/** The goldens of a kernel in a folder such as `golden/`. */
export function openGoldens(dir: string, profile: KernelProfile): Goldens {
  return { dir, profile, exceptions: readNondeterministic(dir, profile.release) };
}

/** The texts of a run, as a golden holds them. */
export function goldenTexts(of: Case, results: readonly StepResult[], { profile, exceptions }: Goldens): GoldenTexts {
  const { steps, image } = of;
  const { start } = profile.vmalloc;
  const text = (file: GoldenFile, each: (result: StepResult, step: Step) => string) => {
    const whole = results.map((result) => each(result, steps[result.outcome.step])).join("");
    return withoutVarying(whole, exceptions, caseId(of), file);
  };
  return {
    kernelLog: text("kernel.log", ({ outcome }, step) => kernelLogText(step, outcome, start)),
    layout: text("layout.txt", ({ outcome }, step) => layoutText(step, outcome, start)),
    ...(image ? { image: text("image.txt", (result, step) => imageText(step, result, profile)) } : {}),
  };
}

function folderOf(goldenDir: string, release: string, each: Case): string {
  return join(goldenDir, release, caseId(each));
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The golden of a case, if there is one. */
export function readGolden(goldenDir: string, release: string, each: Case): Golden | undefined {
  const folder = folderOf(goldenDir, release, each);
  const kernelLog = readText(join(folder, "kernel.log"));
  const layout = readText(join(folder, "layout.txt"));
  const origin = parse(readText(join(folder, "origin.toml")) ?? "").origin;
  if (kernelLog === undefined || layout === undefined) return undefined;
  if (origin !== "recorded" && origin !== "blessed") return undefined;
  const image = readText(join(folder, "image.txt"));
  return { origin, kernelLog, layout, ...(image === undefined ? {} : { image }) };
}

/**
 * Whether a case counts on a kernel. On the one that cases are written for, each does; on another kernel those do that have been
 * recorded there, as a new case is not to wait until every kernel is built.
 */
export function isHeld(each: Case, { dir, profile }: Goldens): boolean {
  return profile.alias === DEFAULT_KERNEL || each.problem !== undefined || readGolden(dir, profile.release, each) !== undefined;
}

/**
 * Writes a golden: into a folder beside its place, which then takes the place.
 *
 * @param by the command or machine that made it
 */
export function writeGolden(goldenDir: string, release: string, each: Case, golden: Golden, by: string): void {
  const folder = folderOf(goldenDir, release, each);
  const fresh = `${folder}.new`;
  Deno.mkdirSync(fresh, { recursive: true });
  Deno.writeTextFileSync(join(fresh, "kernel.log"), golden.kernelLog);
  Deno.writeTextFileSync(join(fresh, "layout.txt"), golden.layout);
  if (golden.image !== undefined) Deno.writeTextFileSync(join(fresh, "image.txt"), golden.image);
  Deno.writeTextFileSync(join(fresh, "origin.toml"), `origin = "${golden.origin}"\nby = ${JSON.stringify(by)}\n`);
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.renameSync(fresh, folder);
}
