// SPDX-License-Identifier: GPL-2.0-only
/**
 * modpost beside the C program, on five hundred modules turned back into objects. Both write all their files.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { symversLine } from "../../src/kbuild/symvers.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { cacheDirectory } from "../../src/oracle/kernel_under_test.ts";
import { inTemporaryDirectory } from "../../src/oracle/interrupt.ts";
import { findModules } from "../../src/suite/corpus/corpus_file.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { readModule } from "../../src/suite/module_files.ts";
import { objectOfModule } from "../verify/object_of_module.ts";
import { findKbuild } from "../verify/tools.ts";
import { median, milliseconds, report, times } from "./figures.ts";
import { measure } from "./measured.ts";

const OBJECTS = 500;
const ROUNDS = 5;
const MAIN = fromFileUrl(new URL("../../src/cli/main.ts", import.meta.url));

/** Debian's modpost for 32-bit targets on a 64-bit host takes these tables to be longer than they are, and gives up. */
const NOT_THERE = /__mod_(of|pcmcia|i3c|dmi|hdaudio|amba|wmi)__/;

/** Writes objects with the files that belong to them; their paths. */
async function writeObjects(modules: readonly string[], folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const module of modules) {
    if (paths.length === OBJECTS) break;
    const name = module.slice(module.lastIndexOf("/") + 1).replace(/\.ko.*$/, "");
    const file = (await readModule(module)).plain;
    if (NOT_THERE.test(new TextDecoder("latin1").decode(file))) continue;
    const path = `${folder}/${name}.o`;
    const { object, command } = objectOfModule(file, path);
    Deno.writeFileSync(path, object);
    Deno.writeTextFileSync(`${folder}/.${name}.o.cmd`, command);
    Deno.writeTextFileSync(`${folder}/${name}.mod`, `${path}\n`);
    Deno.writeTextFileSync(`${folder}/${name}.c`, "");
    paths.push(path);
  }
  return paths;
}

/** Paths of modules; none where there is no such folder. */
function modulesOf(folder: string): string[] {
  try {
    return [...findModules(folder).values()];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

function symvers({ exports }: KernelProfile): string {
  return Array.from(exports.names(), (name) => {
    const { crc = 0, gplOnly = false, namespace = "" } = exports.find(name) ?? {};
    return symversLine({ name, module: "vmlinux", crc, gpl: gplOnly, namespace });
  }).join("");
}

/** @param folder modules, plain or packed */
export async function benchKbuild(profile: KernelProfile, folder: string): Promise<void> {
  console.log(`\nmodpost on ${OBJECTS} objects, processor time`);
  const kbuild = await findKbuild(cacheDirectory());
  if ("why" in kbuild) return console.log(`  not measured: ${kbuild.why}`);
  const modules = modulesOf(folder);
  if (modules.length < OBJECTS) {
    return console.log(`  not measured: ${folder} has ${modules.length} modules; --modules DIR names others`);
  }
  await inTemporaryDirectory("insmodel-bench-", async (temporary) => {
    const [list, exports, written] = ["modules.order", "kernel.symvers", "Module.symvers"].map((name) =>
      `${temporary}/${name}`
    );
    Deno.writeTextFileSync(list, (await writeObjects(modules, temporary)).map((path) => `${path}\n`).join(""));
    Deno.writeTextFileSync(exports, symvers(profile));
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const real = await measure(`${kbuild.path}/scripts/mod/modpost.real-lsb-32`, [
        "-M",
        "-m",
        "-w",
        "-i",
        exports,
        "-o",
        written,
        "-T",
        list,
      ], "");
      const args = ["run", "--quiet", "--allow-read", "--allow-write", "--allow-env=INIT_CWD", MAIN, "modpost"];
      const model = await measure("deno", [
        ...args,
        "--in-tree",
        "--warn-unresolved",
        "--symvers",
        exports,
        "--files",
        list,
        "-o",
        temporary,
      ], "");
      if (real === undefined || model === undefined) throw new Error("Cannot measure: a program is not on the search path");
      theirs.push(real.cpu);
      ours.push(model.cpu);
    }
    report("modpost, the C program", milliseconds(median(theirs)));
    report("modpost, the model", milliseconds(median(ours)));
    report("the model in times of the program", times(median(ours) / median(theirs)), "at most 3");
  });
}
