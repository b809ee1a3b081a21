// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: holds the model of kbuild to the real programs.
 *
 *     deno task verify:kbuild [--cache DIR] [--source DIR] [--headers DIR] [--modules DIR] [--kernel-image FILE] [--preprocessed DIR] [--record]
 *
 * Without options everything is compared that there is to compare. Debian's linux-kbuild-6.12 is taken from the system, or brought into the
 * cache by the package client, and so are, unless an option names another: `--source`, a kernel source of 6.12, of which modpost is built
 * with the sizes of 32-bit ARM, and of which sources are preprocessed for genksyms; `--headers`, a headers package, with which these are
 * preprocessed, modules are linked both by GNU ld and by the model, and the C fixtures of `cases/` are built anew; `--modules`, a folder of
 * the kernel's modules, which are turned back into objects; `--kernel-image`, the zImage or vmlinux of the headers, whose exports are held to
 * their Module.symvers. What cannot be had is named, and what needs it left out.
 *
 * `--preprocessed` adds a folder of preprocessed sources (.i). `--record` writes what genksyms says of the fixtures, and what the modpost of
 * the source does with the small objects, as goldens of the tests. Exit code: 0; 1 where something differs; 2 for bad usage, or where no real
 * program can be had.
 *
 * @module
 */

import { loadProfile } from "../../src/profile/load_profile.ts";
import { symversLine } from "../../src/kbuild/symvers.ts";
import { readKernelArguments, runKernelCommand } from "../../src/oracle/kernel_command.ts";
import { COMPILER, isOnPath } from "../../src/oracle/programs.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { readModule } from "../../src/suite/module_files.ts";
import { exportsFigure, profileExportsFigures } from "./exports_part.ts";
import { fixturesFigure } from "./fixtures_part.ts";
import { genksymsFigures, recordGenksyms } from "./genksyms_part.ts";
import { linkFigure } from "./link_part.ts";
import { type Found, Materials } from "./materials.ts";
import { goldenPath } from "./modpost_goldens.ts";
import { type Figure, givenOf, modpostFigures, type ModuleBytes } from "./modpost_part.ts";
import { deviceTables, SCENARIOS } from "./modpost_scenarios.ts";
import { outcomeText, realOutcome } from "./real_modpost.ts";
import { buildModpost, findKbuild, type Tool } from "./tools.ts";
import { workingHeaders } from "./working_headers.ts";

const OPTIONS = ["source", "headers", "modules", "kernel-image", "preprocessed"];
const USAGE = `usage: deno task verify:kbuild ${OPTIONS.map((name) => `[--${name} PATH]`).join(" ")} [--record] [--cache DIR]`;

/** How many modules are linked both ways. */
const LINKED_MODULES = 60;
/** How many sources are preprocessed; some are of what the configuration leaves out. */
const SOURCES = 150;

function modulesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder.replace(/\/$/, "")}/${name}`;
    return isDirectory ? modulesIn(path) : /\.ko(\.\w+)?$/.test(name) ? [path] : [];
  }).sort();
}

async function readModules(folder: string): Promise<ModuleBytes[]> {
  const modules: ModuleBytes[] = [];
  for (const path of modulesIn(folder)) {
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.ko.*$/, "");
    modules.push({ name, bytes: (await readModule(path)).plain });
  }
  return modules;
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

/** Modules that need no other, spread over all. */
function modulesAlone(modules: readonly ModuleBytes[]): ModuleBytes[] {
  const alone = modules.filter(({ bytes }) => new TextDecoder("latin1").decode(bytes).includes("\0depends=\0"));
  const step = Math.max(1, Math.floor(alone.length / LINKED_MODULES));
  return alone.filter((_, i) => i % step === 0).slice(0, LINKED_MODULES);
}

/** What has been compared so far. */
class Report {
  agrees = true;
  compared = 0;

  add(title: string, figures: readonly Figure[]): void {
    console.log(`\n${title}`);
    for (const { what, compared, different } of figures) {
      console.log(`  ${what}: ${compared - different.length} of ${compared} equal`);
      for (const each of different.slice(0, 10)) console.log(`    differs: ${each}`);
      if (different.length > 0) this.agrees = false;
    }
    this.compared++;
  }

  leaveOut(what: string, ...reasons: readonly Found[]): void {
    const why = reasons.flatMap((each) => "why" in each ? [each.why] : []).join("; ");
    console.log(`\n${what}: not compared: ${why}`);
  }
}

async function record(tool: Tool): Promise<void> {
  for (const scenario of [...SCENARIOS, deviceTables(1)]) {
    await Deno.writeTextFile(goldenPath(scenario), outcomeText(await realOutcome(tool.path, givenOf(scenario))));
  }
  console.log(`recorded ${SCENARIOS.length + 1} goldens`);
}

async function main(args: readonly string[]): Promise<number> {
  const { cache, options, flags } = readKernelArguments(args, {
    usage: USAGE,
    options: OPTIONS,
    flags: ["record"],
    operands: 0,
  });
  const materials = await Materials.of(cache);
  const given = async (name: string, bring: () => Promise<Found>): Promise<Found> => {
    const path = options[name];
    return path === undefined ? await bring() : { path };
  };
  const source = await given("source", () => materials.source());
  const headers = await given("headers", () => materials.headers());
  const image = await given("kernel-image", () => materials.image());
  const folder = await given("modules", () => materials.modules());
  const kbuild = await findKbuild(cache);
  const compiler: Found = await isOnPath(COMPILER) ? { path: COMPILER } : { why: `there is no ${COMPILER} on the search path` };
  const symvers = await kernelSymvers();
  const report = new Report();
  const modules = "path" in folder ? await readModules(folder.path) : [];
  if ("why" in folder) report.leaveOut("Debian's modules", folder);

  if ("why" in kbuild) report.leaveOut("modpost and genksyms of Debian's linux-kbuild-6.12", kbuild);
  else {
    const tool = { path: `${kbuild.path}/scripts/mod/modpost.real-lsb-32`, origin: kbuild.path };
    const figures = await modpostFigures(tool, { modules, symvers, seeds: 1 });
    report.add(`modpost of ${tool.origin} (tables that hold pointers only where it measures them right)`, figures);
    const genksyms = { path: `${kbuild.path}/scripts/genksyms/genksyms`, origin: kbuild.path };
    if (flags.has("record")) await recordGenksyms(genksyms);
    const isMade = "path" in source && "path" in headers && "path" in compiler;
    const made = isMade ? { compiler: compiler.path, source: source.path, headers: headers.path, count: SOURCES } : undefined;
    const plan = { folder: options.preprocessed, made, symvers, runs: 300, seed: 1 };
    report.add(`genksyms of ${genksyms.origin}`, await genksymsFigures(genksyms, plan));
    if (!isMade) report.leaveOut("sources preprocessed now; the fixtures above are what there is", source, headers, compiler);
  }

  await inFolder(async (temporary) => {
    if ("why" in source || "why" in compiler) report.leaveOut("modpost built of the source", source, compiler);
    else {
      const tool = await buildModpost(source.path, temporary);
      if (flags.has("record")) await record(tool);
      report.add(`modpost ${tool.origin}`, await modpostFigures(tool, { modules, symvers, seeds: 20 }));
    }
  });

  await inFolder(async (temporary) => {
    if ("why" in headers || "why" in kbuild || "why" in compiler) {
      return report.leaveOut("modules linked by GNU ld, and fixtures", headers, kbuild, compiler);
    }
    const working = workingHeaders(headers.path, kbuild.path, temporary);
    const linked = await linkFigure({
      headers: working,
      modules: modulesAlone(modules),
      symvers,
      profile: await loadProfile(),
    });
    report.add("modules linked by GNU ld", [linked]);
    report.add("the C fixtures of cases/, built anew", [await fixturesFigure(working)]);
  });

  if ("why" in image || "why" in headers) report.leaveOut("exports of the kernel's image", image, headers);
  else report.add(`exports of ${image.path}`, [await exportsFigure(image.path, `${headers.path}/Module.symvers`)]);
  const images = await profileExportsFigures(cache);
  if (images.length > 0) report.add("exports of images in the cache, addresses too, against their profiles", images);
  if (report.compared === 0) return 2;
  return report.agrees ? 0 : 1;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "insmodel-kbuild-" });
  try {
    await work(folder);
  } catch (error) {
    throw error instanceof Error && /^(make|gcc|arm-linux-gnueabihf-\w+)\b/.test(error.message)
      ? new InputError(error.message)
      : error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await runKernelCommand("verify:kbuild", () => main(Deno.args)));
