// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs a modpost program, and the model of it, on the same files.
 *
 * @module
 */

import { decodeBytes } from "../../src/elf/text.ts";
import { encodeName } from "../../src/elf/writer.ts";
import { diagnosticText } from "../../src/kbuild/diagnostics.ts";
import { modpost, type ModpostOptions } from "../../src/kbuild/modpost.ts";
import { parseFullSymvers } from "../../src/kbuild/symvers.ts";

/** Everything that a run of modpost says and writes. */
export interface Outcome {
  readonly exit: number;
  readonly stderr: string;
  /** `.mod.c` files by path, and Module.symvers. */
  readonly files: ReadonlyMap<string, string>;
}

/** What modpost is given. */
export interface Given {
  readonly objects: readonly { path: string; bytes: Uint8Array }[];
  /** `.mod`, `.cmd` and source files by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly symvers: string;
  readonly options: ModpostOptions;
}

const FLAGS: readonly (readonly [keyof ModpostOptions, string])[] = [
  ["modversions", "-m"],
  ["external", "-e"],
  ["allVersions", "-a"],
  ["warnUnresolved", "-w"],
  ["allowMissingNamespaceImports", "-N"],
  ["sectionMismatchIsError", "-E"],
  ["extraWarn", "-W"],
];

function write(folder: string, path: string, bytes: Uint8Array): void {
  const slash = path.lastIndexOf("/");
  if (slash >= 0) Deno.mkdirSync(`${folder}/${path.slice(0, slash)}`, { recursive: true });
  Deno.writeFileSync(`${folder}/${path}`, bytes);
}

function readIfThere(path: string): string | undefined {
  try {
    return decodeBytes(Deno.readFileSync(path));
  } catch {
    return undefined;
  }
}

/** What the program does in a folder of its own, which is removed. */
export async function realOutcome(program: string, { objects, files, symvers, options }: Given): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "insmodel-modpost-" });
  try {
    for (const { path, bytes } of objects) write(folder, path, bytes);
    for (const [path, text] of files) write(folder, path, encodeName(text));
    write(folder, "kernel.symvers", encodeName(symvers));
    write(folder, "modules.order", encodeName(objects.map(({ path }) => `${path}\n`).join("")));
    const flags = FLAGS.filter(([name]) => options[name]).map(([, flag]) => flag);
    const { code, stderr } = await new Deno.Command(program, {
      args: ["-M", ...flags, "-i", "kernel.symvers", "-o", "Module.symvers", "-T", "modules.order"],
      cwd: folder,
      stdin: "null",
      stdout: "null",
    }).output();
    const written = new Map<string, string>();
    for (const path of [...objects.map(({ path }) => path.replace(/\.o$/, ".mod.c")), "Module.symvers"]) {
      const text = readIfThere(`${folder}/${path}`);
      if (text !== undefined) written.set(path, text);
    }
    return { exit: code, stderr: decodeBytes(stderr), files: written };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the model does. */
export function modelOutcome({ objects, files, symvers, options }: Given): Outcome {
  const result = modpost({ objects, dumps: [parseFullSymvers(symvers)], read: (path) => files.get(path), options });
  const written = new Map(result.sources);
  if (result.symvers !== undefined) written.set("Module.symvers", result.symvers);
  return { exit: result.failed ? 1 : 0, stderr: result.diagnostics.map(diagnosticText).join(""), files: written };
}

/** An outcome as text, as goldens have it and differences show it. */
export function outcomeText({ exit, stderr, files }: Outcome): string {
  const written = [...files].map(([path, text]) => `--- ${path}\n${text}`).join("");
  return `exit ${exit}\n${stderr}${written}`;
}
