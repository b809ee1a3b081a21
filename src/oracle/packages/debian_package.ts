// SPDX-License-Identifier: GPL-2.0-only
/**
 * A Debian package that a kernel comes from, as a table of its `kernel.toml` names it, and how it gets into the cache:
 *
 *     <cache>/packages/*.deb        the package
 *     <cache>/apt                   while it is fetched: the package client's state
 *
 * @module
 */

import { FetchError, PrivateApt } from "./apt.ts";
import { findSource } from "./apt_sources.ts";
import { withBar } from "./download_bar.ts";
import { needPrograms } from "../programs.ts";
import { type FileFacts, whatIsWrong } from "../verify.ts";

export interface DebianPackage extends FileFacts {
  /** Debian's name of the release that has the package. */
  suite: string;
  architecture: string;
  name: string;
  version: string;
}

/** Prints one line of progress. */
export type Say = (line: string) => void;

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The name of a package's file. */
export function fileName({ name, version, architecture }: DebianPackage): string {
  return `${name}_${version}_${architecture}.deb`;
}

/** Where the file of a package is in the cache. */
export function packagePath(cache: string, wanted: DebianPackage): string {
  return `${cache}/packages/${fileName(wanted)}`;
}

/**
 * Opens the package client with the lists of a package's release.
 *
 * @param sources a file of sources to take instead of the system's
 * @throws {InputError} where there is no client or no source
 */
export async function openApt(
  { suite, architecture }: DebianPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<PrivateApt> {
  await needPrograms(["apt-get"]);
  // A package of every architecture is in the lists of any.
  const listed = architecture === "all" ? "armhf" : architecture;
  const apt = await PrivateApt.ofSource(`${cache}/apt`, listed, await findSource(suite, sources));
  const lists = `lists of ${suite} ${listed}`;
  say(`${lists}: fetching`);
  const complaint = await withBar(`% of the ${lists}`, 100, (hear) => apt.update(hear));
  if (complaint !== undefined) say(`${lists}: apt-get says: ${complaint}`);
  return apt;
}

/**
 * Brings a package into the cache, from the mirror that the system itself uses.
 *
 * @param sources a file of sources to take instead
 * @returns the path of its file
 * @throws {FetchError} where it cannot be downloaded, or is not what it must be
 */
export async function fetchPackage(
  wanted: DebianPackage,
  cache: string,
  sources: string | undefined,
  say: Say,
): Promise<string> {
  const path = packagePath(cache, wanted);
  const name = fileName(wanted);
  if (await whatIsWrong(path, wanted) === undefined) {
    say(`${name}: there, verified`);
    return path;
  }
  const apt = await openApt(wanted, cache, sources, say);
  say(`${name}: fetching ${megabytes(wanted.size)}`);
  const size = Math.round(wanted.size / 1e6);
  const fetched = await withBar(`MB of ${name}`, size, (hear) => apt.download(wanted.name, wanted.version, hear));
  const wrong = await whatIsWrong(fetched, wanted);
  if (wrong !== undefined) throw new FetchError(`Cannot take ${name} as it was downloaded: it ${wrong}`);
  await Deno.mkdir(`${cache}/packages`, { recursive: true });
  await Deno.rename(fetched, path);
  await Deno.remove(apt.directory, { recursive: true });
  say(`${name}: verified`);
  return path;
}
