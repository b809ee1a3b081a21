// SPDX-License-Identifier: GPL-2.0-only
/**
 * The C fixtures of `cases/`, built anew and compared with the modules that are committed.
 *
 * @module
 */

import { fromFileUrl, resolve } from "@std/path";
import { readImage } from "../../src/elf/image.ts";
import { exists } from "../../src/suite/files.ts";
import type { Figure } from "./modpost_part.ts";

export const CASES = fromFileUrl(new URL("../../cases/", import.meta.url));
const CROSS = "arm-linux-gnueabihf-";
/** The tools that the committed modules were built with, as the first lines of their --version end. */
const TOOLS = [["gcc", "12.2.0"], ["ld", "2.40"]] as const;

/** Folders with a Kbuild. */
function fixturesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (!isDirectory) return name === "Kbuild" ? [folder] : [];
    return fixturesIn(`${folder}/${name}`);
  }).sort();
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  const said = new TextDecoder().decode(success ? stdout : stderr);
  if (!success) throw new Error(`${command}: ${said.split("\n").find((line) => /error/i.test(line)) ?? said.split("\n")[0]}`);
  return said;
}

/** A module without its build's identity. */
function comparable(module: Uint8Array): Uint8Array {
  const copy = module.slice();
  readImage(copy).section(".note.gnu.build-id")?.data.fill(0, 16);
  return copy;
}

/** Whether two modules are the same but for the identities of their builds. */
export function isSameModule(a: Uint8Array, b: Uint8Array): boolean {
  const [one, other] = [comparable(a), comparable(b)];
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

/** Builds a fixture in a folder of its own; its modules by name. */
async function build(source: string, headers: string, symvers: readonly string[]): Promise<Map<string, Uint8Array>> {
  const folder = await Deno.makeTempDir({ prefix: "insmodel-fixture-" });
  try {
    for (const { name } of Deno.readDirSync(source)) Deno.copyFileSync(`${source}/${name}`, `${folder}/${name}`);
    const variables = [`M=${folder}`, "ARCH=arm", `CROSS_COMPILE=${CROSS}`, `CC=${CROSS}gcc`, ...symvers];
    await run("make", ["-C", headers, ...variables, "modules"]);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".ko"));
    const modules = new Map<string, Uint8Array>();
    for (const name of names.sort()) {
      await run(`${CROSS}strip`, ["-g", `${folder}/${name}`]);
      modules.set(name, Deno.readFileSync(`${folder}/${name}`));
    }
    return modules;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A module that was built anew. */
export interface BuiltFixture {
  /** Of the committed module. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isSame: boolean;
}

/** The tools here that are not those which the committed modules were built with. */
export async function otherTools(): Promise<string[]> {
  const notes: string[] = [];
  for (const [tool, wanted] of TOOLS) {
    const [line] = (await run(`${CROSS}${tool}`, ["--version"])).split("\n");
    if (!line.endsWith(wanted)) notes.push(`the committed modules were built by ${tool} ${wanted}, here is: ${line}`);
  }
  return notes;
}

/** Which fixtures are built, and for which kernel. */
export interface FixtureChoice {
  /** Those whose paths contain one of these words; all where there are none. */
  readonly words: readonly string[];
  /** The kernel that they are built for: its modules lie in folders of this name. "": the one that all others are built for. */
  readonly alias: string;
}

/**
 * Builds fixtures.
 *
 * @param headers a headers package, or the build tree of the kernel that the choice names
 */
export async function* buildFixtures(
  headers: string,
  { words, alias }: FixtureChoice = { words: [], alias: "" },
): AsyncGenerator<BuiltFixture> {
  const symvers = alias === "" ? [] : [`KBUILD_EXTRA_SYMBOLS=${headers}/vmlinux.symvers`];
  const chosen = fixturesIn(CASES.replace(/\/$/, "")).filter((path) =>
    words.length === 0
      ? alias === "" || exists(resolve(path, "..", alias))
      : words.some((word) => path.slice(CASES.length).includes(word))
  );
  for (const source of chosen) {
    for (const [name, bytes] of await build(source, headers, symvers)) {
      const path = resolve(source, "..", alias, name);
      yield { path, bytes, isSame: exists(path) && isSameModule(bytes, Deno.readFileSync(path)) };
    }
  }
}

/** All fixtures. */
export async function fixturesFigure(headers: string): Promise<Figure> {
  const notes = await otherTools();
  const different: string[] = [];
  let compared = 0;
  for await (const { path, isSame } of buildFixtures(headers)) {
    compared++;
    if (!isSame) different.push([path.slice(CASES.length), ...notes].join("; "));
  }
  return { what: "modules, byte for byte but for the build's identity", compared, different };
}
