// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel inspect`: what a module file holds.
 *
 * @module
 */

import { ElfError } from "../elf/image.ts";
import { noSignatures } from "../kernel/host.ts";
import { hasSignatureMarker } from "../module/signature.ts";
import { type Inspection, inspectModule, type Part, PARTS } from "../report/inspect.ts";
import { inspectionText } from "../report/inspect_text.ts";
import { caseModuleReader } from "../suite/case_modules.ts";
import { oneLine } from "../suite/input_error.ts";
import { nodeHostLazily } from "../suite/lazy_host.ts";
import type { CommandIo } from "./io.ts";
import { openProfile } from "./kernel_option.ts";
import { fileArgument, readOptions, UsageError } from "./options.ts";

const OPTIONS = {
  kernel: "string",
  json: "boolean",
  file: "boolean",
  modinfo: "boolean",
  sections: "boolean",
  exports: "boolean",
  imports: "boolean",
  symbols: "boolean",
  relocations: "boolean",
} as const satisfies { readonly [Name in Part]: "boolean" } & Readonly<Record<string, "string" | "boolean">>;

/**
 * Prints the parts of a module file that the options name, or all. A part that cannot be read is missing, with a line on
 * standard error that says why.
 *
 * @param read reads or builds a module file, for the kernel that it is inspected for
 * @returns the exit code: 0; 1 where the file, or a part that was asked for, cannot be read
 * @throws {UsageError} and {InputError}, which main() reports
 */
export async function inspectCommand(
  args: readonly string[],
  io: Omit<CommandIo, "input">,
  read = caseModuleReader,
): Promise<number> {
  const { options, rest } = readOptions(args, OPTIONS);
  if (rest.length > 1) throw new UsageError(`one file at a time, not ${rest.length}`);
  const path = fileArgument(rest[0], "module file");
  const named = PARTS.filter((part) => options[part]);
  const profile = await openProfile(options.kernel, io);
  const { plain, compression, damaged, file } = await read(profile)(io.resolve(path));
  const fail = (problem: string) => io.err(`insmodel inspect: Cannot read module "${oneLine(path)}": ${oneLine(problem)}\n`);
  if (file.kind !== "regular") {
    fail(`it is a ${file.kind}`);
    return 1;
  }
  if (damaged) {
    fail(`its ${compression} data are damaged`);
    return 1;
  }
  let inspection: Inspection;
  try {
    const host = hasSignatureMarker(plain) ? await nodeHostLazily() : noSignatures;
    inspection = inspectModule(plain, { profile, host }, named.length === 0 ? PARTS : named);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    fail(error.message);
    return 1;
  }
  io.out(options.json ? JSON.stringify(inspection, undefined, 2) + "\n" : inspectionText(inspection));
  for (const problem of inspection.problems) fail(problem);
  return inspection.problems.length === 0 ? 0 : 1;
}
