// SPDX-License-Identifier: GPL-2.0-only
/**
 * Replays the guests of a corpus, several at once.
 *
 * @module
 */

import { loadProfile } from "../../profile/load_profile.ts";
import { inOrder } from "../in_order.ts";
import { InputError } from "../input_error.ts";
import type { CorpusRecording } from "./recording.ts";
import { type CorpusPath, Replayer, type StepVerdict } from "./replay.ts";
import type { WorkerAnswer, WorkerSetup } from "./worker.ts";

/** What one guest came to. */
export interface GuestVerdict {
  /** Its number in the recording. */
  readonly guest: number;
  readonly steps: readonly StepVerdict[];
}

/** Gives a worker a message, and waits for its answer or its end. */
function ask(worker: Worker, message: unknown): Promise<WorkerAnswer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(message);
  });
}

/**
 * Replays the guests of these numbers, and gives what they came to in that order.
 *
 * @param jobs workers; with one, the guests are replayed here
 * @param runsCode runs the modules' own code, too
 * @throws {InputError} where a module's file is not the one that was recorded
 */
export async function* replayAll(
  recording: CorpusRecording,
  numbers: readonly number[],
  files: readonly CorpusPath[],
  jobs: number,
  runsCode: boolean,
): AsyncGenerator<GuestVerdict> {
  const setup: WorkerSetup = { kernel: recording.kernel, files, runsCode };
  if (jobs <= 1) {
    const replayer = new Replayer(await loadProfile(setup.kernel), files, runsCode);
    for (const guest of numbers) yield { guest, steps: await replayer.replay(recording.guests[guest]) };
    return;
  }
  const workers = Array.from({ length: Math.min(jobs, numbers.length) }, () => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.postMessage(setup);
    return worker;
  });
  const idle = [...workers];
  const replay = async (guest: number): Promise<GuestVerdict> => {
    const worker = idle.pop()!;
    const answer = await ask(worker, recording.guests[guest]);
    idle.push(worker);
    if ("unusable" in answer) throw new InputError(answer.unusable);
    return { guest, steps: answer.verdicts };
  };
  try {
    yield* inOrder(numbers, workers.length, replay);
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
