// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel bless` and `record`: how goldens are made.
 *
 * @module
 */

import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import { type Case, caseId } from "../suite/cases.ts";
import { readGolden } from "../suite/golden.ts";
import { inOrder } from "../suite/in_order.ts";
import { showProgress } from "../suite/progress.ts";
import { resultsOf } from "../suite/runner.ts";
import { goldensOf, modelTarget, qemuTarget, readableCases, readJobs, save } from "./chosen.ts";
import type { CommandIo } from "./io.ts";
import { readOptions } from "./options.ts";

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
  const { options, rest } = readOptions(args, { kernel: "string", cache: "string", jobs: "string", missing: "boolean" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const { dir } = goldensOf(profile);
  const target = await qemuTarget(profile, io, options.cache);
  const isMissing = (each: Case) => {
    const golden = readGolden(dir, profile.release, each);
    return golden?.origin !== "recorded" || (each.image && golden.image === undefined);
  };
  const wanted = (each: Case) => !options.missing || isMissing(each);
  const cases = readableCases("record", profile, rest, io).filter(wanted);
  const jobs = readJobs(options.jobs, navigator.hardwareConcurrency);
  const record = async (each: Case) => {
    save(profile, each, await resultsOf(target, each), "recorded", await target.describe());
    return caseId(each);
  };
  const progress = await showProgress(cases.length, "cases", io.out);
  try {
    let done = 0;
    for await (const id of inOrder(cases, jobs, record)) {
      progress.print(`recorded ${id} (${++done} of ${cases.length})\n`);
      progress.advance();
    }
  } finally {
    progress.stop();
  }
  return 0;
}
