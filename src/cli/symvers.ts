// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel symvers diff`: what a new kernel exports differently, and which modules break by it.
 *
 * @module
 */

import { ObjectError, readObject } from "../kbuild/elf_info.ts";
import { changeTexts, diffSymvers, moduleNeeds, type SymversDiff, whatBreaks } from "../kbuild/symvers_diff.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { readModule } from "../suite/module_files.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { readSymvers } from "./symvers_file.ts";

/** Module files in a folder and those in it. */
function modulesIn(folder: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    throw new InputError(`Cannot read the folder of modules "${folder}": ${firstLine(error)}`);
  }
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? modulesIn(path) : /\.ko(\.(xz|gz|zst))?$/.test(name) ? [path] : [];
  }).sort();
}

/** A module, and why the new kernel refuses it. */
interface Broken {
  readonly module: string;
  readonly reasons: string[];
}

async function brokenModules(folder: string, diff: SymversDiff, io: CommandIo): Promise<{ modules: number; broken: Broken[] }> {
  const paths = modulesIn(folder);
  const broken: Broken[] = [];
  for (const path of paths) {
    const { plain } = await readModule(path);
    const module = path.slice(folder.length + 1);
    try {
      const reasons = whatBreaks(moduleNeeds(readObject(plain)), diff);
      if (reasons.length > 0) broken.push({ module, reasons });
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      io.err(`insmodel symvers: ${path} is left aside: ${error.message}\n`);
    }
  }
  return { modules: paths.length, broken };
}

/** @returns the exit code: 0 where nothing that was exported changed, 1 where something did */
export async function symversCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { modules: "string", json: "boolean", added: "boolean" });
  const [action, before, after, surplus] = rest;
  if (action !== "diff" || after === undefined || surplus !== undefined) {
    throw new UsageError("there is symvers diff, of two files of Module.symvers");
  }
  const diff = diffSymvers(readSymvers(before, io), readSymvers(after, io));
  const felt = options.modules === undefined ? undefined : await brokenModules(io.resolve(options.modules), diff, io);
  if (options.json) io.out(`${JSON.stringify({ ...diff, ...felt }, undefined, 2)}\n`);
  else {
    for (const change of diff.changed) io.out(`${change.name}: ${changeTexts(change).join("; ")}\n`);
    if (options.added) { for (const { name, module } of diff.added) io.out(`${name}: new in ${module}\n`); }
    for (const { module, reasons } of felt?.broken ?? []) io.out(`${module} breaks: ${reasons.join("; ")}\n`);
    const vanished = diff.changed.filter((change) => change.new === undefined).length;
    const count = (what: "crc" | "toGpl" | "namespace") => diff.changed.filter((change) => change[what]).length;
    io.out(
      `${vanished} vanished, ${count("crc")} with another CRC, ${count("toGpl")} for the GPL only now, ` +
        `${count("namespace")} in another namespace, ${diff.added.length} new\n`,
    );
    if (felt !== undefined) io.out(`${felt.broken.length} of ${felt.modules} modules break\n`);
  }
  return diff.changed.length === 0 ? 0 : 1;
}
