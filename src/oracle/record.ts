// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel's answer to a scenario.
 *
 * @module
 */

import { errnoName } from "../kernel/errno.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import type { RegionEntry, RegionImage, SectionEntry, StepOutcome, StepResult } from "../suite/outcome.ts";
import type { Scenario } from "../suite/scenario.ts";
import type { AgentStep } from "./guest/agent_report.ts";
import { type GuestRun, runGuest, type SeenModule } from "./guest/guest.ts";
import { inTemporaryDirectory } from "./interrupt.ts";
import { readStepLog, type StepLog } from "./guest/kernel_log.ts";
import { cacheDirectory, openKernel } from "./kernel_under_test.ts";
import { type PlannedStep, writePlan } from "./guest/plan.ts";
import { snapshotOf } from "./guest/snapshot.ts";
import { type ModuleRegion, regionOf } from "./guest/struct_module.ts";
import { sha256Hex } from "./verify.ts";

/** What a call that does not come back counts as, a crash. */
export const HANG = "the call does not return";

export interface RecordOptions {
  /** The kernel that is booted. */
  profile: KernelProfile;
  /** The cache directory, `cacheDirectory()` unless given. */
  cache?: string;
  /** Which boot of the kernel to start from, 1 unless given. */
  boot?: number;
  /** Whether the regions' bytes are kept in the result. */
  images?: boolean;
  /** How long a step may take before the guest counts as hung; 60 s unless given. */
  limitMs?: number;
}

/** The agent itself gives up a call after 40 s, if the kernel lets it run. A busy host makes a guest slow, but not that slow. */
const DEFAULT_LIMIT_MS = 60_000;

const OOPS_LINE = /^(?:Unable to handle|Unhandled|Internal error|kernel BUG at|BUG: |Oops|Division by zero)/;
const PANIC_LINE = /^Kernel panic - not syncing: /;

function hexAddress(address: number): string {
  return `0x${address.toString(16).padStart(8, "0")}`;
}

async function regionEntries(images: readonly RegionImage[]): Promise<RegionEntry[]> {
  const entries: RegionEntry[] = [];
  for (const { type, base, bytes } of images) {
    const sum = await sha256Hex(new Uint8Array(bytes));
    entries.push({ type, base: hexAddress(base), size: bytes.length, sha256: sum });
  }
  return entries;
}

/** By name; of two sections with one name, the first. */
function sectionEntries(log: StepLog, regions: readonly ModuleRegion[]): Record<string, SectionEntry> | undefined {
  if (!log.sections?.length) return undefined;
  const entries: Record<string, SectionEntry> = {};
  for (const { name, address, size } of log.sections) {
    if (!(name in entries)) entries[name] = { address: hexAddress(address), size, region: regionOf(regions, address) ?? "" };
  }
  return entries;
}

/** The addresses that the loader printed have to be those of /sys/module/NAME/sections. */
function checkSysfs(step: AgentStep, log: StepLog): void {
  for (const [name, address] of step.sysfsSections) {
    const printed = log.sections?.filter((section) => section.name === name) ?? [];
    if (!printed.length || printed.some((section) => hexAddress(section.address) === address)) continue;
    throw new Error(`The kernel gives section ${name} of ${log.module} another address in sysfs (${address}) than in its log`);
  }
}

/** What became of the call: the return value, the Oops, or why the guest was lost. */
function endOf(step: AgentStep, log: StepLog, run: GuestRun): Pick<StepOutcome, "rc" | "errno" | "oops" | "crash"> {
  if (step.end?.kind === "returned" && step.complete) {
    const { rc } = step.end;
    return { rc, errno: rc < 0 ? errnoName(-rc) : 0 };
  }
  const panic = log.lines.find(({ text }) => PANIC_LINE.test(text));
  if (panic) return { crash: panic.text };
  const oops = log.lines.find(({ text }) => OOPS_LINE.test(text));
  if (oops) return { oops: oops.text };
  if (step.end?.kind === "killed") return { oops: `killed by signal ${step.end.signal}` };
  return { crash: step.end?.kind === "hung" || run.lost === "hung" ? HANG : "the guest ended" };
}

async function resultOf(
  index: number,
  planned: PlannedStep,
  step: AgentStep,
  seen: SeenModule,
  run: GuestRun,
  keepImages: boolean,
): Promise<StepResult> {
  const records = step.complete ? step.records : [...step.records, ...run.unread];
  const refused = step.end?.kind === "returned" && step.end.rc < 0;
  const lostInInit = !step.complete && seen.beforeInit !== undefined;
  const log = readStepLog(records, planned.op === "rmmod" && !refused, lostInInit);
  checkSysfs(step, log);
  const images = seen.beforeInit ?? [];
  const regions = seen.placed ?? images.map(({ type, base, bytes }) => ({ type, base, size: bytes.length }));
  const sections = planned.op === "insmod" ? sectionEntries(log, regions) : undefined;
  const outcome: StepOutcome = {
    step: index,
    op: planned.op,
    module: planned.op === "insmod" ? log.module ?? planned.module : planned.module,
    ...endOf(step, log, run),
    log: log.lines,
    taint: step.taint,
    modules: step.modules,
  };
  if (sections) outcome.sections = sections;
  if (images.length) outcome.regions = await regionEntries(images);
  return { outcome, images: keepImages ? images : [] };
}

/** Replays one scenario in a guest of its own. After a step that the kernel did not survive, there are no more. */
export async function recordScenario(scenario: Scenario, options: RecordOptions): Promise<StepResult[]> {
  const cache = options.cache ?? cacheDirectory();
  const kernel = await openKernel(cache, options.profile);
  const snapshot = await snapshotOf(cache, kernel, scenario.cmdline, options.boot ?? 1);
  return await inTemporaryDirectory("insmodel-oracle-", async (directory) => {
    const planned = await writePlan(scenario, directory);
    const run = await runGuest(kernel, snapshot, directory, options.limitMs ?? DEFAULT_LIMIT_MS);
    if (!run.steps.length && planned.length) {
      throw new Error(`The guest did not begin its plan: it ${run.lost}`);
    }
    const results: StepResult[] = [];
    for (const [index, step] of run.steps.entries()) {
      results.push(await resultOf(index, planned[index], step, run.seen.get(index) ?? {}, run, options.images ?? false));
    }
    return results;
  });
}
