// SPDX-License-Identifier: GPL-2.0-only
/**
 * Brings a kernel's source into the cache, from the Debian package that has it.
 *
 * @module
 */

import { exists } from "../../suite/files.ts";
import { InputError } from "../../suite/input_error.ts";
import { sourceTree } from "../kernel_build.ts";
import { needPrograms } from "../programs.ts";
import { type DebianPackage, fetchPackage, type Say } from "./debian_package.ts";

/** Unpacks the source from its package: an archive within an archive. */
async function unpackSource(packageFile: string, name: string, tree: string): Promise<void> {
  const part = `${tree}.part`;
  if (exists(part)) await Deno.remove(part, { recursive: true });
  await Deno.mkdir(part, { recursive: true });
  try {
    const outer = new Deno.Command("dpkg-deb", { args: ["--fsys-tarfile", packageFile], stdout: "piped" }).spawn();
    const pick = new Deno.Command("tar", { args: ["-xO", `./usr/src/${name}.tar.xz`], stdin: "piped", stdout: "piped" })
      .spawn();
    const inner = new Deno.Command("tar", { args: ["-xJ", "--strip-components=1", "-C", part], stdin: "piped" }).spawn();
    // One that ends too soon closes its pipe; how they ended says more.
    const pipes = [outer.stdout.pipeTo(pick.stdin), pick.stdout.pipeTo(inner.stdin)];
    await Promise.allSettled(pipes);
    const ended = await Promise.all([outer.status, pick.status, inner.status]);
    if (!ended.every(({ success }) => success)) throw new InputError(`Cannot unpack usr/src/${name}.tar.xz of ${packageFile}`);
    await Deno.rename(part, tree);
  } finally {
    if (exists(part)) await Deno.remove(part, { recursive: true });
  }
}

/**
 * The source of a kernel in the cache, brought there if it is not.
 *
 * @param sources a file of sources to fetch from instead of the system's
 * @returns its folder
 * @throws {FetchError} or {InputError} where it cannot be had
 */
export async function fetchSource(
  source: DebianPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<string> {
  const tree = sourceTree(cache, source);
  if (exists(tree)) return tree;
  await needPrograms(["dpkg-deb", "tar", "xz"]);
  const packageFile = await fetchPackage(source, cache, sources, say);
  say(`${tree}: unpacking`);
  await unpackSource(packageFile, source.name, tree);
  return tree;
}
