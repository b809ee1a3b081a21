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

import { DEFAULT_KERNEL } from "../profile/load_profile.ts";
import { InputError } from "../suite/input_error.ts";
import { FetchError } from "./apt.ts";
import { fetchPackage, megabytes, packagePath, type Say } from "./debian_package.ts";
import { readKernelArguments, runKernelCommand } from "./kernel_command.ts";
import { readFacts } from "./kernel_facts.ts";
import { type KernelPackage, parsePackage } from "./kernel_package.ts";
import { imagePath } from "./kernel_under_test.ts";
import { COMPILER, EMULATOR, howToGet, missingPrograms } from "./programs.ts";
import { whatIsWrong } from "./verify.ts";

const USAGE = "usage: deno task kernel:fetch [--kernel ID] [--cache DIR] [--sources FILE]";

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
  const hasImage = await whatIsWrong(image, wanted.image) === undefined;
  const hasPackage = hasImage || await whatIsWrong(packagePath(cache, wanted), wanted) === undefined;
  const programs = [EMULATOR, COMPILER];
  if (!hasPackage) programs.push("apt-get");
  if (!hasImage) programs.push("dpkg-deb", "tar");
  const missing = await missingPrograms(programs);
  if (missing.length > 0) throw new InputError(howToGet(missing));
  if (!hasImage) await unpackImage(wanted, await fetchPackage(wanted, cache, sources, say), image);
  say(`${image}: ${hasImage ? "there" : megabytes(wanted.image.size)}, verified`);
}

async function main(args: readonly string[]): Promise<number> {
  const { cache, sources, options } = readKernelArguments(args, { usage: USAGE, options: ["kernel"], operands: 0 });
  const wanted = parsePackage(await readFacts(options.kernel ?? DEFAULT_KERNEL));
  await fetchKernel(wanted, cache, sources, (line) => console.log(line));
  return 0;
}

if (import.meta.main) Deno.exit(await runKernelCommand("kernel:fetch", () => main(Deno.args)));
