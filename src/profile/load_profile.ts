// SPDX-License-Identifier: GPL-2.0-only
/**
 * Finds and reads profiles: those under `golden/`, and those of any other folder.
 *
 * @module
 */

import { parse, TomlError } from "smol-toml";
import { hex32 } from "../elf/word.ts";
import { type DeviceFacts, parseDeviceFacts } from "../kernel/device_facts.ts";
import { findBadRow } from "../kernel/exports.ts";
import { isLearnt, parseProfile } from "../kernel/parse_profile.ts";
import { type KernelProfile, ProfileError } from "../kernel/profile.ts";

/** The profile that is taken where none is named. */
export const DEFAULT_KERNEL = "debian-armmp";

/** `golden/` of this checkout. */
export const GOLDEN_DIR = new URL("../../golden/", import.meta.url);

/** A profile that was asked for and is not there, or cannot be used: one line that says which and why. */
export class ProfileNotFound extends ProfileError {
  override name = "ProfileNotFound";
}

/** The folders under `golden/`, one for each release. That a profile is complete shows when it is loaded. */
export function listProfiles(goldenDir = GOLDEN_DIR): string[] {
  return [...Deno.readDirSync(goldenDir)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

/** The folder of a profile. */
interface ProfileFolder {
  readonly url: URL;
  /** As messages name it. */
  readonly shown: string;
}

function goldenFolder(release: string, goldenDir: URL): ProfileFolder {
  return { url: new URL(`${release}/`, goldenDir), shown: `golden/${release}` };
}

/** A file of a profile. */
function readFileOf({ url, shown }: ProfileFolder, name: string): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(new URL(name, url));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new ProfileNotFound(`Profile ${shown.replace(/.*\//, "")} is incomplete: ${shown}/${name} is missing`);
    }
    throw unusable({ url, shown }, name, firstLine(error));
  }
}

function unusable({ shown }: ProfileFolder, name: string, why: string): ProfileNotFound {
  return new ProfileNotFound(`Cannot use ${shown}/${name}: ${why}`);
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}

function readTextOf(folder: ProfileFolder, name: string): string {
  return new TextDecoder().decode(readFileOf(folder, name));
}

/** The short name of a release, if its `kernel.toml` is there and has one. */
function aliasOf(release: string, goldenDir: URL): string | undefined {
  let text: string;
  try {
    text = readTextOf(goldenFolder(release, goldenDir), "kernel.toml");
  } catch {
    // An incomplete profile is in nobody's way but its own.
    return undefined;
  }
  return /^alias\s*=\s*"([^"]*)"/m.exec(text)?.[1];
}

/** Kernels that an error names. */
const MOST_NAMED = 8;

/** What is said of a kernel that is not there: which are, those with the nearest names first. */
async function notFound(id: string, names: ReadonlyMap<string, string>): Promise<ProfileNotFound> {
  const { wordSimilaritySort } = await import("@std/text");
  const sorted = wordSimilaritySort(id, [...names.keys()]).map((name) => names.get(name));
  const aliases = [...new Set(sorted)];
  const more = aliases.length > MOST_NAMED ? ` and ${aliases.length - MOST_NAMED} more` : "";
  return new ProfileNotFound(`Cannot find kernel "${id}"; there are: ${aliases.slice(0, MOST_NAMED).join(", ")}${more}`);
}

/** The release that a name (release or alias) stands for. */
export async function findRelease(id: string, goldenDir = GOLDEN_DIR): Promise<string> {
  const releases = listProfiles(goldenDir);
  const release = releases.find((each) => each === id) ?? releases.find((each) => aliasOf(each, goldenDir) === id);
  if (release !== undefined) return release;
  const names = releases.flatMap((each) => {
    const alias = aliasOf(each, goldenDir) ?? each;
    return [[each, alias], [alias, alias]] as const;
  });
  throw await notFound(id, new Map(names));
}

/**
 * Reads a profile of `golden/`.
 *
 * @param id a release (uname -r) or an alias
 * @throws {ProfileNotFound} where there is none of that name, or a file of it is missing or wrong
 */
export async function loadProfile(id = DEFAULT_KERNEL, goldenDir = GOLDEN_DIR): Promise<KernelProfile> {
  const release = await findRelease(id, goldenDir);
  const folder = goldenFolder(release, goldenDir);
  const toml = parseToml(folder, "kernel.toml");
  if (toml.release !== undefined && toml.release !== release) {
    throw unusable(folder, "kernel.toml", `release is ${JSON.stringify(toml.release)}; it must be that of its folder`);
  }
  return await readProfile(toml, folder);
}

/**
 * Reads the profile of any folder.
 *
 * @param path an absolute path
 * @throws {ProfileNotFound} where a file of it is missing or wrong
 */
export async function loadProfileFrom(path: string): Promise<KernelProfile> {
  const { toFileUrl } = await import("@std/path");
  const folder = { url: toFileUrl(`${path.replace(/\/+$/, "")}/`), shown: path.replace(/\/+$/, "") };
  return await readProfile(parseToml(folder, "kernel.toml"), folder);
}

async function readProfile(toml: Record<string, unknown>, folder: ProfileFolder): Promise<KernelProfile> {
  const exports = await readExports(toml, folder);
  const devices = readDevices(folder);
  return usable(folder, "kernel.toml", () => parseProfile(toml, exports, (name) => readCertificate(folder, name), devices));
}

/** What `read` makes of a file. */
function usable<T>(folder: ProfileFolder, name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProfileNotFound || !(error instanceof ProfileError)) throw error;
    throw unusable(folder, name, error.message);
  }
}

function parseToml(folder: ProfileFolder, name: string): Record<string, unknown> {
  const text = readTextOf(folder, name);
  try {
    return parse(text);
  } catch (error) {
    const where = error instanceof TomlError ? `line ${error.line}, column ${error.column}: ` : "";
    throw unusable(folder, name, `${where}${firstLine(error)}`);
  }
}

/** The file that a profile need not have. */
const DEVICES = "devices.toml";

function readDevices(folder: ProfileFolder): DeviceFacts | undefined {
  if (![...Deno.readDirSync(folder.url)].some(({ name }) => name === DEVICES)) return undefined;
  return usable(folder, DEVICES, () => parseDeviceFacts(parseToml(folder, DEVICES)));
}

/** A certificate in DER: one SEQUENCE, which ends where the file does. */
function readCertificate(folder: ProfileFolder, name: string): Uint8Array {
  const bytes = readFileOf(folder, name);
  const [tag, lengthTag, high, low] = bytes;
  if (tag === 0x30 && lengthTag === 0x82 && ((high << 8) | low) === bytes.length - 4) return bytes;
  throw unusable(folder, name, `its ${bytes.length} bytes are no X.509 certificate in DER`);
}

/**
 * The text of `exports.tsv.gz`. Its rows are trusted where the CRC-32 that gzip keeps of them is the one that `kernel.toml` names, and
 * looked at one by one where it names none.
 */
async function readExports(toml: Record<string, unknown>, folder: ProfileFolder): Promise<string> {
  const name = "exports.tsv.gz";
  const crc32 = toml.exports_crc32;
  const bytes = readFileOf(folder, name);
  let text: string;
  try {
    text = await gunzip(bytes);
  } catch (error) {
    throw unusable(folder, name, `it is damaged: ${firstLine(error)}`);
  }
  const found = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  if (crc32 === undefined) {
    const problem = findBadRow(text, isLearnt(toml));
    if (problem !== undefined) throw unusable(folder, name, problem);
  } else if (crc32 !== found) {
    throw unusable(
      folder,
      name,
      `the CRC-32 of its text is ${hex32(found)}; kernel.toml says exports_crc32 = ${shown(crc32)}`,
    );
  }
  return text;
}

function shown(value: unknown): string {
  return typeof value === "number" ? hex32(value) : String(value);
}

/** Unpacked by the platform's own stream: from a cold start it is there in half the time that node:zlib takes to be. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const gunzip = new DecompressionStream("gzip");
  const writer = gunzip.writable.getWriter();
  const decoder = new TextDecoder("latin1");
  // What is wrong with the bytes comes out at the reading end.
  const written = writer.write(bytes).then(() => writer.close()).catch(() => {});
  let text = "";
  for await (const part of gunzip.readable) text += decoder.decode(part);
  await written;
  return text;
}
