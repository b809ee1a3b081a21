// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel that the oracle boots: its profile under `golden/`, and what lies in the cache directory. `deno task kernel:fetch`
 * brings the image of a kernel that a Debian package has.
 *
 *     <cache>/<release>/vmlinuz     the kernel image
 *     <cache>/<release>/*.dtb       the device tree, where kernel.toml names one
 *     <cache>/<release>/boot-*      made by us: the booted guest, once per command line (snapshot.ts)
 *
 * @module
 */

import type { FieldPlace, KernelProfile } from "../kernel/profile.ts";
import { InputError } from "../suite/input_error.ts";
import { type Board, readBoard } from "./guest/board.ts";
import { exists } from "../suite/files.ts";

export interface KernelUnderTest {
  release: string;
  board: Board;
  /** Path of the kernel image. */
  image: string;
  /** Path of the device tree, for a board that QEMU makes none for. */
  dtb?: string;
  /** Addresses of functions, for a kernel that has no /proc/kallsyms to ask. */
  symbols: ReadonlyMap<string, number>;
  /** Where struct module keeps its regions: the array `mem`. */
  regions: FieldPlace;
}

/** The cache directory: `$INSMODEL_CACHE`, or `insmodel` in the user's cache directory. */
export function cacheDirectory(): string {
  const own = Deno.env.get("INSMODEL_CACHE");
  if (own) return own;
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  if (xdg) return `${xdg}/insmodel`;
  const home = Deno.env.get("HOME");
  if (home) return `${home}/.cache/insmodel`;
  throw new InputError("Cannot tell the cache directory: none of INSMODEL_CACHE, XDG_CACHE_HOME and HOME is set");
}

/** Where the image of a kernel is in the cache. */
export function imagePath(cache: string, release: string): string {
  return `${cache}/${release}/vmlinuz`;
}

/**
 * Finds what it takes to boot the kernel of a profile.
 *
 * @throws {InputError} where its image is not in the cache
 */
export async function openKernel(cache: string, profile: KernelProfile): Promise<KernelUnderTest> {
  const { release } = profile;
  const image = imagePath(cache, release);
  const regions = profile.structModule.fields.get("mem");
  if (!regions) throw new InputError(`Cannot watch ${release}: golden/${release}/kernel.toml has no struct_module.fields.mem`);
  const board = await readBoard(release);
  const dtb = board.dtb === undefined ? undefined : `${cache}/${release}/${board.dtb}`;
  if (!exists(image)) {
    throw new InputError(`Cannot boot ${release}: there is no ${image}; "deno task kernel:fetch" or "kernel:build" brings it`);
  }
  if (dtb !== undefined && !exists(dtb)) throw new InputError(`Cannot boot ${release}: there is no ${dtb}`);
  return { release, board, image, ...(dtb === undefined ? {} : { dtb }), symbols: profile.symbols, regions };
}
