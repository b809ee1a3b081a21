// SPDX-License-Identifier: GPL-2.0-only
/**
 * Goldens: what a kernel did with a case. Written whole or not at all, and never edited by hand.
 *
 * @module
 */

import { join } from "@std/path";
import { parse } from "smol-toml";
import type { KernelProfile } from "../kernel/profile.ts";
import { type Case, caseId } from "./cases.ts";
import { kernelLogText, layoutText } from "./golden_text.ts";
import { imageText } from "./image_text.ts";
import type { StepResult } from "./outcome.ts";

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

/** The texts of a run. */
export function goldenTexts({ steps, image }: Case, results: readonly StepResult[], profile: KernelProfile): GoldenTexts {
  const { start } = profile.vmalloc;
  const each = (text: (result: StepResult) => string) => results.map(text).join("");
  return {
    kernelLog: each(({ outcome }) => kernelLogText(steps[outcome.step], outcome, start)),
    layout: each(({ outcome }) => layoutText(steps[outcome.step], outcome, start)),
    ...(image ? { image: each((result) => imageText(steps[result.outcome.step], result, profile)) } : {}),
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
