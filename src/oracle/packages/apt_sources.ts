// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where the system gets its packages from, turned to another release of Debian: the same mirror and keys, another suite.
 *
 * Source: sources.list(5), both of its formats.
 *
 * @module
 */

import { InputError } from "../../suite/input_error.ts";

const FOLDER = "/etc/apt/sources.list.d";
/** Debian's own sources come before what has been added to them. */
const FIRST = [`${FOLDER}/debian.sources`, "/etc/apt/sources.list"];
/** Fields of a stanza that are kept. */
const KEPT = /^(?:URIs|Signed-By|Trusted):/i;

function stanza(suite: string, kept: readonly string[]): string {
  return ["Types: deb", ...kept, `Suites: ${suite}`, "Components: main"].map((line) => `${line}\n`).join("");
}

function fromStanzas(text: string, suite: string): string | undefined {
  for (const each of text.replace(/^#.*\n?/gm, "").split(/\n\s*\n/)) {
    const fields = each.trim().split(/\n(?=\S)/);
    const value = (name: string) => fields.find((field) => field.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1);
    if (!value("types")?.trim().split(/\s+/).includes("deb") || /^\s*no\s*$/.test(value("enabled") ?? "")) continue;
    return stanza(suite, fields.filter((field) => KEPT.test(field)));
  }
  return undefined;
}

function fromLines(text: string, suite: string): string | undefined {
  const found = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(?!cdrom:|\[)(\S+)\s+\S+/m.exec(text);
  if (!found) return undefined;
  const [, options = "", uri] = found;
  const kept = options.split(/\s+/).filter((option) => /^(?:signed-by|trusted)=/i.test(option));
  return stanza(suite, [`URIs: ${uri}`, ...kept.map((option) => option.replace("=", ": ").replaceAll(",", " "))]);
}

/**
 * The first source of binary packages in the text of a file of sources, as a stanza for `suite`; undefined where it has none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sourceFor } from "./apt_sources.ts";
 * const wanted = "Types: deb\nURIs: http://mirror.invalid/debian\nSigned-By: /keys.gpg\nSuites: trixie\nComponents: main\n";
 * const line = "deb [arch=amd64 signed-by=/keys.gpg] http://mirror.invalid/debian bookworm main\n";
 * assertEquals(sourceFor("trixie", line)?.toLowerCase(), wanted.toLowerCase());
 * const stanza = "Types: deb deb-src\nURIs: http://mirror.invalid/debian\nSuites: sid\nSigned-By: /keys.gpg\n";
 * assertEquals(sourceFor("trixie", stanza), wanted);
 * ```
 */
export function sourceFor(suite: string, text: string): string | undefined {
  return /^types:/im.test(text) ? fromStanzas(text, suite) : fromLines(text, suite);
}

async function systemFiles(): Promise<string[]> {
  const added: string[] = [];
  try {
    for await (const { name } of Deno.readDir(FOLDER)) if (/\.(?:sources|list)$/.test(name)) added.push(`${FOLDER}/${name}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return [...FIRST, ...added.sort()];
}

/**
 * The stanza to fetch from.
 *
 * @param file a file of sources to take instead of the system's
 * @throws {InputError} where there is none
 */
export async function findSource(suite: string, file?: string): Promise<string> {
  for (const path of file === undefined ? await systemFiles() : [file]) {
    try {
      const found = sourceFor(suite, await Deno.readTextFile(path));
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const where = file ?? "/etc/apt/sources.list and /etc/apt/sources.list.d";
  throw new InputError(
    `Cannot fetch packages: no source of binary packages in ${where}; --sources FILE names a file that has one`,
  );
}
