// SPDX-License-Identifier: GPL-2.0-only
/**
 * All modules of a distribution on one kernel, beside depmod, which reads the same files and resolves the same symbols.
 *
 * @module
 */

import { ElfError, readImage } from "../../src/elf/image.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { moduleNameOf } from "../../src/suite/module_files.ts";
import { median, megabytes, milliseconds, report, times } from "./figures.ts";
import type { CorpusResult } from "./load_corpus.ts";

const ROUNDS = 3;
const LOADER = new URL("./load_corpus.ts", import.meta.url);

/** All .ko files below a folder, by path. */
function moduleFiles(folder: string): string[] {
  return [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1).flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? moduleFiles(path) : name.endsWith(".ko") ? [path] : [];
  });
}

/** Names of the modules that a file's .modinfo says it depends on. */
function dependenciesOf(path: string): string[] {
  try {
    const { data = new Uint8Array() } = readImage(Deno.readFileSync(path)).section(".modinfo") ?? {};
    const depends = new TextDecoder("latin1").decode(data).split("\0").find((tag) => tag.startsWith("depends="));
    return (depends?.slice("depends=".length) ?? "").split(",").filter((name) => name !== "");
  } catch (error) {
    if (error instanceof ElfError) return [];
    throw error;
  }
}

/** The files in such an order that what a module depends on comes before it. */
function inDependencyOrder(files: readonly string[]): string[] {
  const byName = new Map(files.map((path) => [moduleNameOf(path), path]));
  const ordered = new Set<string>();
  const visited = new Set<string>();
  const visit = (path: string) => {
    if (visited.has(path)) return;
    visited.add(path);
    for (const name of dependenciesOf(path)) {
      const other = byName.get(name.replaceAll("-", "_"));
      if (other !== undefined) visit(other);
    }
    ordered.add(path);
  };
  files.forEach(visit);
  return [...ordered];
}

/** Runs a process that gets `input`. @returns what it prints, and milliseconds until it has ended; undefined where it is not installed */
async function run(command: string, args: string[], input: string): Promise<{ text: string; time: number } | undefined> {
  const start = performance.now();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close());
  const { stdout } = await child.output();
  await written;
  return { text: new TextDecoder().decode(stdout), time: performance.now() - start };
}

/** The kernel's exports as depmod reads them: a Module.symvers. */
function symvers({ exports }: KernelProfile): string {
  return Array.from(exports.names(), (name) => {
    const { crc = 0, namespace = "" } = exports.find(name) ?? {};
    return `0x${crc.toString(16).padStart(8, "0")}\t${name}\tvmlinux\tEXPORT_SYMBOL\t${namespace}\n`;
  }).join("");
}

export async function benchCorpus(profile: KernelProfile, folder: string): Promise<void> {
  const files = inDependencyOrder(moduleFiles(folder));
  console.log(`\nThe corpus: ${files.length} modules of ${folder}, one process, files read, no signatures checked`);
  const results: CorpusResult[] = [];
  const depmodTimes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const loaded = await run("deno", ["run", "--quiet", "--allow-read", LOADER.href], files.join("\n"));
    if (loaded !== undefined) results.push(JSON.parse(loaded.text));
    const depmod = await run("depmod", ["-n", "-e", "-E", "/dev/stdin", profile.release, ...files], symvers(profile));
    if (depmod !== undefined) depmodTimes.push(depmod.time);
  }
  const cpu = median(results.map((result) => result.cpu));
  const { loaded, refused, peak } = results[0];
  report("loaded, refused or not modelled", `${loaded}, ${refused}`);
  report("time, Deno's start left out (median)", milliseconds(median(results.map((result) => result.time))));
  report("CPU time of the process (median)", milliseconds(cpu));
  report("memory at the end", megabytes(peak), "< 600 MB");
  if (depmodTimes.length === 0) {
    report("depmod -n -e -E", "not installed");
    return;
  }
  const depmod = median(depmodTimes);
  report("depmod -n -e -E on the same files (time, one thread)", milliseconds(depmod));
  report("CPU time / depmod", times(cpu / depmod), "<= 5");
}
