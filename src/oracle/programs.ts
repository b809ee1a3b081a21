// SPDX-License-Identifier: GPL-2.0-only
/**
 * The programs of the host that the oracle calls: those on the search path, or else in `<cache>/tools`, where `deno task kernel:fetch`
 * unpacks what the system lacks.
 *
 * @module
 */

import { InputError } from "../suite/input_error.ts";

export const EMULATOR = "qemu-system-arm";
export const COMPILER = "arm-linux-gnueabihf-gcc";

/** The packages of Debian and Ubuntu that the programs are in, with what they work with. */
const PACKAGES: Readonly<Record<string, string>> = {
  [EMULATOR]: "qemu-system-arm",
  [COMPILER]: "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  tar: "tar",
  xz: "xz-utils",
};

/** The names of the packages that programs are in. */
export function packagesOf(programs: readonly string[]): string[] {
  return programs.flatMap((program) => (PACKAGES[program] ?? program).split(" "));
}

/**
 * One line that says what is missing and how to get it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { howToGet } from "./programs.ts";
 * assertEquals(howToGet(["tar"]), "Not installed here: tar; on Debian or Ubuntu, as root: apt-get install tar");
 * ```
 */
export function howToGet(missing: readonly string[]): string {
  const fetched = missing.every((program) => program === EMULATOR || program === COMPILER);
  const byTask = fetched ? '; without root: "deno task kernel:fetch"' : "";
  return `Not installed here: ${missing.join(", ")}; on Debian or Ubuntu, as root: apt-get install ${
    packagesOf(missing).join(" ")
  }${byTask}`;
}

/** A program, and how it is called. */
export interface Program {
  path: string;
  /** Arguments before all others. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** Where `deno task kernel:fetch` unpacks programs. */
export function toolsDirectory(cache: string): string {
  return `${cache}/tools`;
}

const onPath = new Map<string, Promise<boolean>>();

async function starts(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether the search path has a program. */
export function isOnPath(program: string): Promise<boolean> {
  const found = onPath.get(program) ?? starts(program);
  onPath.set(program, found);
  return found;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * How a program is called here; undefined where it is neither on the search path nor in the cache.
 *
 * @param isInstalled whether the search path has a program
 */
export async function findProgram(name: string, cache: string, isInstalled = isOnPath): Promise<Program | undefined> {
  if (await isInstalled(name)) return { path: name, args: [], env: {} };
  const tools = toolsDirectory(cache);
  const path = `${tools}/usr/bin/${name}`;
  if (!await isFile(path)) return undefined;
  const libraries = ["usr/lib", "lib"].map((folder) => `${tools}/${folder}/${Deno.build.arch}-linux-gnu`);
  return {
    path,
    args: name === EMULATOR ? ["-L", `${tools}/usr/share/qemu`] : [],
    env: { LD_LIBRARY_PATH: libraries.join(":") },
  };
}

/** As findProgram(); throws what to tell the user where the program is missing. */
export async function needProgram(name: string, cache: string): Promise<Program> {
  const found = await findProgram(name, cache);
  if (found === undefined) throw new InputError(howToGet([name]));
  return found;
}

/**
 * Those of the programs that are missing.
 *
 * @param cache where they may be too; without it, they have to be on the search path
 */
export async function missingPrograms(programs: readonly string[], cache?: string): Promise<string[]> {
  const isHere = async (program: string) =>
    cache === undefined ? await isOnPath(program) : await findProgram(program, cache) !== undefined;
  const found = await Promise.all(programs.map(isHere));
  return programs.filter((_, index) => !found[index]);
}

/** Throws what to tell the user where one of the programs is not on the search path. */
export async function needPrograms(programs: readonly string[]): Promise<void> {
  const missing = await missingPrograms(programs);
  if (missing.length > 0) throw new InputError(howToGet(missing));
}

/** For a program that could not be started: throws what to tell the user where it is not there, and else the error itself. */
export function cannotStart(program: string, error: unknown): never {
  throw error instanceof Deno.errors.NotFound ? new InputError(howToGet([program])) : error;
}

/** A command that runs a program. */
export function commandOf(
  { path, args, env }: Program,
  more: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.Command {
  return new Deno.Command(path, { ...options, args: [...args, ...more], env: { ...env } });
}

const versions = new Map<string, Promise<string>>();

/** The first line of what the emulator says of itself. */
export function emulatorVersion(cache: string): Promise<string> {
  const version = versions.get(cache) ?? needProgram(EMULATOR, cache)
    .then((emulator) => commandOf(emulator, ["--version"], { stdin: "null" }).output())
    .then(({ stdout }) => new TextDecoder().decode(stdout).split("\n")[0]);
  versions.set(cache, version);
  return version;
}
