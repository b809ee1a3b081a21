// SPDX-License-Identifier: GPL-2.0-only
/**
 * srcversion: a digest of a module's source files, without comments and white space.
 *
 * Models: get_src_version(), parse_source_files(), parse_file(), parse_string() and parse_comment() of scripts/mod/sumversion.c.
 *
 * @module
 */

import { encodeName } from "../elf/writer.ts";
import { commandFile, type ReadFile } from "./build_files.ts";
import { md4Ascii } from "./md4.ts";

function isSpace(character: string): boolean {
  return character === " " || character >= "\t" && character <= "\r";
}

/** parse_string(): where a string that begins at `at` ends. */
function endOfString(text: string, at: number): number {
  let i = at + 1;
  while (i < text.length && !(text[i] === '"' && text[i - 1] !== "\\")) i++;
  return i;
}

/** parse_comment(): where a comment that begins at `at` ends. */
function endOfComment(text: string, at: number): number {
  let i = at + 2;
  while (i < text.length && !(text[i - 1] === "*" && text[i] === "/")) i++;
  return i;
}

/** parse_file(): what of a source file goes into the digest. */
export function essenceOfSource(text: string): string {
  let essence = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && text[i + 1] === "\n") i++;
    else if (isSpace(text[i])) continue;
    else if (text[i] === '"') {
      const end = endOfString(text, i);
      essence += text.slice(i, end + 1);
      i = end;
    } else if (text[i] === "/" && text[i + 1] === "*") i = endOfComment(text, i);
    else essence += text[i];
  }
  return essence;
}

/** parse_source_files(): the sources that a `.cmd` file names: that of the object, and what lies in the object's own folder. */
function sourcesOf(object: string, command: string): string[] {
  const folder = object.slice(0, object.lastIndexOf("/") + 1);
  const sources: string[] = [];
  let inDependencies = false;
  for (const whole of command.split("\n")) {
    const line = whole.replace(/^[ \t-\r]+/, "");
    if (line.startsWith("source_")) sources.push(line.slice(line.lastIndexOf(" ") + 1));
    else if (line.startsWith("deps_")) inDependencies = true;
    else if (inDependencies) {
      if (!line.endsWith("\\")) break;
      const file = line.slice(0, line.search(/[ \t-\r]|$/));
      const at = file.indexOf(folder);
      if (at >= 0 && file.includes("/") && at + folder.length - 1 === file.lastIndexOf("/")) sources.push(file);
    }
  }
  return sources;
}

/**
 * get_src_version().
 *
 * @param objects the objects that the module is linked of
 * @returns the digest, or the file that cannot be read
 */
export function sourceVersion(objects: readonly string[], read: ReadFile): { version: string } | { missing: string } {
  let essence = "";
  for (const object of objects) {
    if (object.endsWith(".a")) continue;
    const command = read(commandFile(object));
    if (command === undefined) return { missing: commandFile(object) };
    for (const source of sourcesOf(object, command)) {
      const text = read(source);
      if (text === undefined) return { missing: source };
      essence += essenceOfSource(text);
    }
  }
  return { version: md4Ascii(encodeName(essence)) };
}
