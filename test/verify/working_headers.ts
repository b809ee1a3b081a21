// SPDX-License-Identifier: GPL-2.0-only
/**
 * A headers package that modules can be built with wherever it lies, and whatever programs it came with.
 *
 * @module
 */

import { basename, dirname, resolve } from "@std/path";
import { exists } from "../../src/suite/files.ts";

/** What is not in the headers packages but in linux-kbuild, and linked from there. */
const OF_KBUILD = ["scripts", "tools"];

/** The common headers, which the package's Makefile includes by the path that they have when they are installed. */
export function commonHeaders(headers: string): string | undefined {
  const named = /^include (.*)\/Makefile$/m.exec(Deno.readTextFileSync(`${headers}/Makefile`))?.[1];
  if (named === undefined) return undefined;
  const beside = `${dirname(resolve(headers))}/${basename(named)}`;
  return exists(beside) ? beside : named;
}

/** A folder of links to the entries of another one, but for some. */
function linkEntries(from: string, to: string, but: readonly string[]): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) {
    if (!but.includes(name)) Deno.symlinkSync(`${resolve(from)}/${name}`, `${to}/${name}`);
  }
}

/**
 * Puts headers, common headers and host programs together.
 *
 * @param kbuild the folder of linux-kbuild
 * @param folder an empty folder, which gets links
 * @returns the folder of the headers
 */
export function workingHeaders(headers: string, kbuild: string, folder: string): string {
  const common = commonHeaders(headers);
  const made = `${folder}/headers`;
  linkEntries(headers, made, ["Makefile", ...OF_KBUILD]);
  const makefile = Deno.readTextFileSync(`${headers}/Makefile`);
  Deno.writeTextFileSync(`${made}/Makefile`, common === undefined ? makefile : `include ${folder}/common/Makefile\n`);
  if (common !== undefined) {
    linkEntries(common, `${folder}/common`, ["Makefile", ...OF_KBUILD]);
    Deno.copyFileSync(`${common}/Makefile`, `${folder}/common/Makefile`);
  }
  for (const place of [made, ...(common === undefined ? [] : [`${folder}/common`])]) {
    for (const name of OF_KBUILD) if (exists(`${kbuild}/${name}`)) Deno.symlinkSync(`${kbuild}/${name}`, `${place}/${name}`);
  }
  return made;
}
