// SPDX-License-Identifier: GPL-2.0-only
/**
 * Preprocessed kernel sources, and what the real genksyms said of them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import { fromFileUrl, join } from "@std/path";
import { encodeName } from "../../../src/elf/writer.ts";
import { genksyms, symverLines } from "../../../src/kbuild/genksyms/genksyms.ts";
import { symtypesText } from "../../../src/kbuild/genksyms/symtypes.ts";

export const FIXTURES = fromFileUrl(new URL("../../fixtures/genksyms/", import.meta.url));
/** What genksyms said, in text. */
export const RECORDED = join(FIXTURES, "recorded.txt");

/** A source's own facts, and what genksyms makes of it with -w -T. */
export interface Recorded {
  /** The file of several sources, one behind the other, in which it is. */
  readonly bundle: string;
  readonly source: string;
  /** Its length in bytes. */
  readonly size: number;
  /** SHA-256 of the dump of types, and of what goes to standard error. */
  readonly types: string;
  readonly messages: string;
  /** The `#SYMVER` lines. */
  readonly symvers: string;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function readRecorded(): Recorded[] {
  return Deno.readTextFileSync(RECORDED).split(/^(?=source )/m).slice(1).map((text) => {
    const [head, types, messages, ...symvers] = text.split("\n");
    const [, source, bundle, size] = head.split(" ");
    return {
      bundle,
      source,
      size: Number(size),
      types: types.split(" ")[1],
      messages: messages.split(" ")[1],
      symvers: symvers.join("\n"),
    };
  });
}

export function recordedText(version: string, all: readonly Recorded[]): string {
  return `# genksyms of ${version}, run with -w -T\n` +
    all.map(({ bundle, source, size, types, messages, symvers }) =>
      `source ${source} ${bundle} ${size}\ntypes ${types}\nmessages ${messages}\n${symvers}`
    ).join("");
}

/** The sources of one bundle. */
export function* readBundle(bundle: string, all: readonly Recorded[]): Generator<{ recorded: Recorded; bytes: Uint8Array }> {
  const whole = new Uint8Array(zstdDecompressSync(Deno.readFileSync(join(FIXTURES, `${bundle}.i.zst`))));
  let at = 0;
  for (const recorded of all) {
    if (recorded.bundle !== bundle) continue;
    yield { recorded, bytes: whole.subarray(at, at += recorded.size) };
  }
}

/** What the model makes of a source, in the form of what is recorded. */
export function modelled(bytes: Uint8Array): Pick<Recorded, "types" | "messages" | "symvers"> {
  const result = genksyms(bytes, { warnings: true });
  return {
    types: sha256(encodeName(symtypesText(result.types))),
    messages: sha256(encodeName(result.messages)),
    symvers: symverLines(result),
  };
}
