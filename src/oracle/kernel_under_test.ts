// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel that the oracle boots: the files of one release in the cache directory.
 *
 *     <cache>/<release>/vmlinuz               the kernel image
 *     <cache>/<release>/kallsyms              /proc/kallsyms, for the breakpoints
 *     <cache>/<release>/struct_module.json    where struct module keeps its name and its regions
 *
 * @module
 */

/** Where struct module keeps what is read of it, in bytes from its start. */
export interface StructModule {
  name: number;
  nameLength: number;
  mem: number;
  memEntry: number;
  memTypes: number;
}

export interface KernelUnderTest {
  release: string;
  image: string;
  /** Address of a text symbol, or undefined where the kernel has none of that name. */
  addressOf(symbol: string): number | undefined;
  structModule: StructModule;
}

interface StructModuleFile {
  sizeof_module_memory: number;
  mod_mem_num_types: number;
  offsets: Record<string, [number, number]>;
}

/** The cache directory: `$INSMODEL_CACHE`, or `insmodel` in the user's cache directory. */
export function cacheDirectory(): string {
  const own = Deno.env.get("INSMODEL_CACHE");
  if (own) return own;
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  if (xdg) return `${xdg}/insmodel`;
  const home = Deno.env.get("HOME");
  if (home) return `${home}/.cache/insmodel`;
  throw new Error("Cannot tell the cache directory: none of INSMODEL_CACHE, XDG_CACHE_HOME and HOME is set");
}

function offsetOf(file: StructModuleFile, field: string): [number, number] {
  const found = file.offsets[field];
  if (!found) throw new Error(`Cannot read struct_module.json: no offset of "${field}"`);
  return found;
}

/** Opens the files of `release` in the cache directory. */
export async function openKernel(cache: string, release: string): Promise<KernelUnderTest> {
  const directory = `${cache}/${release}`;
  const symbols = new Map<string, number>();
  for (const line of (await Deno.readTextFile(`${directory}/kallsyms`)).split("\n")) {
    const [address, , name] = line.split(" ");
    if (name && !symbols.has(name)) symbols.set(name, parseInt(address, 16));
  }
  const file = JSON.parse(await Deno.readTextFile(`${directory}/struct_module.json`)) as StructModuleFile;
  const [name, nameLength] = offsetOf(file, "name");
  return {
    release,
    image: `${directory}/vmlinuz`,
    addressOf: (symbol) => symbols.get(symbol),
    structModule: {
      name,
      nameLength,
      mem: offsetOf(file, "mem")[0],
      memEntry: file.sizeof_module_memory,
      memTypes: file.mod_mem_num_types,
    },
  };
}
