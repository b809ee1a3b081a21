// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: makes the profile of a kernel that `kernel:build` has built, from its build tree and from the booted guest.
 *
 *     deno task kernel:profile ID [--cache DIR]
 *
 * In `golden/<release>/kernel.toml` stand at first alias, trusted_keys and the tables qemu and build, without build.image. They
 * are kept, as are variables and nondeterministic; the rest of the file, and exports.tsv.gz beside it, are written anew.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { readKconfig } from "../profile/kconfig.ts";
import { builtFacts } from "../profile/build_tree.ts";
import { type BuiltFacts, kernelToml, type TomlTable } from "../profile/kernel_toml.ts";
import { GOLDEN_DIR } from "../profile/load_profile.ts";
import { probeSource } from "../profile/struct_module.ts";
import { exportsText, Vmlinux } from "../profile/vmlinux.ts";
import { InputError } from "../suite/input_error.ts";
import { readBoard } from "./guest/board.ts";
import { bootedFacts } from "./guest/guest_facts.ts";
import { compilerVersion, Kbuild } from "./kbuild.ts";
import { buildTree, parseBuild, sourceTree } from "./kernel_build.ts";
import { readKernelArguments, runKernelCommand } from "./kernel_command.ts";
import { type Facts, readFacts } from "./kernel_facts.ts";
import { imagePath, type KernelUnderTest } from "./kernel_under_test.ts";
import { COMPILER, needProgram, type Program } from "./programs.ts";
import { snapshotOf } from "./guest/snapshot.ts";
import { type FileFacts, sha256Hex } from "./verify.ts";

const USAGE = "usage: deno task kernel:profile ID [--cache DIR]";
/** The external module, never loaded, whose object tells of struct module. */
const PROBE = "insmodel-probe";

async function readBuilt(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new InputError(`Cannot read ${path}: it is not there; "deno task kernel:build" makes it`);
  }
}

async function compileProbe(kbuild: Kbuild, source: string): Promise<Uint8Array> {
  const folder = `${kbuild.tree}/${PROBE}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/Kbuild`, "obj-m := probe.o\n");
  await Deno.writeTextFile(`${folder}/probe.c`, source);
  await kbuild.make([`M=${folder}`, "probe.o"]);
  return await Deno.readFile(`${folder}/probe.o`);
}

async function replace(path: URL, content: string | Uint8Array): Promise<void> {
  const part = new URL(`${path.href}.part`);
  await Deno.writeFile(part, typeof content === "string" ? new TextEncoder().encode(content) : content);
  await Deno.rename(part, path);
}

/** The table `build`, with what built the image that the profile is of. */
async function builtBy(facts: Facts, compiler: Program, image: FileFacts): Promise<TomlTable> {
  const { source, image: _before, ...own } = facts.table("build").values as TomlTable;
  return { ...own, compiler: await compilerVersion(compiler), source, image: { ...image } };
}

async function main(args: readonly string[]): Promise<number> {
  const { operands: [id], cache } = readKernelArguments(args, { usage: USAGE, options: [], operands: 1 });
  if (id === undefined) throw new InputError(`no kernel named; ${USAGE}`);
  const facts = await readFacts(id);
  const { release, source } = parseBuild(facts);
  const compiler = await needProgram(COMPILER, cache);
  const kbuild = new Kbuild(sourceTree(cache, source), buildTree(cache, release), compiler);
  const text = async (name: string) => new TextDecoder().decode(await readBuilt(`${kbuild.tree}/${name}`));
  const vmlinux = new Vmlinux(await readBuilt(`${kbuild.tree}/vmlinux`));
  const config = readKconfig(await text(".config"));
  const made = (await text("include/config/kernel.release")).trim();
  if (made !== release) throw new InputError(`Cannot make a profile: ${kbuild.tree} has ${made}, golden/ has ${release}`);
  const packed = gzipSync(exportsText(vmlinux.exports()), { level: 9 });
  const exportsCrc32 = new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 8, true);
  const probe = await compileProbe(kbuild, probeSource(config));
  const built: BuiltFacts = { ...builtFacts({ release, config, vmlinux, probe }), exportsCrc32 };

  const image = imagePath(cache, release);
  const bytes = await readBuilt(image);
  const board = await readBoard(release);
  const kernel: KernelUnderTest = {
    release,
    board,
    image,
    ...(board.dtb === undefined ? {} : { dtb: `${cache}/${release}/${board.dtb}` }),
    symbols: built.symbols,
    regions: built.fields.get("mem") ?? [0, 0],
  };
  const booted = await bootedFacts(await snapshotOf(cache, kernel, "", 0), vmlinux, config);
  const decided = {
    alias: facts.text("alias"),
    trustedKeys: facts.has("trusted_keys") ? facts.texts("trusted_keys") : [],
    qemu: facts.table("qemu").values as TomlTable,
    build: await builtBy(facts, compiler, { size: bytes.length, sha256: await sha256Hex(bytes) }),
    ...(facts.has("variables") ? { variables: facts.table("variables").values as TomlTable } : {}),
    nondeterministic: (facts.values.nondeterministic ?? []) as readonly TomlTable[],
  };
  const folder = new URL(`${release}/`, GOLDEN_DIR);
  await replace(new URL("exports.tsv.gz", folder), packed);
  await replace(new URL("kernel.toml", folder), kernelToml(decided, built, booted));
  console.log(`golden/${release}: kernel.toml and exports.tsv.gz written`);
  return 0;
}

if (import.meta.main) Deno.exit(await runKernelCommand("kernel:profile", () => main(Deno.args)));
