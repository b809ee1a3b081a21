// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel profile`: what is known of a kernel, learnt from what its user has, and modules checked against that.
 *
 * @module
 */

import { ElfError } from "../elf/image.ts";
import { encodeName } from "../elf/writer.ts";
import { type ElfInfo, ObjectError, readObject } from "../kbuild/elf_info.ts";
import { checkModule } from "../profile/check_module.ts";
import { KernelImageError } from "../profile/kernel_image.ts";
import { type Kconfig, readKconfig } from "../profile/kconfig.ts";
import { FactsDiffer, join, type KnownFacts, NO_FACTS } from "../profile/known_facts.ts";
import { factsOfConfig, factsOfModule, factsOfRelease, factsOfSymvers, factsOfSystemMap, isModule } from "../profile/learn.ts";
import { factsOfKernelFile } from "../profile/learn_image.ts";
import { learntFiles } from "../profile/learnt_files.ts";
import { VmlinuxError } from "../profile/vmlinux.ts";
import { isFile, isFolder } from "../suite/files.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { readModule } from "../suite/module_files.ts";
import { readInput, readInputText } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { openProfile } from "./kernel_option.ts";
import { readOptions, UsageError } from "./options.ts";
import { writeFiles } from "./output.ts";
import { readSymvers } from "./symvers_file.ts";

/** Reads a file of a folder by `read`, whose complaint names the file. */
function readOf<T>(path: string, what: string, read: (text: string) => T): T {
  const text = readInputText(path, what);
  try {
    return read(text);
  } catch (error) {
    throw error instanceof FactsDiffer ? error : new InputError(`Cannot read ${what} "${path}": ${firstLine(error)}`);
  }
}

/** The first module that a build tree says it built and that is there. */
function builtModule(folder: string): string | undefined {
  if (!isFile(`${folder}/modules.order`)) return undefined;
  const names = readInputText(`${folder}/modules.order`, "list of modules").split("\n").map((name) =>
    name.replace(/\.o$/, ".ko")
  );
  return names.map((name) => `${folder}/${name}`).find((path) => path.endsWith(".ko") && isFile(path));
}

/** A build tree or a headers package: its exports, release and configuration, and of a tree its addresses and struct module. */
async function factsOfTree(folder: string, io: CommandIo): Promise<KnownFacts> {
  const place = (name: string) => io.resolve(`${folder}/${name}`);
  // A kernel that was built without its modules has only the second.
  const symvers = ["Module.symvers", "vmlinux.symvers"].find((name) => isFile(place(name)));
  if (symvers === undefined) {
    throw new InputError(`Cannot learn from "${folder}": it has no Module.symvers; it is no build tree and no headers`);
  }
  let facts = factsOfSymvers(readSymvers(`${folder}/${symvers}`, io));
  if (!isFile(place(".config"))) return facts;
  const config: Kconfig = readOf(place(".config"), "configuration", readKconfig);
  facts = join(facts, factsOfConfig(config));
  if (isFile(place("include/config/kernel.release"))) {
    const release = readInputText(place("include/config/kernel.release"), "release").trim();
    facts = join(facts, factsOfRelease(release, config));
  }
  if (isFile(place("System.map"))) {
    facts = join(facts, readOf(place("System.map"), "System.map", (text) => factsOfSystemMap(text, config, facts)));
  }
  // That of a headers package is empty.
  const vmlinux = isFile(place("vmlinux")) ? readInput(place("vmlinux"), "vmlinux") : new Uint8Array();
  if (vmlinux.length > 4096) facts = join(facts, await factsOfKernelFile(vmlinux, config));
  const module = builtModule(io.resolve(folder));
  return module === undefined ? facts : join(facts, factsOfModule(readObject((await readModule(module)).plain)));
}

async function factsOf(path: string, io: CommandIo): Promise<KnownFacts> {
  const place = io.resolve(path);
  try {
    if (isFolder(place)) return await factsOfTree(path, io);
    const { plain } = await readModule(place);
    const isRelocatable = encodeName("\x7fELF").every((byte, i) => plain[i] === byte) && (plain[16] | plain[17] << 8) === 1;
    return isRelocatable ? factsOfModule(moduleOf(plain)) : await factsOfKernelFile(readInput(place, "kernel"));
  } catch (error) {
    const isBad = [ObjectError, ElfError, KernelImageError, VmlinuxError].some((kind) => error instanceof kind);
    if (!isBad) throw error;
    throw new InputError(`Cannot learn from "${path}": ${firstLine(error)}`);
  }
}

/** A module; an object that is not linked to one tells nothing of the kernel. */
function moduleOf(bytes: Uint8Array): ElfInfo {
  const elf = readObject(bytes);
  if (isModule(elf)) return elf;
  throw new ObjectError(
    "it is an object, not a module: it has no .gnu.linkonce.this_module; name the .ko that the kernel loads",
  );
}

/** What is known and what is not, as a line. */
function summary(facts: KnownFacts): string {
  const { vermagic, structSize, config, pageOffset, exports } = facts;
  const addresses = [...exports.values()].filter(({ address }) => address !== undefined).length;
  const crcs = [...exports.values()].filter(({ crc }) => typeof crc === "number").length;
  return [
    vermagic === undefined ? "version magic unknown" : `version magic '${vermagic}'`,
    structSize === undefined ? "size of struct module unknown" : `struct module of ${structSize} bytes`,
    pageOffset === undefined ? `${config.size} options known` : "configuration known",
    `${facts.hasAllExports ? "all" : "some"} exports: ${exports.size}, CRCs: ${crcs}, addresses: ${addresses}`,
  ].join("; ");
}

async function make(sources: readonly string[], output: string | undefined, io: CommandIo): Promise<number> {
  if (sources.length === 0) {
    throw new UsageError("nothing is named to learn from: a build tree, headers, zImage, vmlinux or .ko");
  }
  if (output === undefined) throw new UsageError("no folder is named to be written; -o names it");
  let facts = NO_FACTS;
  for (const source of sources) {
    try {
      facts = join(facts, await factsOf(source, io));
    } catch (error) {
      if (!(error instanceof FactsDiffer)) throw error;
      throw new InputError(`Cannot learn from "${source}" together with the others: ${error.message}`);
    }
  }
  const names = sources.map((source) => source.replace(/\/+$/, "").replace(/.*\//, ""));
  const folder = io.resolve(output);
  Deno.mkdirSync(folder, { recursive: true });
  writeFiles(new Map([...learntFiles(facts, names)].map(([name, bytes]) => [`${folder}/${name}`, bytes])));
  io.err(`${summary(facts)}\n`);
  return 0;
}

async function check(kernel: string, modules: readonly string[], io: CommandIo): Promise<number> {
  if (modules.length === 0) throw new UsageError("no module is named to be checked");
  const profile = await openProfile(kernel, io);
  let code = 0;
  for (const path of modules) {
    const { plain } = await readModule(io.resolve(path));
    try {
      const { refused, unknown } = checkModule(moduleOf(plain), profile);
      for (const line of refused) io.out(`${path}: refused: ${line}\n`);
      for (const line of unknown) io.out(`${path}: not known: ${line}\n`);
      if (refused.length > 0) code = 1;
      else io.out(`${path}: nothing known refuses it\n`);
    } catch (error) {
      if (!(error instanceof ObjectError)) throw error;
      throw new InputError(`Cannot check "${path}": ${error.message}`);
    }
  }
  return code;
}

/** @returns the exit code: 0, or 1 where a known fact refuses a module */
export async function profileCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest: [action, ...rest] } = readOptions(args, { o: "string" });
  if (action === "make") return await make(rest, options.o, io);
  const [kernel, ...modules] = rest;
  if (action !== "check" || kernel === undefined) throw new UsageError("there are profile make and profile check");
  return await check(kernel, modules, io);
}
