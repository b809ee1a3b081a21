// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a module that was compiled with the kernel's own struct module tells of it.
 *
 * Source: module_layout() of kernel/module/version.c has struct module among its parameters for this alone: its CRC is that of all types in
 * it.
 *
 * @module
 */

import type { ElfInfo } from "../kbuild/elf_info.ts";
import { moduleVersions } from "../kbuild/symvers_diff.ts";
import { UnknownFact } from "../kernel/fault.ts";
import { learntStruct } from "../kernel/learnt_profile.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { structFacts } from "./learn.ts";

function knowsSize({ structModule }: KernelProfile): boolean {
  try {
    return structModule.size > 0;
  } catch (error) {
    if (error instanceof UnknownFact) return false;
    throw error;
  }
}

/** The CRC of module_layout, where it is known. */
function layoutCrc({ exports }: KernelProfile): number | undefined {
  try {
    return exports.told("module_layout")?.crc;
  } catch (error) {
    if (error instanceof UnknownFact) return undefined;
    throw error;
  }
}

/** The profile with struct module as a module has it; the same profile where it knows that itself, or the module's is another one. */
export function withStructOf(profile: KernelProfile, elf: ElfInfo): KernelProfile {
  const crc = moduleVersions(elf).get("module_layout");
  if (crc === undefined || crc !== layoutCrc(profile) || knowsSize(profile)) return profile;
  const { structSize, fields } = structFacts(elf);
  if (structSize === undefined) return profile;
  // Its getters stay as they are: a fact that is unknown may not be asked for here.
  return Object.create(profile, { structModule: { value: learntStruct(structSize, fields), enumerable: true } });
}
