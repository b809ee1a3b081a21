// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel run`: replays a scenario.
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import { caseModuleReader, moduleExists } from "../suite/case_modules.ts";
import { kernelLogText, layoutText } from "../suite/golden_text.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { ModelTarget } from "../suite/model_target.ts";
import type { RegionImage, StepOutcome } from "../suite/outcome.ts";
import type { Scenario } from "../suite/scenario.ts";
import { parseCase } from "../suite/scenario_file.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "no such file" : firstLine(error);
    throw new InputError(`Cannot read case "${path}": ${why}`);
  }
}

function readScenario(path: string): Scenario {
  return parseCase(readText(path), path, (file) => resolve(dirname(path), file));
}

function writeImages(folder: string, outcome: StepOutcome, images: readonly RegionImage[]): void {
  for (const { type, bytes } of images) {
    Deno.writeFileSync(join(folder, `${outcome.step}-${outcome.module}-${type}.bin`), bytes);
  }
}

/** @returns the exit code: 0 where every step ran, 1 where one met something that is not modelled */
export async function runCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    kernel: "string",
    json: "boolean",
    layout: "boolean",
    image: "boolean",
    images: "string",
  });
  const [file, surplus] = rest;
  if (file === undefined) throw new UsageError("no scenario is named");
  if (surplus !== undefined) throw new UsageError(`one scenario at a time; "${surplus}" is too many`);
  const scenario = readScenario(io.resolve(file));
  for (const [i, step] of scenario.steps.entries()) {
    if ("insmod" in step && !moduleExists(step.insmod)) {
      throw new InputError(`Cannot run case "${file}": step ${i}: there is no module "${step.insmod}"`);
    }
  }
  const profile = await loadProfile(options.kernel ?? scenario.kernel ?? DEFAULT_KERNEL);
  const images = options.images === undefined ? undefined : io.resolve(options.images);
  if (images !== undefined) Deno.mkdirSync(images, { recursive: true });

  const target = new ModelTarget(profile, {
    regions: options.json === true || options.layout === true || options.image === true || images !== undefined,
    read: caseModuleReader(profile),
  });
  let code = 0;
  for await (const { outcome, images: regions } of target.run(scenario)) {
    const step = scenario.steps[outcome.step];
    if (options.json) io.out(`${JSON.stringify(outcome)}\n`);
    else {
      io.out(kernelLogText(step, outcome, profile.vmalloc.start));
      if (options.layout) io.out(layoutText(step, outcome, profile.vmalloc.start));
      if (options.image) {
        io.out((await import("../suite/image_text.ts")).imageText(step, { outcome, images: regions }, profile));
      }
    }
    if (images !== undefined) writeImages(images, outcome, regions);
    if (outcome.notModelled === undefined) continue;
    io.err(`insmodel: step ${outcome.step} (${outcome.op} ${outcome.module}): not modelled: ${outcome.notModelled}\n`);
    code = 1;
  }
  return code;
}
