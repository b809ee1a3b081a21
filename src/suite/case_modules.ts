// SPDX-License-Identifier: GPL-2.0-only
/**
 * The modules of a case: files beside it, or recipes that are built when they are needed.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { buildRecipe, type KernelFacts, RecipeError } from "./build/recipe.ts";
import { exists } from "./files.ts";
import { InputError, reason } from "./input_error.ts";
import { asModule, type ReadModule, readModule } from "./module_files.ts";

/** What recipes need to know of the kernel that they are built for. */
export function kernelFacts(profile: KernelProfile): KernelFacts {
  const offset = (field: string) => profile.structModule.fields.get(field)?.[0];
  return {
    vermagic: profile.vermagic,
    structModule: {
      size: profile.structModule.size,
      name: offset("name") ?? 0,
      init: offset("init") ?? 0,
      exit: offset("exit"),
    },
    moduleLayoutCrc: profile.exports.find("module_layout")?.crc ?? 0,
    crc: (name) => {
      const symbol = profile.exports.find(name);
      return symbol && (symbol.crc ?? 0);
    },
  };
}

/** Whether there is a module of that path: whatever can be opened, or the recipe of one. */
export function moduleExists(path: string): boolean {
  return exists(path) || exists(`${path}.toml`);
}

/**
 * A reader of module files that builds `NAME.ko.toml` where there is no `NAME.ko`.
 *
 * @throws {InputError} where neither is there, or the recipe is wrong
 */
export function caseModuleReader(profile: KernelProfile): (path: string) => Promise<ReadModule> {
  return async (path) => {
    const recipe = `${path}.toml`;
    if (exists(path) || !exists(recipe)) return await readModule(path);
    try {
      const text = new TextDecoder().decode(readFile(recipe));
      return await asModule(buildRecipe(text, { path: recipe, readBase: readFile, kernel: kernelFacts(profile) }));
    } catch (error) {
      if (error instanceof RecipeError) throw new InputError(error.message);
      throw error;
    }
  };
}

function readFile(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${reason(error)}`);
  }
}
