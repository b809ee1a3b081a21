// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel as a target of the suite.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import type { ReadModule } from "../suite/module_files.ts";
import type { StepResult } from "../suite/outcome.ts";
import type { Scenario, Step } from "../suite/scenario.ts";
import type { Target } from "../suite/target.ts";
import { boardArguments, readBoard } from "./guest/board.ts";
import { cacheDirectory } from "./kernel_under_test.ts";
import { inTemporaryDirectory } from "./interrupt.ts";
import { emulatorVersion } from "./programs.ts";
import { type RecordOptions, recordScenario } from "./record.ts";

/** Replays scenarios on the kernel of a profile, each in a guest of its own. */
export class QemuTarget implements Target {
  readonly name = "qemu";
  readonly runsCode = true;
  readonly givesImages = true;

  /**
   * @param read reads or builds a module file
   * @param options.cache the cache directory; see kernel_under_test.ts
   * @param options.boot which boot of the kernel the guests start from, 1 unless given; no two have their addresses and times in common
   */
  constructor(
    readonly profile: KernelProfile,
    readonly read: (path: string) => Promise<ReadModule>,
    readonly options: Pick<RecordOptions, "cache" | "boot"> = {},
  ) {}

  /** What recorded, for a golden's origin. */
  async describe(): Promise<string> {
    return `${await emulatorVersion(this.options.cache ?? cacheDirectory())}, ${
      boardArguments(await readBoard(this.profile.release)).join(" ")
    }`;
  }

  async *run(scenario: Scenario): AsyncGenerator<StepResult> {
    yield* await inTemporaryDirectory("insmodel-modules-", async (folder) => {
      const steps: Step[] = [];
      for (const [i, step] of scenario.steps.entries()) steps.push(await this.#asFile(step, `${folder}/${i}`));
      return await recordScenario({ ...scenario, steps }, { ...this.options, profile: this.profile, images: true });
    });
  }

  /** A step whose module is a file, as a guest needs it. */
  async #asFile(step: Step, folder: string): Promise<Step> {
    if (!("insmod" in step)) return step;
    const { file } = await this.read(step.insmod);
    const path = `${folder}/${step.insmod.slice(step.insmod.lastIndexOf("/") + 1)}`;
    await Deno.mkdir(file.kind === "directory" ? path : folder, { recursive: true });
    if (file.kind === "regular") await Deno.writeFile(path, file.bytes);
    return { ...step, insmod: path };
  }
}
