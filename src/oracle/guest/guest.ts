// SPDX-License-Identifier: GPL-2.0-only
/**
 * One run of a plan in a guest of its own: from the snapshot until the agent has finished or the guest is lost.
 *
 * @module
 */

import { latin1 } from "../../elf/latin1.ts";
import type { RegionImage } from "../../suite/outcome.ts";
import { type AgentStep, parseAgentReport } from "./agent_report.ts";
import { sinceLastMarker } from "./kernel_log.ts";
import type { KernelUnderTest } from "../kernel_under_test.ts";
import type { LogRecord } from "./log_record.ts";
import { type Machine, startMachine } from "./machine.ts";
import { readLastRecords, UnreadableLog } from "./printk_ringbuffer.ts";
import type { Snapshot } from "./snapshot.ts";
import { type ModuleRegion, readRegions } from "./struct_module.ts";
import type { WatchedAddresses } from "./watched.ts";

/** What the breakpoints saw of the module of one step. */
export interface SeenModule {
  /** Its regions when it had its place in the list of modules. */
  placed?: ModuleRegion[];
  /** Its regions with their bytes, just before init. */
  beforeInit?: RegionImage[];
}

export interface GuestRun {
  steps: AgentStep[];
  /** By step. */
  seen: Map<number, SeenModule>;
  /** How the guest was lost before its plan was finished. */
  lost: "hung" | "panicked" | "gone" | undefined;
  /** Where it was lost: the records that the agent had not read. */
  unread: LogRecord[];
}

/** Records that are read from the log of a lost guest. */
const LAST_RECORDS = 1000;

/**
 * The number of the step that the agent has begun last: the line before each call is the last that it wrote.
 *
 * @returns undefined where it has written more by now: it has given the call up
 */
async function currentStep(directory: string): Promise<number | undefined> {
  const file = await Deno.open(`${directory}/result`);
  try {
    const { size } = await file.stat();
    await file.seek(Math.max(0, size - 32), Deno.SeekMode.Start);
    const tail = new Uint8Array(32);
    const count = await file.read(tail) ?? 0;
    const found = /\nstep (\d+)\n$/.exec(new TextDecoder("latin1").decode(tail.subarray(0, count)));
    return found ? Number(found[1]) : undefined;
  } finally {
    file.close();
  }
}

/** Notes the module at a breakpoint. A region that is not mapped, as a malformed module can have, is left out. */
async function look(machine: Machine, kernel: KernelUnderTest, seen: SeenModule, beforeInit: boolean): Promise<void> {
  const { gdb } = machine;
  const regions = await readRegions(gdb, kernel.regions, (await gdb.registers())[0]);
  if (!beforeInit) {
    seen.placed ??= regions;
    return;
  }
  if (seen.beforeInit) return;
  seen.beforeInit = [];
  for (const { type, base, size } of regions) {
    const bytes = await gdb.memory(base, size);
    if (bytes) seen.beforeInit.push({ type, base, bytes });
  }
}

/** Lets the guest run from breakpoint to breakpoint, until it has ended, panicked, or was interrupted. */
async function follow(
  machine: Machine,
  kernel: KernelUnderTest,
  { placed, beforeInit, panicked }: WatchedAddresses,
  directory: string,
  seen: Map<number, SeenModule>,
): Promise<"hung" | "panicked" | "gone"> {
  for (const address of [placed, beforeInit, panicked]) if (address !== undefined) await machine.gdb.setBreakpoint(address);
  for (;;) {
    const stop = await machine.gdb.resume();
    if (stop.kind === "gone") return "gone";
    if (stop.kind === "interrupted") return "hung";
    if (stop.address === panicked) return "panicked";
    const step = await currentStep(directory);
    if (step === undefined) return "hung";
    const module = seen.get(step) ?? {};
    seen.set(step, module);
    await look(machine, kernel, module, stop.address === beforeInit);
  }
}

/** The records of a stopped guest's log that its agent has not reported; none where the guest has destroyed its log. */
async function unreadRecords(machine: Machine, report: string): Promise<LogRecord[]> {
  const place = /^vmcoreinfo 0x([0-9a-f]+) ([0-9a-f]+)$/m.exec(report.slice(0, 200));
  if (!place) return [];
  const [, physical, size] = place;
  const note = { physical: parseInt(physical, 16), size: parseInt(size, 16) };
  try {
    return sinceLastMarker(await readLastRecords(machine.gdb, note, LAST_RECORDS));
  } catch (error) {
    if (error instanceof UnreadableLog) return [];
    throw error;
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Calls `silent` once when the agent has written nothing for `limitMs`. Returns how to stop watching. */
function watchForSilence(path: string, limitMs: number, silent: () => void): () => void {
  let size = -1;
  let since = Date.now();
  const timer = setInterval(async () => {
    const now = await fileSize(path);
    if (now !== size) [size, since] = [now, Date.now()];
    else if (Date.now() - since > limitMs) {
      clearInterval(timer);
      silent();
    }
  }, 500);
  return () => clearInterval(timer);
}

/** Runs the plan that lies in `directory`. `limitMs`: how long the agent may stay silent before the guest counts as hung. */
export async function runGuest(
  kernel: KernelUnderTest,
  snapshot: Snapshot,
  directory: string,
  limitMs: number,
): Promise<GuestRun> {
  const seen = new Map<number, SeenModule>();
  const machine = await startMachine({ ...snapshot, incoming: snapshot.state, directory });
  const stopWatching = watchForSilence(`${directory}/result`, limitMs, () => machine.gdb.interrupt().catch(() => {}));
  const readResult = async () => {
    const bytes = await Deno.readFile(`${directory}/result`).catch(() => new Uint8Array());
    return latin1(bytes, 0, bytes.length);
  };
  try {
    const how = await follow(machine, kernel, snapshot.watched, directory, seen);
    stopWatching();
    const report = await readResult();
    const finished = how === "gone" && report.endsWith("\nend\n");
    const unread = how === "gone" ? [] : await unreadRecords(machine, report);
    return { steps: parseAgentReport(report), seen, lost: finished ? undefined : how, unread };
  } finally {
    stopWatching();
    await machine.stop();
  }
}
