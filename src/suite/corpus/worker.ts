// SPDX-License-Identifier: GPL-2.0-only
/**
 * A worker that replays guests: it is told once of the kernel and the files, then gets one guest after the other.
 *
 * @module
 */

import { loadProfile } from "../../profile/load_profile.ts";
import { InputError } from "../input_error.ts";
import type { CorpusGuest } from "./recording.ts";
import { type CorpusPath, Replayer, type StepVerdict } from "./replay.ts";

/** The first message. */
export interface WorkerSetup {
  readonly kernel: string;
  readonly files: readonly CorpusPath[];
  /** Whether the modules' own code runs. */
  readonly runsCode: boolean;
}

/** What comes back for each guest; `unusable` is the line of an {@link InputError}. */
export type WorkerAnswer = { readonly verdicts: readonly StepVerdict[] } | { readonly unusable: string };

let replayer: Promise<Replayer> | undefined;

async function answer(guest: CorpusGuest): Promise<WorkerAnswer> {
  try {
    return { verdicts: await (await replayer!).replay(guest) };
  } catch (error) {
    if (error instanceof InputError) return { unusable: error.message };
    throw error;
  }
}

async function setUp({ kernel, files, runsCode }: WorkerSetup): Promise<Replayer> {
  return new Replayer(await loadProfile(kernel), files, runsCode);
}

/** What a worker's global object is; the compiler is told of a window's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerSetup | CorpusGuest>) => void) | null;
  postMessage(answer: WorkerAnswer): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = async ({ data }) => {
  if ("kernel" in data) replayer = setUp(data);
  else scope.postMessage(await answer(data));
};
