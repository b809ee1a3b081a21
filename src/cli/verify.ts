// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel verify`: whether the recorded goldens are what the real kernels still say. A sample of them is replayed under QEMU, of
 * the kernels that can be booted here.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { findRelease, listProfiles, loadProfile } from "../profile/load_profile.ts";
import { type Case, caseId, findCases, isForKernel } from "../suite/cases.ts";
import { type Goldens, readGolden } from "../suite/golden.ts";
import { inOrder } from "../suite/in_order.ts";
import { showProgress } from "../suite/progress.ts";
import { runCase, type Verdict } from "../suite/runner.ts";
import { sampleOf } from "../suite/sample.ts";
import type { Target } from "../suite/target.ts";
import { CASES_DIR, goldensOf, qemuTarget, readJobs } from "./chosen.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";

/** Exit code where no kernel could be asked: neither agreement nor difference. */
export const NOT_RUN = 3;
const DEFAULT_SAMPLE = "60";

/** One line of the table of differences. */
interface Row {
  readonly kernel: string;
  readonly id: string;
  readonly files: string;
}

/** The files of a golden that a difference names. */
function filesOf({ id, difference }: Verdict): string {
  const found = [...difference.matchAll(/^--- golden\/(.*)$/gm)].map(([, path]) => path.slice(id.length + 1));
  return found.join(", ");
}

/** The differences as a table. */
export function differenceTable(rows: readonly Row[]): string {
  const lines = [{ kernel: "kernel", id: "case", files: "differs in" }, ...rows];
  const width = (column: "kernel" | "id") => Math.max(...lines.map((line) => line[column].length));
  const [first, second] = [width("kernel"), width("id")];
  return lines.map(({ kernel, id, files }) => `${kernel.padEnd(first)}  ${id.padEnd(second)}  ${files}\n`).join("");
}

function readSample(given: string): number {
  if (/^[1-9]\d{0,5}$/.test(given)) return Number(given);
  throw new UsageError(`option --sample is ${given}; it must be a number of goldens`);
}

/** A golden that is replayed. */
interface Replay {
  readonly each: Case;
  readonly target: Target;
  readonly goldens: Goldens;
}

async function replay({ each, target, goldens }: Replay): Promise<{ kernel: string; verdict: Verdict }> {
  return { kernel: goldens.profile.alias, verdict: await runCase(target, each, goldens) };
}

/** The cases whose goldens of a kernel are recorded. */
function recordedCases(profile: KernelProfile): Case[] {
  const { dir } = goldensOf(profile);
  return findCases(CASES_DIR).filter((each) =>
    each.problem === undefined && isForKernel(each, profile.release, profile.alias) &&
    readGolden(dir, profile.release, each)?.origin === "recorded"
  );
}

/** `insmodel verify`: @returns 0 where all agree, 1 where a golden differs, 3 where no kernel can be asked here */
export async function verifyCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    kernel: "string",
    cache: "string",
    jobs: "string",
    sample: "string",
    seed: "string",
  });
  if (rest.length > 0) throw new UsageError(`unknown argument ${rest[0]}`);
  const sample = readSample(options.sample ?? DEFAULT_SAMPLE);
  const jobs = readJobs(options.jobs, navigator.hardwareConcurrency);
  const seed = options.seed ?? `${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const { whyNot } = await import("../oracle/why_not.ts");
  const recorded: Replay[] = [];
  for (const release of options.kernel === undefined ? listProfiles() : [await findRelease(options.kernel)]) {
    const profile = await loadProfile(release);
    const cases = recordedCases(profile);
    const reason = cases.length === 0
      ? "none of its goldens is recorded"
      : await whyNot(profile, options.cache === undefined ? undefined : io.resolve(options.cache));
    if (reason !== undefined) {
      io.err(`insmodel verify: ${profile.alias} is not asked: ${reason}\n`);
      continue;
    }
    const [target, goldens] = [await qemuTarget(profile, io, options.cache), goldensOf(profile)];
    recorded.push(...cases.map((each) => ({ each, target, goldens })));
  }
  const replays = sampleOf(recorded, sample, seed, ({ each, goldens }) => `${goldens.profile.release}/${caseId(each)}`);
  if (replays.length === 0) return NOT_RUN;
  const rows: Row[] = [];
  const progress = await showProgress(replays.length, "goldens", io.out);
  try {
    for await (const { kernel, verdict } of inOrder(replays, jobs, replay)) {
      const { id, difference } = verdict;
      progress.print(difference === "" ? `ok ${kernel} ${id}\n` : `not ok ${kernel} ${id}\n${difference}\n\n`);
      if (difference !== "") rows.push({ kernel, id, files: filesOf(verdict) });
      progress.advance();
    }
  } finally {
    progress.stop();
  }
  const kernels = new Set(replays.map(({ goldens }) => goldens.profile.alias));
  if (rows.length > 0) io.out(`\n${differenceTable(rows)}`);
  io.out(`${replays.length} of ${recorded.length} recorded goldens replayed on ${[...kernels].join(", ")}; --seed ${seed}\n`);
  io.out(`${replays.length - rows.length} agree, ${rows.length} differ\n`);
  return rows.length === 0 ? 0 : 1;
}
