// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel run`: replays a scenario.
 *
 * @module
 */

import { dirname, join, resolve } from "@std/path";
import { caseModuleReader, moduleExists } from "../suite/case_modules.ts";
import { isFile } from "../suite/files.ts";
import { kernelLogText, layoutText } from "../suite/golden_text.ts";
import { InputError, oneLine, reason } from "../suite/input_error.ts";
import { ModelTarget } from "../suite/model_target.ts";
import type { RegionImage, StepOutcome } from "../suite/outcome.ts";
import type { Scenario } from "../suite/scenario.ts";
import { parseCase } from "../suite/scenario_file.ts";
import type { CommandIo } from "./io.ts";
import { completeBy, openProfile, TAKEN_FOR_GRANTED } from "./kernel_option.ts";
import { fileArgument, readOptions, UsageError } from "./options.ts";

/** Bytes that a scenario may have at the most. */
const LIMIT = 1 << 24;

/** The text of a file: any that can be read, but no more of it than a scenario can have. */
function readText(path: string): string {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(LIMIT + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read) read = file.readSync(bytes.subarray(length)) ?? 0;
    if (length <= LIMIT) return new TextDecoder().decode(bytes.subarray(0, length));
  } catch (error) {
    throw new InputError(`Cannot read case "${path}": ${reason(error)}`);
  }
  throw new InputError(`Cannot read case "${path}": it is larger than ${LIMIT >> 20} MiB`);
}

/** A scenario of a file, or for `-` of standard input; its paths start from its folder, or from where the user stands. */
async function readScenario(file: string, io: CommandIo): Promise<Scenario> {
  if (file === "-") return parseCase(await io.input(), "standard input", (path) => io.resolve(path));
  const path = io.resolve(file);
  return parseCase(readText(path), path, (each) => resolve(dirname(path), each));
}

/** Makes the folder that images go to. @throws {InputError} where there can be none, or nothing can be written to it */
function makeFolder(folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`Cannot write images to "${folder}": ${reason(error)}`);
  }
}

/** Writes the bytes of each region to a file. Like the kernel in /sys/module, it has `!` for a slash in a module's name. */
function writeImages(folder: string, outcome: StepOutcome, images: readonly RegionImage[]): void {
  const module = oneLine(outcome.module).replaceAll("/", "!");
  for (const { type, bytes } of images) {
    const path = join(folder, `${outcome.step}-${module}-${type}.bin`);
    try {
      Deno.writeFileSync(`${path}.new`, bytes);
      Deno.renameSync(`${path}.new`, path);
    } catch (error) {
      throw new InputError(`Cannot write images to "${folder}": ${reason(error)}`);
    }
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
  const [path, surplus] = rest;
  const file = fileArgument(path, "scenario");
  if (surplus !== undefined) throw new UsageError(`one scenario at a time; "${surplus}" is too many`);
  const scenario = await readScenario(file, io);
  for (const [i, step] of scenario.steps.entries()) {
    if ("insmod" in step && !moduleExists(step.insmod)) {
      throw new InputError(`Cannot run case "${file}": step ${i}: there is no module "${step.insmod}"`);
    }
  }
  const modules = scenario.steps.flatMap((step) => "insmod" in step && isFile(step.insmod) ? [step.insmod] : []);
  const profile = await completeBy(await openProfile(options.kernel ?? scenario.kernel, io), modules);
  if (profile.isLearnt && (options.image || options.images !== undefined)) {
    throw new InputError(`Cannot show bytes: the profile of ${profile.release} was learnt from files, which do not tell them`);
  }
  const images = options.images === undefined ? undefined : io.resolve(options.images);
  if (images !== undefined) makeFolder(images);

  const target = new ModelTarget(profile, {
    regions: options.json === true || options.layout === true || options.image === true || images !== undefined,
    read: caseModuleReader(profile),
  });
  let code = 0;
  for await (const { outcome, images: regions } of target.run(scenario)) {
    const step = scenario.steps[outcome.step];
    if (options.json) io.out(`${JSON.stringify(outcome)}\n`);
    else {
      io.out(kernelLogText(step, outcome, profile.vmalloc.start, false));
      if (options.layout) io.out(layoutText(step, outcome, profile.vmalloc.start));
      if (options.image) {
        io.out((await import("../suite/image_text.ts")).imageText(step, { outcome, images: regions }, profile));
      }
    }
    if (images !== undefined) writeImages(images, outcome, regions);
    if (outcome.notModelled === undefined) continue;
    const what = `step ${outcome.step} (${outcome.op} ${outcome.module}): not modelled: ${outcome.notModelled}`;
    io.err(`insmodel: ${oneLine(what)}\n`);
    code = 1;
  }
  if (profile.isLearnt && !options.json) io.err(TAKEN_FOR_GRANTED);
  return code;
}
