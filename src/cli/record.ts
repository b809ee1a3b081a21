// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel bless` and `record`: how goldens are made.
 *
 * @module
 */

import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import { type Case, caseId } from "../suite/cases.ts";
import { compareRuns } from "../suite/compare.ts";
import { goldenTexts, readGolden, writeGolden } from "../suite/golden.ts";
import { inOrder } from "../suite/in_order.ts";
import { showProgress } from "../suite/progress.ts";
import { resultsOf } from "../suite/runner.ts";
import { goldensOf, modelTarget, qemuTarget, readableCases, readJobs } from "./chosen.ts";
import type { CommandIo } from "./io.ts";
import { readOptions } from "./options.ts";

/** `insmodel bless`: writes what the model says as the golden of cases that the real kernel has not been asked about. */
export async function blessCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const goldens = goldensOf(profile);
  const { dir } = goldens;
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
    writeGolden(dir, profile.release, each, { origin: "blessed", ...goldenTexts(each, results, goldens) }, "insmodel bless");
    io.out(`blessed ${caseId(each)}\n`);
  }
  return 0;
}

/** `insmodel record`: asks the real kernel under QEMU, twice. @returns 1 where it does not answer the same both times */
export async function recordCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string", cache: "string", jobs: "string", missing: "boolean" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const goldens = goldensOf(profile);
  const { dir } = goldens;
  const [target, other] = [await qemuTarget(profile, io, options.cache, 1), await qemuTarget(profile, io, options.cache, 2)];
  const isMissing = (each: Case) => {
    const golden = readGolden(dir, profile.release, each);
    return golden?.origin !== "recorded" || (each.image && golden.image === undefined);
  };
  const wanted = (each: Case) => !options.missing || isMissing(each);
  const cases = readableCases("record", profile, rest, io).filter(wanted);
  const jobs = readJobs(options.jobs, navigator.hardwareConcurrency);
  // A golden holds what two boots of the kernel agree on.
  const record = async (each: Case) => {
    const first = goldenTexts(each, await resultsOf(target, each), goldens);
    const second = goldenTexts(each, await resultsOf(other, each), goldens);
    const id = caseId(each);
    const difference = compareRuns(id, first, second);
    if (difference === "") writeGolden(dir, profile.release, each, { origin: "recorded", ...first }, await target.describe());
    return { id, difference };
  };
  let [done, varying] = [0, 0];
  const progress = await showProgress(cases.length, "cases", io.out);
  try {
    for await (const { id, difference } of inOrder(cases, jobs, record)) {
      const place = `${id} (${++done} of ${cases.length})`;
      progress.print(difference === "" ? `recorded ${place}\n` : `not recorded ${place}: two runs differ\n${difference}\n`);
      if (difference !== "") varying++;
      progress.advance();
    }
  } finally {
    progress.stop();
  }
  if (varying === 0) return 0;
  const list = `[[nondeterministic]] of golden/${profile.release}/kernel.toml`;
  io.err(
    `insmodel record: ${varying} of ${done} cases differ between two runs; list what differs, with its reason, in ${list}\n`,
  );
  return 1;
}
