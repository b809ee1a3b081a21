// SPDX-License-Identifier: GPL-2.0-only
/**
 * Finds and reads the profiles under `golden/`.
 *
 * @module
 */

import { parse } from "smol-toml";
import { parseProfile, ProfileError } from "../kernel/parse_profile.ts";
import type { KernelProfile } from "../kernel/profile.ts";

/** The profile that is taken where none is named. */
export const DEFAULT_KERNEL = "debian-armmp";

/** `golden/` of this checkout. */
export const GOLDEN_DIR = new URL("../../golden/", import.meta.url);

/** A profile that was asked for and is not there, or cannot be used: one line that says which and why. */
export class ProfileNotFound extends Error {
  override name = "ProfileNotFound";
}

/** Releases that have a folder with a `kernel.toml`. */
export function listProfiles(goldenDir = GOLDEN_DIR): string[] {
  return [...Deno.readDirSync(goldenDir)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

function readTextOf(url: URL, release: string): string {
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ProfileNotFound(
      `Profile ${release} is incomplete: golden/${release}/${url.pathname.split("/").at(-1)} is missing`,
    );
  }
}

function aliasOf(release: string, goldenDir: URL): string | undefined {
  let text: string;
  try {
    text = readTextOf(new URL(`${release}/kernel.toml`, goldenDir), release);
  } catch {
    // An incomplete profile is in nobody's way but its own.
    return undefined;
  }
  return /^alias\s*=\s*"([^"]*)"/m.exec(text)?.[1];
}

/** The release that a name (release or alias) stands for. */
export function findRelease(id: string, goldenDir = GOLDEN_DIR): string {
  const releases = listProfiles(goldenDir);
  const release = releases.find((each) => each === id) ?? releases.find((each) => aliasOf(each, goldenDir) === id);
  if (release !== undefined) return release;
  const known = releases.map((each) => aliasOf(each, goldenDir) ?? each).join(", ");
  throw new ProfileNotFound(`Cannot find kernel "${id}"; there are: ${known}`);
}

/**
 * Reads a profile.
 *
 * @param id a release (uname -r) or an alias
 * @throws {ProfileNotFound} where there is none of that name, or a file of it is missing or wrong
 */
export async function loadProfile(id = DEFAULT_KERNEL, goldenDir = GOLDEN_DIR): Promise<KernelProfile> {
  const release = findRelease(id, goldenDir);
  const folder = new URL(`${release}/`, goldenDir);
  try {
    const toml = parse(readTextOf(new URL("kernel.toml", folder), release));
    const keys = Array.isArray(toml.trusted_keys) ? toml.trusted_keys : [];
    return parseProfile(
      toml,
      await readExports(new URL("exports.tsv.gz", folder)),
      keys.map((name) => Deno.readFileSync(new URL(String(name), folder))),
    );
  } catch (error) {
    if (error instanceof ProfileNotFound) throw error;
    if (error instanceof ProfileError) throw new ProfileNotFound(`Cannot use golden/${release}/kernel.toml: ${error.message}`);
    throw new ProfileNotFound(
      `Cannot read profile ${release}: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
    );
  }
}

/** Unpacked by the platform's own stream: from a cold start it is there in half the time that node:zlib takes to be. */
async function readExports(url: URL): Promise<string> {
  const gunzip = new DecompressionStream("gzip");
  const writer = gunzip.writable.getWriter();
  const decoder = new TextDecoder("latin1");
  // What is wrong with the bytes comes out at the reading end.
  const written = writer.write(Deno.readFileSync(url)).then(() => writer.close()).catch(() => {});
  let text = "";
  for await (const bytes of gunzip.readable) text += decoder.decode(bytes);
  await written;
  return text;
}
