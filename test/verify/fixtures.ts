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
import { dirname, resolve } from "@std/path";
import { buildFixtures, CASES, otherTools } from "./fixtures_part.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseArgs(args, { string: ["headers", "kernel", "_"], boolean: ["write"] });
  if (typeof options.headers !== "string" || options.headers === "") {
    console.error(
      "fixtures: no headers are named; usage: deno task fixtures --headers DIR [--kernel ALIAS] [--write] [WORD ...]",
    );
    return 2;
  }
  const headers = resolve(options.headers);
  const choice = { words: options._.map(String), alias: typeof options.kernel === "string" ? options.kernel : "" };
  let differing = 0;
  try {
    for (const note of await otherTools()) console.log(`note: ${note}`);
    for await (const { path, bytes, isSame } of buildFixtures(headers, choice)) {
      if (!isSame) differing++;
      if (!isSame && options.write) {
        Deno.mkdirSync(dirname(path), { recursive: true });
        Deno.writeFileSync(path, bytes);
      }
      console.log(`${isSame ? "same" : options.write ? "written" : "DIFFERS"}: ${path.slice(CASES.length)}`);
    }
  } catch (error) {
    console.error(`fixtures: ${error instanceof Error ? error.message : error}`);
    return 2;
  }
  return differing === 0 || options.write ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
