// SPDX-License-Identifier: GPL-2.0-only
/**
 * The modules of a case: files beside it, or recipes that are built when they are needed. What is for one kernel lies in a folder named by
 * the kernel's alias, beside what is for all others.
 *
 * @module
 */

import { dirname, join } from "@std/path";
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

/** `x.ko`, or `ALIAS/x.ko` beside it where that, or its recipe, is there. */
function builtFor({ alias }: KernelProfile, path: string): string {
  const own = join(dirname(path), alias, path.slice(path.lastIndexOf("/") + 1));
  return moduleExists(own) ? own : path;
}

/**
 * A reader of module files that builds `NAME.ko.toml` where there is no `NAME.ko`.
 *
 * @throws {InputError} where neither is there, or the recipe is wrong
 */
export function caseModuleReader(profile: KernelProfile): (path: string) => Promise<ReadModule> {
  return async (named) => {
    const path = builtFor(profile, named);
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
