// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real programs of a kernel's build that the model of kbuild is held to.
 *
 * @module
 */

import { FetchError, PrivateApt } from "../../src/oracle/packages/apt.ts";
import { needPrograms } from "../../src/oracle/programs.ts";
import { firstLine } from "../../src/suite/input_error.ts";
import type { Found } from "./materials.ts";

/** A real program. */
export interface Tool {
  readonly path: string;
  /** Where it is from, for the report. */
  readonly origin: string;
}

/** Debian's packages of the host programs of kernel 6.12, by name. */
const PACKAGE = /^linux-kbuild-6\.12/;

async function run(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
  }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
  return new TextDecoder().decode(stdout);
}

/** Folders of host programs of kernel 6.12 under a root, the newest first. */
export function kbuildFolders(root: string): string[] {
  try {
    const names = [...Deno.readDirSync(`${root}/usr/lib`)].map(({ name }) => name).filter((name) => PACKAGE.test(name));
    return names.sort().reverse().map((name) => `${root}/usr/lib/${name}`);
  } catch {
    return [];
  }
}

/** Downloads the package by the system's client, with a state of its own, and unpacks it into the cache. */
async function bringKbuild(folder: string): Promise<void> {
  await needPrograms(["apt-get", "dpkg-deb"]);
  const apt = await PrivateApt.ofSystem(`${folder}.apt`);
  try {
    const complaint = await apt.update();
    const name = (await apt.search("^linux-kbuild-6\\.12")).sort().at(-1);
    if (name === undefined) {
      throw new FetchError(`The system's sources have no linux-kbuild-6.12${complaint === undefined ? "" : ` (${complaint})`}`);
    }
    console.log(`${name}: fetching`);
    const file = await apt.download(name, undefined);
    await Deno.mkdir(`${folder}.new`, { recursive: true });
    await run("dpkg-deb", ["-x", file, `${folder}.new`]);
    await Deno.rename(`${folder}.new`, folder);
  } finally {
    await Deno.remove(apt.directory, { recursive: true });
  }
}

/** The folder of Debian's host programs, installed or in the cache, where they are brought to. */
export async function findKbuild(cache: string): Promise<Found> {
  const brought = `${cache}/linux-kbuild`;
  const there = [...kbuildFolders(""), ...kbuildFolders(brought)][0];
  if (there !== undefined) return { path: there };
  try {
    await bringKbuild(brought);
  } catch (error) {
    return { why: firstLine(error) };
  }
  const [path] = kbuildFolders(brought);
  return path === undefined ? { why: "the package holds no host programs of kernel 6.12" } : { path };
}

/** Types that the kernel's header needs, on a machine of 32 bits. */
const TYPES = `#include <stddef.h>
#include <stdint.h>
#define BITS_PER_LONG 32
typedef uint32_t __u32;
typedef uint16_t __u16;
typedef uint8_t __u8;
typedef uint32_t kernel_ulong_t;
typedef struct { __u8 b[16]; } guid_t;
typedef struct { __u8 b[16]; } uuid_t;
typedef struct { __u8 b[16]; } uuid_le;
#define UUID_STRING_LEN 36
`;

const ELFCONFIG = "#define KERNEL_ELFCLASS ELFCLASS32\n#define KERNEL_ELFDATA ELFDATA2LSB\n";

/** devicetable-offsets.h, from the assembler text that the cross compiler makes of devicetable-offsets.c. */
function offsetsHeader(assembler: string): string {
  const lines = [...assembler.matchAll(/\.ascii\s*"->(\w+) #?(\d+) /g)];
  return lines.map(([, name, value]) => `#define ${name} ${value}\n`).join("");
}

/**
 * Builds modpost from a kernel's source, with the sizes and offsets of 32-bit ARM.
 *
 * @param folder where to build
 */
export async function buildModpost(source: string, folder: string): Promise<Tool> {
  const mod = `${source}/scripts/mod`;
  await Deno.writeTextFile(`${folder}/types.h`, TYPES);
  await Deno.writeTextFile(`${folder}/elfconfig.h`, ELFCONFIG);
  const include = ["-I", `${source}/include`, "-include", `${folder}/types.h`];
  await run("arm-linux-gnueabihf-gcc", ["-S", ...include, "-o", `${folder}/offsets.s`, `${mod}/devicetable-offsets.c`]);
  const header = offsetsHeader(await Deno.readTextFile(`${folder}/offsets.s`));
  await Deno.writeTextFile(`${folder}/devicetable-offsets.h`, header);
  const files = ["modpost.c", "file2alias.c", "sumversion.c", "symsearch.c"].map((file) => `${mod}/${file}`);
  const path = `${folder}/modpost`;
  await run("gcc", ["-O2", "-I", folder, "-I", `${source}/scripts/include`, "-I", mod, "-o", path, ...files]);
  return { path, origin: `built from ${source}` };
}
