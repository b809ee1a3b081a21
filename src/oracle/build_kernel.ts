// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: builds a kernel that no package has, and puts it into the cache.
 *
 *     deno task kernel:build ID [--jobs N] [--cache DIR] [--sources FILE]
 *
 * What is built from what is in `golden/<release>/kernel.toml` (kernel_build.ts); the source comes as `kernel:fetch` brings kernels.
 * In the cache: the image as `<cache>/<release>/vmlinuz`, with its device tree and System.map beside it. An interrupted build goes
 * on where it was.
 *
 * Exit code: 0; 1 where the source cannot be downloaded, or where the image differs from the one that the profile was recorded from,
 * as another compiler makes it; 2 for bad usage, where a program is missing, or where the build fails.
 *
 * @module
 */

import { mergeFragments, notHonoured, readKconfig, writeKconfig } from "../profile/kconfig.ts";
import { GOLDEN_DIR } from "../profile/load_profile.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { megabytes, type Say } from "./packages/debian_package.ts";
import { fetchSource } from "./packages/kernel_source.ts";
import { compilerVersion, Kbuild } from "./kbuild.ts";
import { buildTree, type KernelBuild, parseBuild, pemOf } from "./kernel_build.ts";
import { readKernelArguments, runKernelCommand } from "./kernel_command.ts";
import { readFacts } from "./kernel_facts.ts";
import { imagePath } from "./kernel_under_test.ts";
import { COMPILER, needProgram, needPrograms, type Program } from "./programs.ts";
import { sha256Hex, whatIsWrong } from "./verify.ts";

const USAGE = "usage: deno task kernel:build ID [--jobs N] [--cache DIR] [--sources FILE]";
/** What has to be installed, beside the cross compiler. */
const PROGRAMS = ["gcc", "make", "bc", "flex", "bison", "perl", "dpkg-deb", "tar", "xz"];
/** How many files are one line of progress. */
const FILES_PER_LINE = 100;
/** Files in a build tree. */
const FRAGMENT = "fragment";
const TRUSTED_KEYS = "trusted-keys.pem";

async function readFragment(release: string, name: string): Promise<ReturnType<typeof readKconfig>> {
  try {
    return readKconfig(await Deno.readTextFile(new URL(`${release}/${name}`, GOLDEN_DIR)));
  } catch (error) {
    throw new InputError(`Cannot use golden/${release}/${name}: ${firstLine(error)}`);
  }
}

/** Makes `.config`, and holds it to what the fragments ask for. */
async function configure(kbuild: Kbuild, { release, base, fragments, trustedKeys }: KernelBuild): Promise<void> {
  const wanted = mergeFragments(await Promise.all(fragments.map((name) => readFragment(release, name))));
  const keys = await Promise.all(trustedKeys.map((name) => Deno.readFile(new URL(`${release}/${name}`, GOLDEN_DIR))));
  await Deno.mkdir(kbuild.tree, { recursive: true });
  await Deno.writeTextFile(`${kbuild.tree}/${FRAGMENT}`, writeKconfig(wanted));
  await Deno.writeTextFile(`${kbuild.tree}/${TRUSTED_KEYS}`, pemOf(keys));
  if (base === "allnoconfig") {
    await kbuild.make([base], undefined, { KCONFIG_ALLCONFIG: `${kbuild.tree}/${FRAGMENT}` });
  } else {
    await kbuild.make([base]);
    const config = mergeFragments([readKconfig(await Deno.readTextFile(`${kbuild.tree}/.config`)), wanted]);
    await Deno.writeTextFile(`${kbuild.tree}/.config`, writeKconfig(config));
    await kbuild.make(["olddefconfig"]);
  }
  const lost = notHonoured(wanted, readKconfig(await Deno.readTextFile(`${kbuild.tree}/.config`)));
  if (lost.length > 0) {
    throw new InputError(`Cannot configure ${release}: ${lost.join(", ")} asked for and not had; another option is missing`);
  }
}

async function install(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, `${to}.part`);
  await Deno.rename(`${to}.part`, to);
}

async function compile(kbuild: Kbuild, { release, dtb }: KernelBuild, jobs: number, say: Say): Promise<void> {
  let made = 0;
  const step = () => {
    if (++made % FILES_PER_LINE === 0) say(`${release}: ${made} files made`);
  };
  await kbuild.make([`-j${jobs}`, "zImage", "modules_prepare", ...(dtb === undefined ? [] : [dtb])], step);
}

/** Returns whether the image is the one that the profile was recorded from, or there is none yet. */
async function report(build: KernelBuild, image: string, compiler: Program, say: Say): Promise<boolean> {
  const { size } = await Deno.stat(image);
  const wrong = build.recorded && await whatIsWrong(image, build.recorded.image);
  if (wrong === undefined) {
    say(
      `${image}: ${megabytes(size)}, ${build.recorded ? "verified" : `SHA-256 ${await sha256Hex(await Deno.readFile(image))}`}`,
    );
    return true;
  }
  console.error(
    `kernel:build: ${image} is not the image that golden/${build.release} was recorded from: it ${wrong}. It was built by ` +
      `"${await compilerVersion(
        compiler,
      )}", that one by "${build.recorded?.compiler}"; addresses will differ from the profile's`,
  );
  return false;
}

/** Builds and installs. Returns whether the image is the recorded one. */
async function buildKernel(build: KernelBuild, cache: string, jobs: number, sources: string | undefined, say: Say) {
  await needPrograms(PROGRAMS);
  const compiler = await needProgram(COMPILER, cache);
  const source = await fetchSource(build.source, cache, sources, say);
  const kbuild = new Kbuild(source, buildTree(cache, build.release), compiler);
  await configure(kbuild, build);
  say(`${build.release}: building in ${kbuild.tree}`);
  await compile(kbuild, build, jobs, say);
  const image = imagePath(cache, build.release);
  const folder = image.slice(0, image.lastIndexOf("/"));
  const boot = `${kbuild.tree}/arch/arm/boot`;
  await install(`${kbuild.tree}/System.map`, `${folder}/System.map`);
  if (build.dtb !== undefined) await install(`${boot}/dts/${build.dtb}`, `${folder}/${build.dtb.split("/").at(-1)}`);
  await install(`${boot}/zImage`, image);
  return await report(build, image, compiler, say);
}

async function main(args: readonly string[]): Promise<number> {
  const { operands, cache, sources, options } = readKernelArguments(args, { usage: USAGE, options: ["jobs"], operands: 1 });
  const [id] = operands;
  if (id === undefined) throw new InputError(`no kernel named; ${USAGE}`);
  const jobs = Number(options.jobs ?? navigator.hardwareConcurrency);
  if (!(Number.isInteger(jobs) && jobs > 0)) throw new InputError(`--jobs ${options.jobs} is no number of jobs; ${USAGE}`);
  const build = parseBuild(await readFacts(id));
  return await buildKernel(build, cache, jobs, sources, (line) => console.log(line)) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await runKernelCommand("kernel:build", () => main(Deno.args)));
