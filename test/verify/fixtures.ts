// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: builds the C fixtures of `cases/` anew and compares them with the modules that are committed.
 *
 *     deno task fixtures --headers DIR [--kernel ALIAS] [--write] [WORD ...]
 *
 * A folder `src` of a case with a Kbuild is a fixture; words choose among them by their paths. DIR is a headers package of Debian's kernel
 * 6.12.107+deb13-armmp, whose Makefile finds the common headers and the host programs. With `--kernel` it is the build tree of a kernel that
 * `deno task kernel:build` has made; the fixtures are those that have a folder named by the alias, where the modules for that kernel lie, and
 * with `--write` those that words choose. The compiler is Debian bookworm's
 * arm-linux-gnueabihf-gcc 12.2, with GNU ld 2.40; others are named and used. `--write` puts what was built in place of what is committed.
 * The 20 bytes of the build's identity are left aside: they go by the folder of the build. Exit code: 0; 1 where a module differs; 2 for
 * bad usage or a build that fails.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { dirname, fromFileUrl, resolve } from "@std/path";
import { readImage } from "../../src/elf/image.ts";

const CASES = fromFileUrl(new URL("../../cases/", import.meta.url));
const CROSS = "arm-linux-gnueabihf-";
/** The tools that the committed modules were built with, as the first lines of their --version end. */
const TOOLS = [["gcc", "12.2.0"], ["ld", "2.40"]] as const;

/** Folders with a Kbuild. */
function fixtures(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (!isDirectory) return name === "Kbuild" ? [folder] : [];
    return fixtures(`${folder}/${name}`);
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

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Builds a fixture in a folder of its own; its modules by name. */
async function build(source: string, headers: string, symvers: readonly string[]): Promise<Map<string, Uint8Array>> {
  const folder = await Deno.makeTempDir({ prefix: "insmodel-fixture-" });
  try {
    for (const { name } of Deno.readDirSync(source)) Deno.copyFileSync(`${source}/${name}`, `${folder}/${name}`);
    await run("make", [
      "-C",
      headers,
      `M=${folder}`,
      "ARCH=arm",
      `CROSS_COMPILE=${CROSS}`,
      `CC=${CROSS}gcc`,
      ...symvers,
      "modules",
    ]);
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

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function reportTools(): Promise<void> {
  for (const [tool, wanted] of TOOLS) {
    const [line] = (await run(`${CROSS}${tool}`, ["--version"])).split("\n");
    if (!line.endsWith(wanted)) console.log(`note: the committed modules were built by ${tool} ${wanted}, here is: ${line}`);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArgs(args, { string: ["headers", "kernel", "_"], boolean: ["write"] });
  if (typeof options.headers !== "string" || options.headers === "") {
    console.error(
      "fixtures: no headers are named; usage: deno task fixtures --headers DIR [--kernel ALIAS] [--write] [WORD ...]",
    );
    return 2;
  }
  const headers = resolve(options.headers);
  const alias = typeof options.kernel === "string" ? options.kernel : "";
  const symvers = alias === "" ? [] : [`KBUILD_EXTRA_SYMBOLS=${headers}/vmlinux.symvers`];
  const words = options._.map(String);
  const chosen = fixtures(CASES.replace(/\/$/, "")).filter((path) =>
    words.length === 0
      ? alias === "" || isThere(resolve(path, "..", alias))
      : words.some((word) => path.slice(CASES.length).includes(word))
  );
  let differing = 0;
  try {
    await reportTools();
    for (const source of chosen) {
      for (const [name, module] of await build(source, headers, symvers)) {
        const path = resolve(source, "..", alias, name);
        const equal = isThere(path) && same(comparable(module), comparable(Deno.readFileSync(path)));
        if (!equal) differing++;
        if (!equal && options.write) {
          Deno.mkdirSync(dirname(path), { recursive: true });
          Deno.writeFileSync(path, module);
        }
        console.log(`${equal ? "same" : options.write ? "written" : "DIFFERS"}: ${path.slice(CASES.length)}`);
      }
    }
  } catch (error) {
    console.error(`fixtures: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  return differing === 0 || options.write ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
