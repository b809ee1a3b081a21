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
}

/** `<area>/<name>`. */
export function caseId({ area, name }: Case): string {
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

/** Reads one case. @throws {InputError} naming the case and what is wrong with it */
export function readCaseFolder(casesDir: string, area: string, name: string): Case {
  const folder = join(casesDir, area, name);
  const id = `${area}/${name}`;
  const file = join(folder, "case.toml");
  const text: CaseText = hasFile(file)
    ? parseCase(Deno.readTextFileSync(file), `${id}/case.toml`, (path) => join(folder, path))
    : {
      cmdline: "",
      models: [],
      kernels: ["*"],
      image: false,
      steps: [{ insmod: join(folder, onlyModule(folder, id)), params: "" }],
    };
  return { ...text, area, name, folder };
}

/** All cases, by area and name. A folder that holds neither a `case.toml` nor a module is passed over (`src/`). */
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

/** Whether a case is for a kernel. */
export function isForKernel(each: Case, release: string, alias: string): boolean {
  return each.kernels.some((glob) => globMatches(glob, release) || globMatches(glob, alias));
}
