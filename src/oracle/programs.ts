// SPDX-License-Identifier: GPL-2.0-only
/**
 * The programs of the host that the oracle calls, and how to get those that are missing.
 *
 * @module
 */

import { InputError } from "../suite/input_error.ts";

export const EMULATOR = "qemu-system-arm";
export const COMPILER = "arm-linux-gnueabihf-gcc";

/** The packages of Debian and Ubuntu that the programs are in. */
const PACKAGES: Readonly<Record<string, string>> = {
  [EMULATOR]: "qemu-system-arm",
  [COMPILER]: "gcc-arm-linux-gnueabihf",
  "apt-get": "apt",
  "dpkg-deb": "dpkg",
  tar: "tar",
  xz: "xz-utils",
};

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
  const packages = missing.map((program) => PACKAGES[program] ?? program).join(" ");
  return `Not installed here: ${missing.join(", ")}; on Debian or Ubuntu, as root: apt-get install ${packages}`;
}

/** For a program that could not be started: throws what to tell the user where it is not there, and else the error itself. */
export function cannotStart(program: string, error: unknown): never {
  throw error instanceof Deno.errors.NotFound ? new InputError(howToGet([program])) : error;
}

let version: Promise<string> | undefined;

/** The first line of what the emulator says of itself. */
export function emulatorVersion(): Promise<string> {
  version ??= new Deno.Command(EMULATOR, { args: ["--version"], stdin: "null" }).output()
    .catch((error) => cannotStart(EMULATOR, error))
    .then(({ stdout }) => new TextDecoder().decode(stdout).split("\n")[0]);
  return version;
}

/** Those of the programs that are not on the search path. */
export async function missingPrograms(programs: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const program of programs) {
    try {
      await new Deno.Command(program, { args: ["--version"], stdin: "null" }).output();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(program);
    }
  }
  return missing;
}
