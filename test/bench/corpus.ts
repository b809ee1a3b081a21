// SPDX-License-Identifier: GPL-2.0-only
/**
 * All modules of a distribution on one kernel, beside depmod, which reads the same files and resolves the same symbols.
 *
 * @module
 */

import type { KernelProfile } from "../../src/kernel/profile.ts";
import { inTemporaryDirectory } from "../../src/oracle/interrupt.ts";
import { findModules } from "../../src/suite/corpus/corpus_file.ts";
import { Dependencies, readCorpusModule } from "../../src/suite/corpus/dependencies.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { readModule } from "../../src/suite/module_files.ts";
import { showProgress } from "../../src/suite/progress.ts";
import { median, megabytes, milliseconds, report, times } from "./figures.ts";
import type { CorpusResult } from "./load_corpus.ts";
import { measure } from "./measured.ts";

const ROUNDS = 5;
const LOADER = new URL("./load_corpus.ts", import.meta.url);

/**
 * Plain files of all modules, in such an order that what a module depends on comes before it.
 *
 * @param temporary where those that are packed are written unpacked
 */
async function plainFiles(paths: readonly string[], temporary: string): Promise<string[]> {
  const modules = [];
  const progress = await showProgress(paths.length, "modules read", () => {});
  for (const [i, path] of paths.entries()) {
    const { compression, plain } = await readModule(path);
    const file = compression === undefined ? path : `${temporary}/${i}.ko`;
    if (compression !== undefined) await Deno.writeFile(file, plain);
    modules.push(readCorpusModule(file, plain));
    progress.advance();
  }
  progress.stop();
  const dependencies = new Dependencies(modules);
  const ordered = new Set([...dependencies.modules.keys()].flatMap((name) => dependencies.path(name)));
  return Array.from(ordered).flatMap((name) => dependencies.modules.get(name)?.file ?? []);
}

/** The kernel's exports as depmod reads them: a Module.symvers. */
function symvers({ exports }: KernelProfile): string {
  return Array.from(exports.names(), (name) => {
    const { crc = 0, namespace = "" } = exports.find(name) ?? {};
    return `0x${crc.toString(16).padStart(8, "0")}\t${name}\tvmlinux\tEXPORT_SYMBOL\t${namespace}\n`;
  }).join("");
}

async function compare(profile: KernelProfile, files: readonly string[]): Promise<void> {
  const results: CorpusResult[] = [];
  const engine: number[] = [];
  const depmod: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const loaded = await measure("deno", ["run", "--quiet", "--allow-read", LOADER.href], files.join("\n"));
    if (loaded === undefined) throw new Error("Cannot measure the engine: deno is not on the search path");
    results.push(JSON.parse(loaded.text));
    engine.push(loaded.cpu);
    const resolved = await measure("depmod", ["-n", "-e", "-E", "/dev/stdin", profile.release, ...files], symvers(profile));
    if (resolved !== undefined) depmod.push(resolved.cpu);
  }
  const { loaded, refused } = results[0];
  report("loaded, refused or not modelled", `${loaded}, ${refused}`);
  report("time, Deno's start left out (median)", milliseconds(median(results.map((result) => result.time))));
  report("memory at the end", megabytes(median(results.map((result) => result.memory))), "< 600 MB");
  report("processor time of the whole process (median)", milliseconds(median(engine)));
  if (depmod.length === 0) {
    report("depmod -n -e -E", "not installed");
    return;
  }
  report("depmod -n -e -E on the same files (median)", milliseconds(median(depmod)));
  report("the engine / depmod", times(median(engine) / median(depmod)), "<= 5");
}

/** @param folder of the modules, packed or not */
export async function benchCorpus(profile: KernelProfile, folder: string): Promise<void> {
  console.log(`\nThe corpus, one process, files read, all modules kept, no signatures checked; ${ROUNDS} interleaved runs`);
  let paths: string[];
  try {
    paths = [...findModules(folder).values()];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.log(`  left out. ${error.message}; "deno task kernel:fetch --modules" brings modules, --modules DIR takes others`);
    return;
  }
  await inTemporaryDirectory("insmodel-bench-", async (temporary) => {
    const files = await plainFiles(paths, temporary);
    report(`modules of ${folder}`, `${files.length}`);
    await compare(profile, files);
  });
}
