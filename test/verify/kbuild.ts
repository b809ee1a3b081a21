// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: holds the model of kbuild to the real programs.
 *
 *     deno task verify:kbuild [--source DIR] [--modules DIR] [--preprocessed DIR] [--kernel-image FILE --symvers FILE] [--record]
 *
 * Debian's linux-kbuild-6.12 is taken from the system, or brought into the cache by the package client. `--source` names a kernel source
 * of 6.12, of which modpost is built with the sizes of 32-bit ARM; `--modules` a folder of finished modules (plain .ko files, with their
 * Module.symvers among them or beside the folder), which are turned back into objects; `--preprocessed` a folder of preprocessed sources
 * (.i) for genksyms, beside the fixtures; `--headers` a headers package, for which modules are linked both by GNU ld and
 * by the model; `--kernel-image` a vmlinux or zImage whose exports are held to the lines of vmlinux in the
 * Module.symvers of `--symvers`; `--record` writes what genksyms says of the fixtures, and what the modpost of `--source` does with the
 * small objects, as goldens of the tests. Exit code: 0; 1 where something differs; 2 where no real program can be had.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl } from "@std/path";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { symversLine } from "../../src/kbuild/symvers.ts";
import { exportsFigure } from "./exports_part.ts";
import { deviceTables, SCENARIOS } from "./modpost_scenarios.ts";
import { genksymsFigures, recordGenksyms } from "./genksyms_part.ts";
import { type Figure, givenOf, modpostFigures } from "./modpost_part.ts";
import { linkFigure } from "./link_part.ts";
import { goldenPath } from "./modpost_goldens.ts";
import { outcomeText, realOutcome } from "./real_modpost.ts";
import { buildModpost, findKbuild, type Tool } from "./tools.ts";

const CASES = fromFileUrl(new URL("../../cases/", import.meta.url));

function modulesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    return isDirectory ? modulesIn(path) : name.endsWith(".ko") ? [path] : [];
  }).sort();
}

/** The exports of the kernel itself, as Module.symvers has them. */
async function kernelSymvers(): Promise<string> {
  const profile = await loadProfile();
  const lines = [...profile.exports.names()].map((name) => {
    const { crc = 0, gplOnly, namespace } = profile.exports.find(name)!;
    return symversLine({ name, module: "vmlinux", crc, gpl: gplOnly, namespace });
  });
  return lines.join("");
}

/** How many modules are linked both ways. */
const LINKED_MODULES = 60;

/** Modules that need no other, spread over the folder. */
function modulesAlone(modules: readonly string[]): string[] {
  const alone = modules.filter((path) => {
    const text = new TextDecoder("latin1").decode(Deno.readFileSync(path));
    return text.includes("\0depends=\0");
  });
  const step = Math.max(1, Math.floor(alone.length / LINKED_MODULES));
  return alone.filter((_, i) => i % step === 0);
}

function report(title: string, figures: readonly Figure[]): boolean {
  console.log(`\n${title}`);
  for (const { what, compared, different } of figures) {
    console.log(`  ${what}: ${compared - different.length} of ${compared} equal`);
    for (const each of different.slice(0, 10)) console.log(`    differs: ${each}`);
  }
  return figures.every(({ different }) => different.length === 0);
}

async function record(tool: Tool): Promise<void> {
  for (const scenario of [...SCENARIOS, deviceTables(1)]) {
    await Deno.writeTextFile(goldenPath(scenario), outcomeText(await realOutcome(tool.path, givenOf(scenario))));
  }
  console.log(`recorded ${SCENARIOS.length + 1} goldens`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArgs(args, {
    string: ["source", "modules", "preprocessed", "kernel-image", "symvers"],
    boolean: ["record"],
  });
  const modules = modulesIn(options.modules === undefined ? CASES : String(options.modules));
  const symvers = await kernelSymvers();
  let agrees = true;
  let tools = 0;

  const kbuild = await findKbuild();
  if ("why" in kbuild) console.log(`Debian's linux-kbuild-6.12 cannot be had: ${kbuild.why}`);
  else {
    const tool = { path: `${kbuild.folder}/scripts/mod/modpost.real-lsb-32`, origin: kbuild.folder };
    const figures = await modpostFigures(tool, { modules, symvers, seeds: 1 });
    agrees = report(`modpost of ${tool.origin} (tables that hold pointers only where it measures them right)`, figures);
    tools++;
    const genksyms = { path: `${kbuild.folder}/scripts/genksyms/genksyms`, origin: kbuild.folder };
    if (options.record) await recordGenksyms(genksyms);
    const folder = options.preprocessed === undefined ? undefined : String(options.preprocessed);
    agrees =
      report(`genksyms of ${genksyms.origin}`, await genksymsFigures(genksyms, { folder, symvers, runs: 300, seed: 1 })) &&
      agrees;
  }
  if (options.source === undefined) console.log("\nmodpost of a kernel source: not compared; --source DIR names one");
  else {
    const folder = await Deno.makeTempDir({ prefix: "insmodel-build-" });
    try {
      const tool = await buildModpost(String(options.source), folder);
      if (options.record) await record(tool);
      const figures = await modpostFigures(tool, { modules, symvers, seeds: 20 });
      agrees = report(`modpost ${tool.origin}`, figures) && agrees;
      tools++;
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  if (options.headers === undefined || options.modules === undefined) {
    console.log("\nlinked modules: not compared; --headers DIR and --modules DIR name what it takes");
  } else {
    const alone = modulesAlone(modules).slice(0, LINKED_MODULES);
    const figure = await linkFigure({
      headers: String(options.headers),
      modules: alone,
      symvers,
      profile: await loadProfile(),
    });
    agrees = report("modules linked by GNU ld", [figure]) && agrees;
    tools++;
  }
  const { symvers: list } = options;
  if (options["kernel-image"] === undefined || list === undefined) console.log("\nexports of a kernel image: not compared");
  else {
    const figure = await exportsFigure(String(options["kernel-image"]), String(list));
    agrees = report("exports of a kernel image", [figure]) && agrees;
    tools++;
  }
  if (tools === 0) return 2;
  return agrees ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
