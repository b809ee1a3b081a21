// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel that `--kernel` names: a release or alias under `golden/`, or the folder of a profile.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { loadProfile, loadProfileFrom } from "../profile/load_profile.ts";
import { isFile } from "../suite/files.ts";
import { readModule } from "../suite/module_files.ts";
import type { CommandIo } from "./io.ts";

/**
 * Reads a profile.
 *
 * @param id what `--kernel` says; undefined for the default
 * @throws {ProfileError} where there is none, or it cannot be used
 */
export async function openProfile(id: string | undefined, io: Pick<CommandIo, "resolve">): Promise<KernelProfile> {
  if (id === undefined) return await loadProfile();
  const folder = io.resolve(id);
  return id.includes("/") || isFile(`${folder}/kernel.toml`) ? await loadProfileFrom(folder) : await loadProfile(id);
}

/**
 * The profile, with struct module as the modules at these paths have it, where it does not tell that itself and one of them was compiled with
 * the kernel's own.
 */
export async function completeBy(profile: KernelProfile, paths: readonly string[]): Promise<KernelProfile> {
  if (!profile.isLearnt) return profile;
  const { readObject, ObjectError } = await import("../kbuild/elf_info.ts");
  const { withStructOf } = await import("../profile/struct_of_module.ts");
  let complete = profile;
  for (const path of paths) {
    try {
      complete = withStructOf(complete, readObject((await readModule(path)).plain));
    } catch (error) {
      // What the kernel says of it is another matter.
      if (!(error instanceof ObjectError)) throw error;
    }
  }
  return complete;
}

/** What is taken for granted of a kernel whose profile was learnt from files, as a line for standard error. */
export const TAKEN_FOR_GRANTED =
  "insmodel: this kernel is known from files alone: taken for granted are memory enough, no built-in module of the same name, and that init, which is not run, returns 0\n";
