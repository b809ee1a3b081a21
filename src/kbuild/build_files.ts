// SPDX-License-Identifier: GPL-2.0-only
/**
 * The files that kbuild leaves beside an object: which objects a module is linked of, and the CRCs of their exports.
 *
 * Models: mod_set_crcs() and extract_crcs_for_object() of scripts/mod/modpost.c.
 *
 * @module
 */

/** Reads a text file, one character per byte; undefined where there is none. */
export type ReadFile = (path: string) => string | undefined;

/** The `.cmd` file of an object: `dir/.name.o.cmd`. */
export function commandFile(object: string): string {
  const base = object.lastIndexOf("/") + 1;
  return `${object.slice(0, base)}.${object.slice(base)}.cmd`;
}

/** The objects of a module, by its `.mod` file; without one the module is the object itself. */
export function objectsOf(module: string, read: ReadFile): string[] {
  const list = read(module === "vmlinux" ? ".vmlinux.objs" : `${module}.mod`);
  if (list === undefined) return [`${module}.o`];
  const lines = list.split("\n");
  const end = lines.indexOf("");
  return end < 0 ? lines : lines.slice(0, end);
}

const SYMVER = "\n#SYMVER ";

/** strtoul() with base 0 at `at`: the number and where it ends. */
function parseNumber(text: string, at: number): { value: number; end: number } {
  const digits = /0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*/y;
  digits.lastIndex = at;
  const found = digits.exec(text)?.[0] ?? "";
  const octal = /^0[0-7]+$/.test(found);
  return { value: octal ? parseInt(found, 8) : Number(found), end: at + found.length };
}

/**
 * The CRCs in the text of a `.cmd` file, as genksyms put them there: `#SYMVER name 0x12345678`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { symbolVersions } from "./build_files.ts";
 * assertEquals(symbolVersions("\n#SYMVER exported 0x8c5d598b\n"), [["exported", 0x8c5d598b]]);
 * ```
 */
export function symbolVersions(command: string): [name: string, crc: number][] {
  const versions: [string, number][] = [];
  let at = command.indexOf(SYMVER);
  while (at >= 0) {
    const name = at + SYMVER.length;
    const space = command.indexOf(" ", name);
    if (space < 0) break;
    at = space + 1;
    if (/[0-9]/.test(command[at] ?? "")) {
      const { value, end } = parseNumber(command, at);
      at = end;
      if (command[end] === "\n") versions.push([command.slice(name, space), value]);
    }
    at = command.indexOf(SYMVER, at);
  }
  return versions;
}
