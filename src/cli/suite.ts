// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel suite`: the cases, held to their goldens.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import { isHeld } from "../suite/golden.ts";
import { inOrder } from "../suite/in_order.ts";
import { checkKnownFailure, readKnownFailures } from "../suite/known_failures.ts";
import { showProgress } from "../suite/progress.ts";
import { runCase } from "../suite/runner.ts";
import { chosenCases, chosenTarget, goldensOf, readJobs } from "./chosen.ts";
import type { CommandIo } from "./io.ts";
import { readOptions } from "./options.ts";

/** The list of what the model is known to get wrong. */
export const KNOWN_FAILURES = fromFileUrl(new URL("../../test/known_failures.toml", import.meta.url));

/** `insmodel suite`: @returns 0 where every case agrees with its golden */
export async function suiteCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string", target: "string", cache: "string", jobs: "string" });
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const target = await chosenTarget(options.target ?? "model", profile, io, options.cache);
  const known = target.name === "model" ? readKnownFailures(KNOWN_FAILURES) : [];
  const counts = { recorded: 0, blessed: 0, failed: 0 };
  let ran = 0;
  const chosen = chosenCases(profile, rest);
  const cases = chosen.filter((each) => isHeld(each, goldensOf(profile)));
  const jobs = readJobs(options.jobs, target.name === "qemu" ? navigator.hardwareConcurrency : 1);
  const progress = await showProgress(target.name === "model" ? 0 : cases.length, "cases", io.out);
  try {
    for await (const verdict of inOrder(cases, jobs, (each) => runCase(target, each, goldensOf(profile)))) {
      const { id, origin } = verdict;
      if (verdict.ranCode) ran++;
      const difference = checkKnownFailure(known, profile.alias, verdict);
      progress.print(difference === "" ? `ok ${id}\n` : `not ok ${id}\n${difference}\n\n`);
      if (difference !== "" || origin === undefined) counts.failed++;
      else counts[origin]++;
      progress.advance();
    }
  } finally {
    progress.stop();
  }
  const agreed = counts.recorded + counts.blessed;
  io.out(`\n${target.name} on ${profile.release}: ${agreed} agree (${counts.recorded} recorded, ${counts.blessed} blessed)\n`);
  if (cases.length < chosen.length) io.out(`${chosen.length - cases.length} not recorded on this kernel\n`);
  io.out(`${ran} with what the modules' own code printed\n`);
  io.out(`${agreed} passed, ${counts.failed} failed\n`);
  return counts.failed === 0 ? 0 : 1;
}
