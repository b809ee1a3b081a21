// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel mutants`: edited modules on the real kernel and on the model.
 *
 * @module
 */

import { QemuTarget } from "../oracle/qemu_target.ts";
import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import { caseModuleReader, kernelFacts } from "../suite/case_modules.ts";
import { type KnownMutant, readKnownMutants } from "../suite/known_failures.ts";
import { ModelTarget } from "../suite/model_target.ts";
import { asModule } from "../suite/module_files.ts";
import { showProgress } from "../suite/progress.ts";
import { readBases } from "../suite/mutants/base.ts";
import { causeOf, causeText, isDifferent } from "../suite/mutants/difference.ts";
import { type Arena, judge, type Verdict } from "../suite/mutants/duel.ts";
import { makeMutant, type Mutant } from "../suite/mutants/mutant.ts";
import { type Finding, findings, numbersText, summaryText, verdictText } from "../suite/mutants/report.ts";
import { shrink } from "../suite/mutants/shrink.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { CASES_DIR, readJobs } from "./chosen.ts";
import { KNOWN_FAILURES } from "./suite.ts";

/** So many are judged at once; what follows begins where these end, also after an interruption. */
const CHUNK = 200;
const MOST_COUNT = 1_000_000;

/** A whole number of an option. */
function integer(name: string, text: string | undefined, fallback?: number): number {
  const value = text === undefined ? fallback : /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (value === undefined) throw new UsageError(`option --${name} is missing`);
  if (!(value <= 0xffffffff)) throw new UsageError(`option --${name} takes a number from 0 to 4294967295, not "${text}"`);
  return value;
}

function arenaOf(profile: KernelProfile, io: CommandIo, jobs: number, cache: string | undefined): Arena {
  const placed = new Map<string, Uint8Array>();
  const readCase = caseModuleReader(profile);
  const read = (path: string) => {
    const bytes = placed.get(path);
    return bytes === undefined ? readCase(path) : asModule(bytes);
  };
  return {
    real: new QemuTarget(profile, read, cache === undefined ? {} : { cache: io.resolve(cache) }),
    model: new ModelTarget(profile, { regions: true, running: "never", read }),
    vmallocStart: profile.vmalloc.start,
    parallel: jobs,
    casePath: (file) => `${CASES_DIR}${file}`,
    place(name, bytes) {
      placed.set(`/mutants/${name}`, bytes);
      return `/mutants/${name}`;
    },
  };
}

/** `insmodel mutants`: @returns 0 where the model agrees with the kernel on all of them, but for what is listed */
export async function mutantsCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    seed: "string",
    count: "string",
    from: "string",
    only: "string",
    kernel: "string",
    cache: "string",
    jobs: "string",
    "no-shrink": "boolean",
  });
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is no option`);
  const seed = integer("seed", options.seed);
  const first = integer("from", options.only ?? options.from, 0);
  const count = options.only === undefined ? integer("count", options.count) : 1;
  if (count === 0 || count > MOST_COUNT) throw new UsageError(`option --count takes a number from 1 to ${MOST_COUNT}`);

  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const kernel = kernelFacts(profile);
  const arena = arenaOf(profile, io, readJobs(options.jobs, navigator.hardwareConcurrency), options.cache);
  const readCase = caseModuleReader(profile);
  const bases = await readBases(async (file) => (await readCase(`${CASES_DIR}${file}`)).plain);
  const known = readKnownMutants(KNOWN_FAILURES).filter((each) => each.kernel === profile.alias);

  const verdicts: Verdict[] = [];
  const progress = await showProgress(count, "mutants", io.err);
  try {
    for (let at = first; at < first + count; at += CHUNK) {
      const size = Math.min(CHUNK, first + count - at);
      const mutants = Array.from({ length: size }, (_, i) => makeMutant(seed, at + i, bases, kernel));
      verdicts.push(...await judge(arena, mutants, progress.advance));
      const differing = verdicts.filter(({ difference }) => isDifferent(difference)).length;
      progress.print(`${verdicts.length} of ${count} mutants, ${differing} differ; to go on from here: --from ${at + size}\n`);
    }
  } finally {
    progress.stop();
  }
  if (options.only !== undefined) io.out(`${verdictText(verdicts[0])}\n`);

  const found = findings(verdicts, known);
  const shrunk = async (mutant: Mutant, cause: string) =>
    options["no-shrink"] ? mutant : await shrink(
      mutant,
      kernel,
      async (candidates) =>
        (await judge(arena, candidates)).map(({ difference }) =>
          isDifferent(difference) && causeText(causeOf(difference)) === cause
        ),
    );
  for (const finding of found) await report(finding, seed, arena, shrunk, io);
  for (const each of unmet(known, found)) io.out(`listed, and not met here: ${causeText(each)} (${each.reason})\n`);
  io.out(summaryText(verdicts, found));
  return found.some((finding) => finding.known === undefined) ? 1 : 0;
}

async function report(
  finding: Finding,
  seed: number,
  arena: Arena,
  shrunk: (mutant: Mutant, cause: string) => Promise<Mutant>,
  io: CommandIo,
): Promise<void> {
  const { cause, verdicts, known } = finding;
  const which = `${verdicts.length} of seed ${seed}: ${numbersText(finding)}`;
  if (known !== undefined) {
    io.out(`listed: ${causeText(cause)}\n${which}\n${known.reason}\n\n`);
    return;
  }
  const [simplest] = verdicts.map(({ mutant }) => mutant).sort((a, b) => a.edits.length - b.edits.length);
  const [smallest] = await judge(arena, [await shrunk(simplest, causeText(cause))]);
  io.out(`not ok: ${causeText(cause)}\n${which}\nmutant ${simplest.number}, as small as it gets:\n${verdictText(smallest)}\n`);
}

function unmet(known: readonly KnownMutant[], found: readonly Finding[]): KnownMutant[] {
  return known.filter((each) => !found.some((finding) => finding.known === each));
}
