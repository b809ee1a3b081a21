// SPDX-License-Identifier: GPL-2.0-only
/**
 * Brings programs that the system lacks into the cache, where any user may: downloaded from the system's own sources, unpacked, and
 * called with a search path for their libraries (see programs.ts). Nothing is installed.
 *
 * @module
 */

import { InputError } from "../../suite/input_error.ts";
import { CHECK_ROOM, CHECK_SOURCES, FetchError, PrivateApt } from "./apt.ts";
import type { Say } from "./debian_package.ts";
import { withBar } from "./download_bar.ts";
import { onInterrupt } from "../interrupt.ts";
import { COMPILER, EMULATOR, isOnPath, missingPrograms, needPrograms, packagesOf, toolsDirectory } from "../programs.ts";

/** The system's loader goes with the system's C library, and with no other. */
const NOT_UNPACKED = /^libc6_/;

async function unpack(packages: readonly string[], folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const path of packages) {
    if (NOT_UNPACKED.test(path.slice(path.lastIndexOf("/") + 1))) continue;
    const { success, stderr } = await new Deno.Command("dpkg-deb", { args: ["-x", path, folder], stdin: "null" }).output();
    if (!success) {
      throw new FetchError(`Cannot unpack ${path}: ${new TextDecoder().decode(stderr).trim().split("\n")[0]}`, CHECK_ROOM);
    }
  }
}

/** The programs that kernels are booted with and that are neither installed nor in the cache. */
export async function missingTools(cache: string): Promise<string[]> {
  return await missingPrograms([EMULATOR, COMPILER], cache);
}

/** Brings what of the emulator and the compiler is not installed. */
export async function fetchTools(cache: string, say: Say): Promise<void> {
  const wanted: string[] = [];
  for (const program of [EMULATOR, COMPILER]) if (!await isOnPath(program)) wanted.push(program);
  await needPrograms(["apt-get", "dpkg-deb"]);
  const apt = await PrivateApt.ofSystem(`${cache}/apt-tools`);
  say("lists of the system's sources: fetching");
  const complaint = await withBar("% of the lists", 100, (hear) => apt.update(hear));
  if (complaint !== undefined) say(`lists of the system's sources: apt-get says: ${complaint}`);
  const names = packagesOf(wanted);
  say(`${names.join(", ")}: fetching`);
  const what = `% of ${names.join(", ")} and what they need`;
  const packages = await withBar(what, 100, (hear) => apt.downloadWithDependencies(names, hear));
  if (packages.length === 0) {
    throw new InputError(`${wanted.join(", ")} is not on the search path, though ${names.join(", ")} is installed: set PATH`);
  }
  const tools = toolsDirectory(cache);
  const made = `${tools}.${crypto.randomUUID()}`;
  const keep = onInterrupt(() => Deno.removeSync(made, { recursive: true }));
  try {
    say(`${tools}: unpacking ${packages.length} packages`);
    await unpack(packages, made);
    await Deno.remove(tools, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.rename(made, tools);
  } finally {
    keep();
    await Deno.remove(made, { recursive: true }).catch(() => {});
  }
  const missing = await missingTools(cache);
  if (missing.length > 0) {
    throw new FetchError(
      `Cannot unpack ${missing.join(", ")}: ${names.join(", ")} of the system's sources has none`,
      CHECK_SOURCES,
    );
  }
  await Deno.remove(apt.directory, { recursive: true });
  say(`${tools}: ${wanted.join(", ")}`);
}
