// SPDX-License-Identifier: GPL-2.0-only
/**
 * The declarative cases: folders `cases/<area>/<name>/`.
 *
 * @module
 */

import { join } from "@std/path";
import { InputError } from "./input_error.ts";
import { type CaseText, parseCase } from "./scenario_file.ts";

/** The folders under `cases/`. */
export const AREAS = [
  "elf",
  "early",
  "layout",
  "symbols",
  "versions",
  "relocations",
  "plt",
  "params",
  "init",
  "faults",
  "unload",
  "signature",
  "kbuild",
  "seeds",
] as const;

/** One case. */
export interface Case extends CaseText {
  readonly area: string;
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  /** Why it cannot be read; it then has no steps, and fails. */
  readonly problem?: string;
}

/** `<area>/<name>`. */
export function caseId({ area, name }: Pick<Case, "area" | "name">): string {
  return `${area}/${name}`;
}

function subfolders(folder: string): string[] {
  return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();
}

/** The one module of a case that has no `case.toml`. */
function onlyModule(folder: string, id: string): string {
  const files = [...Deno.readDirSync(folder)].filter((entry) => entry.isFile).map((entry) => entry.name);
  const modules = files.filter((name) => /\.ko(\.xz|\.gz|\.zst|\.toml)?$/.test(name)).map((name) =>
    name.replace(/\.toml$/, "")
  );
  const distinct = [...new Set(modules)];
  if (distinct.length === 1) return distinct[0];
  const found = distinct.length === 0 ? "none" : distinct.sort().join(", ");
  throw new InputError(
    `Cannot read case "${id}": without a case.toml it must hold one module (.ko or .ko.toml); it holds ${found}`,
  );
}

function hasFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

const NO_TEXT: CaseText = { cmdline: "", models: [], kernels: ["*"], image: false, steps: [] };

/** The text of a case. @throws {InputError} naming the case and what is wrong with it */
function readCaseText(folder: string, id: string): CaseText {
  const file = join(folder, "case.toml");
  return hasFile(file)
    ? parseCase(Deno.readTextFileSync(file), `${id}/case.toml`, (path) => join(folder, path))
    : { ...NO_TEXT, steps: [{ insmod: join(folder, onlyModule(folder, id)), params: "" }] };
}

/** Reads one case. What is wrong with it is its `problem`, so that it is in no other case's way. */
function readCaseFolder(casesDir: string, area: string, name: string): Case {
  const folder = join(casesDir, area, name);
  const place = { area, name, folder };
  try {
    return { ...readCaseText(folder, caseId(place)), ...place };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...NO_TEXT, ...place, problem: error.message };
  }
}

/** All cases, by area and name: each folder of each area is one. */
export function findCases(casesDir: string): Case[] {
  return subfolders(casesDir).flatMap((area) =>
    subfolders(join(casesDir, area)).map((name) => readCaseFolder(casesDir, area, name))
  );
}

/** Whether a glob with `*` matches a word. */
function globMatches(glob: string, word: string): boolean {
  const pattern = glob.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${pattern}$`).test(word);
}

/** Whether a glob of `kernels`, taken without its "!", is about a kernel. */
export function isAboutKernel(glob: string, release: string, alias: string): boolean {
  const bare = glob.replace(/^!/, "");
  return globMatches(bare, release) || globMatches(bare, alias);
}

/** Whether a case is for a kernel: of the globs that are about it, the last one says. */
export function isForKernel({ kernels }: Pick<Case, "kernels">, release: string, alias: string): boolean {
  return kernels.findLast((glob) => isAboutKernel(glob, release, alias))?.startsWith("!") === false;
}
