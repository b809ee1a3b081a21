// SPDX-License-Identifier: GPL-2.0-only
/**
 * The files of a corpus: its recording, and the folder of its modules.
 *
 * @module
 */

import { join } from "@std/path";
import { existsSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { firstLine, InputError, reason } from "../input_error.ts";
import { moduleNameOf } from "../module_files.ts";
import { type CorpusRecording, parseRecording, recordingText } from "./recording.ts";
import type { CorpusPath } from "./replay.ts";

const MODULE_FILE = /\.ko(\.(xz|gz|zst))?$/;

/** Where the recording of a kernel is. */
export function corpusFile(goldenDir: string, release: string): string {
  return join(goldenDir, release, "corpus.gz");
}

/**
 * Reads a recording.
 *
 * @throws {InputError} where there is none, or it is damaged
 */
export function readCorpus(path: string): CorpusRecording {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new InputError(`There is no corpus recording "${path}"; \`deno task record:corpus\` makes it`);
    }
    throw new InputError(`Cannot read corpus recording "${path}": ${reason(error)}`);
  }
  let text: string;
  try {
    text = new TextDecoder("latin1").decode(gunzipSync(bytes));
  } catch (error) {
    throw new InputError(`Cannot read corpus recording "${path}": ${firstLine(error)}; fetch it again or record it`);
  }
  return parseRecording(text, path);
}

/** Writes a recording: beside its place, which it then takes. */
export function writeCorpus(path: string, recording: CorpusRecording): void {
  const text = new TextEncoder().encode(recordingText(recording));
  const part = `${path}.part`;
  try {
    Deno.writeFileSync(part, gzipSync(text, { level: 9 }));
    Deno.renameSync(part, path);
  } catch (error) {
    if (existsSync(part)) Deno.removeSync(part);
    throw error;
  }
}

/** The files below a folder, those of the folder itself last. */
function* moduleFiles(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(folder)];
  for (const { name, isDirectory } of entries) if (isDirectory) yield* moduleFiles(join(folder, name));
  for (const { name, isDirectory } of entries) if (!isDirectory && MODULE_FILE.test(name)) yield join(folder, name);
}

/**
 * The module files below a folder, by the names of their modules; of two of one name, the one nearer to the folder.
 *
 * @throws {InputError} where it cannot be read
 */
export function findModules(folder: string): Map<string, string> {
  try {
    return new Map([...moduleFiles(folder)].map((path) => [moduleNameOf(path), path]));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new InputError(`There is no folder of modules "${folder}"`);
    throw new InputError(`Cannot read the folder of modules "${folder}": ${firstLine(error)}`);
  }
}

/**
 * The recorded files as they are on this machine.
 *
 * @throws {InputError} where some are not there
 */
export function corpusPaths(recording: CorpusRecording, folder: string, found: ReadonlyMap<string, string>): CorpusPath[] {
  const missing = recording.files.filter(({ module }) => !found.has(module));
  if (missing.length > 0) {
    throw new InputError(
      `Cannot replay the corpus: ${missing.length} of its ${recording.files.length} modules are not below "${folder}", ` +
        `${missing[0].module} the first of them`,
    );
  }
  return recording.files.map((file) => ({ ...file, path: found.get(file.module)! }));
}
