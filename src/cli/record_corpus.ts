// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel record-corpus`: asks the real kernel about every module of a distribution.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { countRuns, readSource, recordCorpus } from "../oracle/record_corpus.ts";
import { cacheDirectory } from "../oracle/kernel_under_test.ts";
import { DEFAULT_KERNEL, GOLDEN_DIR, loadProfile } from "../profile/load_profile.ts";
import { corpusFile, writeCorpus } from "../suite/corpus/corpus_file.ts";
import { isFatal } from "../suite/corpus/step.ts";
import { showProgress } from "../suite/progress.ts";
import { qemuTarget, readJobs } from "./chosen.ts";
import { modulesFolder } from "./corpus.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";

/** @returns 0 when the recording is written */
export async function recordCorpusCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    kernel: "string",
    modules: "string",
    cache: "string",
    jobs: "string",
    recording: "string",
  });
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too many`);
  const profile = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const cache = options.cache === undefined ? cacheDirectory() : io.resolve(options.cache);
  const { modules } = modulesFolder(options.modules, profile.release, io);
  const source = await readSource(modules);
  const by = await (await qemuTarget(profile, io, cache)).describe();
  const path = options.recording === undefined
    ? corpusFile(fromFileUrl(GOLDEN_DIR), profile.release)
    : io.resolve(options.recording);

  const runs = countRuns(source);
  const progress = await showProgress(runs, "runs", io.out);
  try {
    const recording = await recordCorpus(source, {
      profile,
      cache,
      by,
      jobs: readJobs(options.jobs, navigator.hardwareConcurrency),
      recorded: ({ index, guests }) => {
        const calls = guests.reduce((sum, guest) => sum + guest.length, 0);
        const lost = guests.flatMap((guest) => guest.slice(-1)).filter(isFatal);
        const losses = lost.map(({ op, module, end }) => `; ${op} ${module}: ${end}`).join("");
        progress.print(`recorded run ${index + 1} of ${runs}, ${calls} calls${losses}\n`);
        progress.advance();
      },
    });
    writeCorpus(path, recording);
    io.out(`${source.files.length} modules in ${recording.guests.length} guests: ${path}\n`);
  } finally {
    progress.stop();
  }
  return 0;
}
