// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs a genksyms program, and the model of it, on the same source.
 *
 * @module
 */

import { decodeBytes } from "../../src/elf/text.ts";
import { encodeName } from "../../src/elf/writer.ts";
import { DanglingReference } from "../../src/kbuild/genksyms/expand.ts";
import { EndlessDeclaration, genksyms, symverLines } from "../../src/kbuild/genksyms/genksyms.ts";
import { SymtypesError, symtypesText } from "../../src/kbuild/genksyms/symtypes.ts";

/** What a run says and writes. */
export interface Outcome {
  readonly exit: number;
  readonly symvers: string;
  readonly messages: string;
  readonly types: string;
}

/** Options for both; a reference is a dump of types. */
export interface Flags {
  readonly dump?: boolean;
  readonly debug?: boolean;
  readonly preserve?: boolean;
  readonly reference?: string;
}

/** Ends what would not end, by the processor time that it takes: two seconds are four times what the largest source of the kernel needs. */
const LIMITED = 'ulimit -t 2; ulimit -v 4000000; exec "$0" "$@"';

/** What the program does; `undefined` where it crashed or had to be ended. */
export async function realOutcome(program: string, source: Uint8Array, flags: Flags = {}): Promise<Outcome | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "insmodel-genksyms-" });
  try {
    const args = ["-w", "-T", `${folder}/types`];
    if (flags.dump) args.push("-D");
    if (flags.debug) args.push("-d");
    if (flags.preserve) args.push("-p");
    if (flags.reference !== undefined) {
      await Deno.writeFile(`${folder}/reference`, encodeName(flags.reference));
      args.push("-r", `${folder}/reference`);
    }
    const child = new Deno.Command("sh", {
      args: ["-c", LIMITED, program, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    const written = writer.write(source).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    await written;
    if (code > 1) return undefined;
    return {
      exit: code,
      symvers: decodeBytes(stdout),
      messages: decodeBytes(stderr),
      types: decodeBytes(await Deno.readFile(`${folder}/types`)),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the model does; `undefined` where it says that genksyms would not end, or would crash. */
export function modelOutcome(source: Uint8Array, { reference, ...flags }: Flags = {}): Outcome | undefined {
  try {
    const result = genksyms(source, {
      warnings: true,
      ...flags,
      ...(reference !== undefined && { reference: encodeName(reference) }),
    });
    return {
      exit: result.errors === 0 ? 0 : 1,
      symvers: symverLines(result),
      messages: result.messages,
      types: symtypesText(result.types),
    };
  } catch (error) {
    if (error instanceof EndlessDeclaration || error instanceof DanglingReference) return undefined;
    if (error instanceof SymtypesError) return { exit: 1, symvers: "", messages: `${error.problem}\n`, types: "" };
    throw error;
  }
}
