// SPDX-License-Identifier: GPL-2.0-only
/**
 * `--trace` of `insmodel insmod`: what a module's code did, as text.
 *
 * @module
 */

import { type Disassemble, Trace } from "../services/trace.ts";
import { UsageError } from "./options.ts";

/** The disassembler, brought in where it is asked for. */
async function disassembler(): Promise<Disassemble> {
  // @ts-types="./capstone.d.ts"
  const { default: load } = await import("@alexaltea/capstone-js");
  const capstone = await load();
  const [arm, thumb] = [capstone.MODE_ARM, capstone.MODE_THUMB].map((mode) => new capstone.Capstone(capstone.ARCH_ARM, mode));
  return (bytes, address, isThumb) => {
    try {
      const [instruction] = (isThumb ? thumb : arm).disasm([...bytes], address, 1);
      return `${instruction.mnemonic} ${instruction.op_str}`.trimEnd();
    } catch {
      // The library throws for a word that is no instruction.
      return `.inst ${bytes.toHex()}`;
    }
  };
}

/**
 * The trace that an option asks for.
 *
 * @param depth "calls", or "insn" for each instruction
 * @throws {UsageError} for another word
 */
export async function openTrace(depth: string): Promise<Trace> {
  if (depth !== "calls" && depth !== "insn") {
    throw new UsageError(
      `option --trace is ${depth}; write --trace for functions and calls, or --trace=insn for instructions, too`,
    );
  }
  return new Trace(depth === "insn" ? await disassembler() : undefined);
}

function countLines(heading: string, counts: ReadonlyMap<string, number>): string[] {
  const sorted = [...counts].sort(([a, i], [b, j]) => j - i || (a < b ? -1 : 1));
  return [heading, ...sorted.map(([name, count]) => `${String(count).padStart(8)} ${name}`)];
}

/** The lines of a trace, and how often each function was called. */
export function traceText({ lines, dropped, functions, calls, instructions }: Trace): string {
  return [
    "# trace",
    ...lines,
    ...(dropped === 0 ? [] : [`(${dropped} more lines)`]),
    `# ${instructions} instructions`,
    ...countLines("# functions of modules", functions),
    ...countLines("# calls into the kernel", calls),
  ].map((line) => `${line}\n`).join("");
}
