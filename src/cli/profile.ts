// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel profile`: what is known of a kernel, learnt from what its user has, and modules checked against it.
 *
 * @module
 */

import { ET } from "../elf/constants.ts";
import { ElfError } from "../elf/image.ts";
import { encodeName } from "../elf/writer.ts";
import { ObjectError, readObject } from "../kbuild/elf_info.ts";
import { readKconfig } from "../profile/kconfig.ts";
import { KernelImageError, unpackKernel } from "../profile/kernel_image.ts";
import {
  checkByFacts,
  FactsDiffer,
  factsFromJson,
  factsOfExports,
  factsOfModule,
  factsToJson,
  join,
  type KnownFacts,
  vermagicIn,
  vermagicOf,
} from "../profile/known_facts.ts";
import { kernelExports } from "../profile/vmlinux_exports.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import { readModule } from "../suite/module_files.ts";
import { readInput, readInputText } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { readOptions, UsageError } from "./options.ts";
import { writeFiles } from "./output.ts";
import { readSymvers } from "./symvers_file.ts";

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A build tree or a headers package: its exports, release and configuration. */
function factsOfTree(folder: string, io: CommandIo): KnownFacts {
  const exports = factsOfExports(readSymvers(`${folder}/Module.symvers`, io), true);
  const [release, config] = ["include/config/kernel.release", ".config"].map((name) => io.resolve(`${folder}/${name}`));
  if (!isFile(release) || !isFile(config)) return exports;
  try {
    const vermagic = vermagicOf(readInputText(release, "release").trim(), readKconfig(readInputText(config, "configuration")));
    return { ...exports, vermagic };
  } catch (error) {
    throw new InputError(`Cannot read configuration "${folder}/.config": ${firstLine(error)}`);
  }
}

/** A kernel's image: all its exports, and its version magic. */
async function factsOfKernel(file: Uint8Array): Promise<KnownFacts> {
  const exports = await kernelExports(file);
  const isElf = encodeName("\x7fELF").every((byte, i) => file[i] === byte);
  const vermagic = vermagicIn(isElf ? file : (await unpackKernel(file)).image);
  const known = new Map(exports.map(({ name, crc, gpl, namespace }) => [name, { crc, gpl, namespace }]));
  const crcs = new Map(exports.flatMap(({ name, crc }) => crc === undefined ? [] : [[name, crc] as const]));
  return { crcs, exports: known, ...(vermagic === undefined ? {} : { vermagic }) };
}

async function factsOf(path: string, io: CommandIo): Promise<KnownFacts> {
  const place = io.resolve(path);
  if (isFolder(place)) return factsOfTree(path, io);
  try {
    const { plain } = await readModule(place);
    const isModule = encodeName("\x7fELF").every((byte, i) => plain[i] === byte) && (plain[16] | plain[17] << 8) === ET.REL;
    return isModule ? factsOfModule(readObject(plain)) : await factsOfKernel(readInput(place, "kernel"));
  } catch (error) {
    const isBad = error instanceof ObjectError || error instanceof ElfError || error instanceof KernelImageError;
    if (!isBad) throw error;
    throw new InputError(`Cannot learn from "${path}": ${error.message}`);
  }
}

async function make(sources: readonly string[], output: string | undefined, io: CommandIo): Promise<number> {
  if (sources.length === 0) {
    throw new UsageError("nothing is named to learn from: a build tree, headers, zImage, vmlinux or .ko");
  }
  let facts: KnownFacts = { crcs: new Map() };
  for (const source of sources) {
    try {
      facts = join(facts, await factsOf(source, io));
    } catch (error) {
      if (!(error instanceof FactsDiffer)) throw error;
      throw new InputError(`Cannot learn from "${source}" together with the others: ${error.message}`);
    }
  }
  const text = `${JSON.stringify(factsToJson(facts), undefined, 1)}\n`;
  if (output === undefined) io.out(text);
  else writeFiles(new Map([[io.resolve(output), new TextEncoder().encode(text)]]));
  const told = facts.exports === undefined ? "not all exports are known" : `${facts.exports.size} exports`;
  const magic = facts.vermagic === undefined ? "version magic unknown" : `version magic '${facts.vermagic}'`;
  const size = facts.structModuleSize === undefined
    ? "size of struct module unknown"
    : `struct module of ${facts.structModuleSize} bytes`;
  io.err(`${magic}; ${size}; ${facts.crcs.size} CRCs; ${told}\n`);
  return 0;
}

async function check(profile: string, modules: readonly string[], io: CommandIo): Promise<number> {
  if (modules.length === 0) throw new UsageError("no module is named to be checked");
  let facts: KnownFacts;
  try {
    facts = factsFromJson(JSON.parse(new TextDecoder().decode(readInput(io.resolve(profile), "profile"))));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`Cannot read profile "${profile}": ${firstLine(error)}`);
  }
  let code = 0;
  for (const path of modules) {
    const { plain } = await readModule(io.resolve(path));
    try {
      const { refused, unknown } = checkByFacts(readObject(plain), facts);
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
  const [profile, ...modules] = rest;
  if (action !== "check" || profile === undefined) throw new UsageError("there are profile make and profile check");
  return await check(profile, modules, io);
}
