// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's own build, run so that the same source, configuration and compiler make the same image, to the byte.
 *
 * @module
 */

import { InputError } from "../suite/input_error.ts";
import { onInterrupt } from "./interrupt.ts";
import { cannotStart, commandOf, type Program } from "./programs.ts";

/** What would differ from build to build. */
const SAME_EACH_TIME = {
  KBUILD_BUILD_TIMESTAMP: "2026-01-01",
  KBUILD_BUILD_USER: "insmodel",
  KBUILD_BUILD_HOST: "insmodel",
  KBUILD_BUILD_VERSION: "1",
  LC_ALL: "C",
};

/** A program, an object file or the like that make says it makes. */
const STEP = /^ {2}[A-Z][A-Z0-9_]+ +\S/;

/** The first line of what the compiler says of itself. */
export async function compilerVersion(compiler: Program): Promise<string> {
  const { stdout } = await commandOf(compiler, ["--version"], { stdin: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n")[0];
}

/** Calls `line` for each line of a stream. */
async function eachLine(stream: ReadableStream<Uint8Array<ArrayBuffer>>, line: (text: string) => void): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(line);
  }
  if (rest !== "") line(rest);
}

/** One kernel's build tree. */
export class Kbuild {
  /**
   * @param source the kernel's source, which stays as it is
   * @param tree the folder that is built in
   * @param compiler the cross compiler; its binutils are beside it
   */
  constructor(readonly source: string, readonly tree: string, readonly compiler: Program) {}

  /**
   * Runs make.
   *
   * @param step called for each file that is made
   * @throws {InputError} with the first line of what went wrong
   */
  async make(args: readonly string[], step: () => void = () => {}, env: Record<string, string> = {}): Promise<void> {
    const all = [
      "-C",
      this.source,
      `O=${this.tree}`,
      "ARCH=arm",
      `CROSS_COMPILE=${this.compiler.path.replace(/gcc$/, "")}`,
      "LOCALVERSION=",
    ];
    const log = await Deno.open(`${this.tree}/make.log`, { write: true, create: true, truncate: true });
    let wrong: string | undefined;
    const note = (text: string) => {
      log.writeSync(new TextEncoder().encode(`${text}\n`));
      if (STEP.test(text)) step();
      else if (/\b(?:fatal )?error:|\*\*\*|No such file/.test(text)) wrong ??= text;
    };
    try {
      const process = new Deno.Command("make", {
        args: [...all, ...args],
        env: { ...SAME_EACH_TIME, ...this.compiler.env, ...env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const ours = onInterrupt(() => process.kill("SIGTERM"));
      const [{ success }] = await Promise.all([
        process.status,
        eachLine(process.stdout, note),
        eachLine(process.stderr, note),
      ]).finally(ours);
      if (!success) {
        throw new InputError(
          `make ${args.join(" ")} failed in ${this.tree}: ${wrong ?? "no reason given"}; see make.log there`,
        );
      }
    } catch (error) {
      cannotStart("make", error);
    } finally {
      log.close();
    }
  }
}
