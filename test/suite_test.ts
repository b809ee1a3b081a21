// SPDX-License-Identifier: GPL-2.0-only
/**
 * Every case on the model, a test each: `deno test --filter symbols/` runs those of an area. The last lines count where the goldens come
 * from.
 */

import { assertEquals, fail } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { GOLDEN_DIR } from "../src/profile/load_profile.ts";
import { caseModuleReader } from "../src/suite/case_modules.ts";
import { isHeld, openGoldens } from "../src/suite/golden.ts";
import { caseId, findCases, isForKernel } from "../src/suite/cases.ts";
import { checkKnownFailure, checkKnownStop, readKnownFailures, readKnownStops } from "../src/suite/known_failures.ts";
import { ModelTarget } from "../src/suite/model_target.ts";
import { runCase } from "../src/suite/runner.ts";
import { readProfiles } from "./profiles.ts";

const knownFailures = readKnownFailures(fromFileUrl(new URL("known_failures.toml", import.meta.url)));
const cases = findCases(fromFileUrl(new URL("../cases/", import.meta.url)));

const knownStops = readKnownStops(fromFileUrl(new URL("services_stops.toml", import.meta.url)));
const counts = { recorded: 0, blessed: 0, absent: 0 };

const { usable, faults } = await readProfiles();

// Here alone: a profile that cannot be used is one test that fails.
for (const { message } of faults) Deno.test(`each profile can be used: ${message}`, () => fail(message));

for (const profile of usable) {
  const target = new ModelTarget(profile, { regions: true, running: "always", read: caseModuleReader(profile) });
  const goldens = openGoldens(fromFileUrl(GOLDEN_DIR), profile);
  for (const each of cases.filter((one) => isForKernel(one, profile.release, profile.alias))) {
    if (!isHeld(each, goldens)) {
      counts.absent++;
      continue;
    }
    Deno.test(`${caseId(each)} on ${profile.alias}`, async () => {
      const verdict = await runCase(target, each, goldens);
      if (verdict.origin !== undefined) counts[verdict.origin]++;
      const problem = checkKnownFailure(knownFailures, profile.alias, verdict);
      const problems = [problem, checkKnownStop(knownStops, profile.alias, verdict)].filter((text) => text !== "");
      if (problems.length > 0) fail(`\n${problems.join("\n")}`);
    });
  }
}

Deno.test("a known failure, and a known stop, names a case that there is", () => {
  const ids = new Set(cases.map(caseId));
  assertEquals([...knownFailures, ...knownStops].filter((known) => !ids.has(known.case)), []);
});

globalThis.addEventListener("unload", () => {
  console.log(
    `goldens compared: ${counts.recorded} recorded, ${counts.blessed} blessed; ${counts.absent} not recorded on their kernel`,
  );
});
