// SPDX-License-Identifier: GPL-2.0-only
/**
 * Records a corpus of modules: guest after guest, several at once, each kept as soon as it is there, so that a recording that was
 * interrupted goes on where it was.
 *
 *     <cache>/<release>/corpus-<id>/<run>.gz     what is recorded already; the id stands for the modules and the plan
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { readCorpus, writeCorpus } from "../suite/corpus/corpus_file.ts";
import { Dependencies, readCorpusModule } from "../suite/corpus/dependencies.ts";
import { type Call, corpusPathsToLoad, crowd, intoRuns, type Path, walk } from "../suite/corpus/plan.ts";
import type { CorpusFile, CorpusGuest, CorpusRecording } from "../suite/corpus/recording.ts";
import { corpusStep, isFatal, maskImages } from "../suite/corpus/step.ts";
import { inOrder } from "../suite/in_order.ts";
import { readModule } from "../suite/module_files.ts";
import type { Step } from "../suite/scenario.ts";
import { HANG, recordScenario } from "./record.ts";
import { sha256Hex } from "./verify.ts";

/** What is kept of a step; raised where that changes. */
const FORMAT = 2;
/** Calls of one guest: enough that its start does not count, few enough that an interruption costs little. */
const CALLS_PER_GUEST = 200;
/** Bytes of module files that fill the module area and more. */
const CROWD_BYTES = 24_000_000;
/** How long a guest may be silent. A module of megabytes is read and checked slowly on a machine that has other work. */
const LIMIT_MS = 90_000;
/** Of a file's SHA-256. */
const HASH_DIGITS = 16;

export interface CorpusSource {
  readonly dependencies: Dependencies;
  /** By the modules' names. */
  readonly files: readonly CorpusFile[];
}

/** Reads every module file once. `paths`: by module name. */
export async function readSource(paths: ReadonlyMap<string, string>): Promise<CorpusSource> {
  const modules = [];
  const files: CorpusFile[] = [];
  for (const path of [...paths.values()].sort()) {
    const plain = new Uint8Array((await readModule(path)).plain);
    const module = readCorpusModule(path, plain);
    modules.push(module);
    files.push({ module: module.name, size: plain.length, hash: (await sha256Hex(plain)).slice(0, HASH_DIGITS) });
  }
  files.sort((a, b) => a.module < b.module ? -1 : 1);
  return { dependencies: new Dependencies(modules), files };
}

export interface CorpusRecorder {
  readonly profile: KernelProfile;
  readonly cache: string;
  /** What records, for the recording's third line. */
  readonly by: string;
  /** Guests at once. */
  readonly jobs: number;
  /** Told of each run when it is there. */
  readonly recorded: (run: RecordedRun) => void;
}

/** Some paths that were walked, in one guest or, where it did not survive, in several. */
export interface RecordedRun {
  readonly index: number;
  readonly guests: readonly CorpusGuest[];
}

/** How many runs a recording of a source has. */
export function countRuns({ dependencies }: CorpusSource): number {
  return intoRuns(corpusPathsToLoad(dependencies), CALLS_PER_GUEST).length + 1;
}

function stepOf({ op, module }: Call, dependencies: Dependencies): Step {
  if (op === "rmmod") return { rmmod: module };
  return { insmod: dependencies.modules.get(module)!.file, params: "", syscall: "finit_module" };
}

/** The modules that guests did not survive. */
function lostOn(guests: readonly CorpusGuest[]): string[] {
  return guests.flatMap((guest) => guest.slice(-1).filter(isFatal).map(({ module }) => module));
}

/** The paths that a lost guest has not finished; the one in which it was lost is walked again, without what it was lost on. */
function unfinished(paths: readonly Path[], calls: readonly Call[][], done: number, culprit: string): Path[] {
  let sum = 0;
  const rest = paths.slice(calls.findIndex((of) => (sum += of.length) >= done));
  return rest[0]?.at(-1) === culprit ? rest.slice(1) : rest;
}

/** Whether a guest ended with a call that did not return within its time. */
function hangs(guest: CorpusGuest): boolean {
  return guest.at(-1)?.end === `crash: ${HANG}`;
}

/** One recording on its way. */
class Recording {
  /** Modules that no guest is given again. */
  readonly #fatal = new Set<string>();

  constructor(readonly source: CorpusSource, readonly recorder: CorpusRecorder, readonly folder: string) {}

  /** The guests of one run: from the folder, where they are there already. */
  async run(index: number, paths: readonly Path[]): Promise<RecordedRun> {
    const { profile: { release: kernel }, by } = this.recorder;
    const file = `${this.folder}/${String(index).padStart(3, "0")}.gz`;
    const known = await Deno.stat(file).then(() => true, () => false);
    const guests = known ? readCorpus(file).guests : await this.#record(paths);
    if (!known) writeCorpus(file, { kernel, by, files: [], guests });
    for (const module of lostOn(guests)) this.#fatal.add(module);
    return { index, guests };
  }

  /** The last run: a crowd of modules that a guest can be expected to survive. */
  crowd(index: number): Promise<RecordedRun> {
    const { dependencies, files } = this.source;
    const sizes = new Map(files.map(({ module, size }) => [module, size]));
    return this.run(index, [crowd(dependencies, sizes, CROWD_BYTES, this.#fatal)]);
  }

  async #record(paths: readonly Path[]): Promise<CorpusGuest[]> {
    const guests: CorpusGuest[] = [];
    for (let rest = paths; rest.length > 0;) {
      const calls = walk(rest, this.#fatal);
      const guest = await this.#guest(calls.flat());
      const last = guest.at(-1);
      if (last === undefined) break;
      guests.push(guest);
      if (!isFatal(last)) break;
      this.#fatal.add(last.module);
      rest = unfinished(rest, calls, guest.length, last.module);
    }
    return guests;
  }

  /**
   * What one guest came to, up to the call that it did not survive. A call that takes too long is believed when it does so twice: on a busy
   * machine a guest is slow.
   */
  async #guest(calls: readonly Call[]): Promise<CorpusGuest> {
    const first = await this.#once(calls);
    return hangs(first) ? await this.#once(calls) : first;
  }

  async #once(calls: readonly Call[]): Promise<CorpusGuest> {
    const { profile, cache } = this.recorder;
    const steps = calls.map((call) => stepOf(call, this.source.dependencies));
    const results = await recordScenario({ cmdline: "", steps }, { profile, cache, images: true, limitMs: LIMIT_MS });
    return results.map((result) => corpusStep(result, maskImages(result, profile), true));
  }
}

/** A name for the modules and the plan, under which an interrupted recording is found again. */
async function idOf({ files }: CorpusSource): Promise<string> {
  const text = JSON.stringify([FORMAT, CALLS_PER_GUEST, CROWD_BYTES, files]);
  return (await sha256Hex(new TextEncoder().encode(text))).slice(0, 12);
}

/** Records a corpus, or what is left of it. */
export async function recordCorpus(source: CorpusSource, recorder: CorpusRecorder): Promise<CorpusRecording> {
  const folder = `${recorder.cache}/${recorder.profile.release}/corpus-${await idOf(source)}`;
  await Deno.mkdir(folder, { recursive: true });
  const recording = new Recording(source, recorder, folder);
  const runs = [...intoRuns(corpusPathsToLoad(source.dependencies), CALLS_PER_GUEST).entries()];
  const guests: CorpusGuest[] = [];
  const take = (run: RecordedRun) => {
    guests.push(...run.guests);
    recorder.recorded(run);
  };
  for await (const run of inOrder(runs, recorder.jobs, ([index, paths]) => recording.run(index, paths))) take(run);
  take(await recording.crowd(runs.length));
  return { kernel: recorder.profile.release, by: recorder.by, files: source.files, guests };
}
