// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel corpus`: every module of a distribution, held to what its kernel did with it.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { cacheDirectory } from "../oracle/kernel_under_test.ts";
import { DEFAULT_KERNEL, GOLDEN_DIR, loadProfile } from "../profile/load_profile.ts";
import { guestsOfShard, parseShard, sampleGuests } from "../suite/corpus/choose.ts";
import { corpusFile, corpusPaths, findModules, readCorpus } from "../suite/corpus/corpus_file.ts";
import { CODE, type KnownDifference, parseKnownDifferences } from "../suite/corpus/known_differences.ts";
import { replayAll } from "../suite/corpus/replay_all.ts";
import { CodeTally } from "../suite/corpus/code_tally.ts";
import { causesText, Tally } from "../suite/corpus/tally.ts";
import { InputError } from "../suite/input_error.ts";
import { showProgress } from "../suite/progress.ts";
import { readJobs } from "./chosen.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";

/** Guests between two lines of progress where there is no terminal. */
const PLAIN_LINE_EVERY = 10;

function readSample(text: string | undefined): number | undefined {
  if (text !== undefined && !/^[1-9]\d*$/.test(text)) {
    throw new UsageError(`option --sample is ${text}; it must be a number from 1`);
  }
  return text === undefined ? undefined : Number(text);
}

/**
 * The folder of a kernel's modules, and what is in it.
 *
 * @param given what the user said; otherwise it is where `deno task kernel:fetch` unpacks them
 * @throws {InputError} where there is no such folder
 */
export function modulesFolder(given: string | undefined, release: string, io: CommandIo) {
  const folder = given === undefined ? join(cacheDirectory(), release, "modules") : io.resolve(given);
  try {
    return { folder, modules: findModules(folder) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${error.message}; "deno task kernel:fetch --modules" unpacks them, or --modules says where they are`);
  }
}

const KNOWN_DIFFERENCES = fromFileUrl(new URL("../../test/known_corpus.toml", import.meta.url));

function knownDifferences(kernel: string): KnownDifference[] {
  const known = parseKnownDifferences(Deno.readTextFileSync(KNOWN_DIFFERENCES), KNOWN_DIFFERENCES);
  return known.filter((each) => each.kernel === kernel);
}

/** @returns 0 where every step agrees or differs in what is known, 1 where one does not */
export async function corpusCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    kernel: "string",
    modules: "string",
    recording: "string",
    sample: "string",
    shard: "string",
    jobs: "string",
    run: "boolean",
  });
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is too many`);
  const sample = readSample(options.sample);
  const jobs = readJobs(options.jobs, navigator.hardwareConcurrency);
  const shard = parseShard(options.shard ?? "1/1");
  const { release, alias } = await loadProfile(options.kernel ?? DEFAULT_KERNEL);
  const recording = readCorpus(
    options.recording === undefined ? corpusFile(fromFileUrl(GOLDEN_DIR), release) : io.resolve(options.recording),
  );
  const { folder, modules } = modulesFolder(options.modules, release, io);
  const files = corpusPaths(recording, folder, modules);

  const ofShard = guestsOfShard(recording.guests, shard);
  const numbers = sample === undefined ? ofShard : sampleGuests(recording.guests, ofShard, sample);
  const listed = options.recording === undefined ? knownDifferences(alias) : [];
  const known = listed.filter(({ difference }) => difference !== CODE);
  const tally = new Tally(known);
  const code = options.run ? new CodeTally(listed.filter(({ difference }) => difference === CODE)) : undefined;
  const progress = await showProgress(numbers.length, "guests", io.out);
  try {
    let done = 0;
    for await (const { guest, steps } of replayAll(recording, numbers, files, jobs, code !== undefined)) {
      tally.add(guest, steps);
      code?.add(steps);
      progress.advance();
      if (++done % PLAIN_LINE_EVERY === 0 && !Deno.stderr.isTerminal()) {
        io.err(`${done} of ${numbers.length} guests, ${tally.differing} steps differ\n`);
      }
    }
  } finally {
    progress.stop();
  }

  if (code !== undefined) {
    io.out(code.text());
    for (const { module } of code.gone) io.out(`${module}: its code agrees by now; take it off test/known_corpus.toml\n`);
    return code.unknown.length + code.gone.length === 0 ? 0 : 1;
  }
  const { causes, loads, bytes, steps, references } = tally;
  io.out(causesText(causes));
  for (const { module, difference, reason } of tally.known) io.out(`Known: ${module}, ${difference}: ${reason}\n`);
  const gone = numbers.length === recording.guests.length ? known.filter((each) => !tally.known.has(each)) : [];
  for (const { module, difference } of gone) {
    io.out(`${module}, ${difference}: agrees by now; take it off test/known_corpus.toml\n`);
  }
  io.out(`${release}, ${numbers.length} of ${recording.guests.length} guests, ${steps} steps; recorded by ${recording.by}\n`);
  io.out(`References of running code, taken from the recording: in ${references} steps\n`);
  io.out(`Errno, log, layout and /proc/modules: ${loads.agreeing} of ${loads.all} modules agree\n`);
  io.out(`Bytes before init: ${bytes.agreeing} of ${bytes.all} modules agree\n`);
  return causes.length + gone.length === 0 ? 0 : 1;
}
