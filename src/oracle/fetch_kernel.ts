// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: brings the kernel that `record` and `suite --target qemu` boot into the cache.
 *
 *     deno task kernel:fetch [--kernel ID] [--cache DIR] [--sources FILE]
 *
 * The package is the one that `golden/<release>/kernel.toml` names, from the mirror that the system itself uses, or the first one of
 * FILE (in a format of sources.list(5)). In the cache:
 *
 *     <cache>/packages/*.deb        the package
 *     <cache>/<release>/vmlinuz     the kernel image
 *     <cache>/apt                   while it is fetched: the package client's state
 *
 * Size and hash of both are verified. What is there already is not fetched again. Exit code: 0; 1 where the download fails; 2 for
 * bad usage, or where a program is missing.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { resolve } from "@std/path";
import { DEFAULT_KERNEL, ProfileNotFound } from "../profile/load_profile.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { FetchError, PrivateApt } from "./apt.ts";
import { findSource } from "./apt_sources.ts";
import { type KernelPackage, readPackage } from "./kernel_package.ts";
import { cacheDirectory, imagePath } from "./kernel_under_test.ts";
import { COMPILER, EMULATOR, howToGet, missingPrograms } from "./programs.ts";
import { whatIsWrong } from "./verify.ts";

const USAGE = "usage: deno task kernel:fetch [--kernel ID] [--cache DIR] [--sources FILE]";

/** Prints one line of progress. */
type Say = (line: string) => void;

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function fileName({ name, version, architecture }: KernelPackage): string {
  return `${name}_${version}_${architecture}.deb`;
}

async function fetchPackage(wanted: KernelPackage, path: string, cache: string, sources: string | undefined, say: Say) {
  const apt = await PrivateApt.open(`${cache}/apt`, wanted.architecture, await findSource(wanted.suite, sources));
  say(`lists of ${wanted.suite} ${wanted.architecture}: fetching`);
  const complaint = await apt.update();
  if (complaint !== undefined) say(`lists of ${wanted.suite} ${wanted.architecture}: apt-get says: ${complaint}`);
  say(`${fileName(wanted)}: fetching ${megabytes(wanted.size)}`);
  const fetched = await apt.download(wanted.name, wanted.version);
  const wrong = await whatIsWrong(fetched, wanted);
  if (wrong !== undefined) throw new FetchError(`Cannot take ${fileName(wanted)} as it was downloaded: it ${wrong}`);
  await Deno.mkdir(`${cache}/packages`, { recursive: true });
  await Deno.rename(fetched, path);
  await Deno.remove(apt.directory, { recursive: true });
  say(`${fileName(wanted)}: verified`);
}

/** Unpacks the one file of the package that is needed. */
async function unpackImage(wanted: KernelPackage, packageFile: string, image: string): Promise<void> {
  await Deno.mkdir(image.slice(0, image.lastIndexOf("/")), { recursive: true });
  const part = `${image}.part`;
  const archive = new Deno.Command("dpkg-deb", { args: ["--fsys-tarfile", packageFile], stdout: "piped" }).spawn();
  const tar = new Deno.Command("tar", { args: ["-xO", `./${wanted.image.path}`], stdin: "piped", stdout: "piped" }).spawn();
  const file = await Deno.open(part, { write: true, create: true, truncate: true });
  await Promise.all([archive.stdout.pipeTo(tar.stdin), tar.stdout.pipeTo(file.writable), archive.status, tar.status]);
  const wrong = await whatIsWrong(part, wanted.image);
  if (wrong !== undefined) throw new FetchError(`Cannot unpack ${wanted.image.path} of ${packageFile}: it ${wrong}`);
  await Deno.rename(part, image);
}

/** Brings what is missing in `cache`. */
async function fetchKernel(wanted: KernelPackage, cache: string, sources: string | undefined, say: Say): Promise<void> {
  const image = imagePath(cache, wanted.release);
  const packageFile = `${cache}/packages/${fileName(wanted)}`;
  const hasImage = await whatIsWrong(image, wanted.image) === undefined;
  const hasPackage = hasImage || await whatIsWrong(packageFile, wanted) === undefined;
  const programs = [EMULATOR, COMPILER];
  if (!hasPackage) programs.push("apt-get");
  if (!hasImage) programs.push("dpkg-deb", "tar");
  const missing = await missingPrograms(programs);
  if (missing.length > 0) throw new InputError(howToGet(missing));
  if (hasPackage && !hasImage) say(`${fileName(wanted)}: there, verified`);
  if (!hasPackage) await fetchPackage(wanted, packageFile, cache, sources, say);
  if (!hasImage) await unpackImage(wanted, packageFile, image);
  say(`${image}: ${hasImage ? "there" : megabytes(wanted.image.size)}, verified`);
}

function readArguments(args: readonly string[]): { kernel: string; cache: string; sources?: string } {
  const parsed = parseArgs(args, {
    string: ["kernel", "cache", "sources"],
    unknown: (argument) => {
      throw new InputError(`unknown argument ${argument}; ${USAGE}`);
    },
  });
  const value = (name: string): string | undefined => {
    const found = parsed[name];
    if (found === undefined || (typeof found === "string" && found !== "")) return found;
    throw new InputError(`option --${name} needs one value; ${USAGE}`);
  };
  const here = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const sources = value("sources");
  return {
    kernel: value("kernel") ?? DEFAULT_KERNEL,
    cache: resolve(here, value("cache") ?? cacheDirectory()),
    ...(sources === undefined ? {} : { sources: resolve(here, sources) }),
  };
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const { kernel, cache, sources } = readArguments(args);
    await fetchKernel(await readPackage(kernel), cache, sources, (line) => console.log(line));
    return 0;
  } catch (error) {
    const expected = error instanceof InputError || error instanceof ProfileNotFound || error instanceof FetchError;
    if (!expected) throw error;
    const failed = error instanceof FetchError;
    console.error(`kernel:fetch: ${firstLine(error)}${failed ? "; --sources FILE names other sources to fetch from" : ""}`);
    return failed ? 1 : 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
