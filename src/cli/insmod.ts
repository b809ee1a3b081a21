// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel insmod`: what the board would say.
 *
 * @module
 */

import { errnoMessage } from "../kernel/errno.ts";
import { loadProfile } from "../profile/load_profile.ts";
import { kernelLogText, layoutText } from "../suite/golden_text.ts";
import { oneLine } from "../suite/input_error.ts";
import { ModelTarget } from "../suite/model_target.ts";
import type { StepOutcome } from "../suite/outcome.ts";
import type { InsmodStep } from "../suite/scenario.ts";
import { encodeParams } from "../suite/scenario_file.ts";
import type { CommandIo } from "./io.ts";
import { fileArgument, readOptions } from "./options.ts";

/** What kmod's insmod(8) says of the errno values that have a meaning of their own there (mod_strerror() of tools/insmod.c). */
const KMOD_MESSAGES: Readonly<Record<string, string>> = {
  ENOEXEC: "Invalid module format",
  ENOENT: "Unknown symbol in module",
  ESRCH: "Module has wrong symbol version",
  EINVAL: "Invalid parameters",
};

/** One line that says what failed and why, as insmod(8) would. */
function failureLine(path: string, outcome: StepOutcome): string {
  const file = oneLine(path);
  const why = outcome.oops ?? outcome.crash ?? outcome.notModelled;
  if (outcome.oops !== undefined) return `insmod: ${file}: the kernel oopses: ${why}\n`;
  if (outcome.crash !== undefined) return `insmod: ${file}: the kernel dies: ${why}\n`;
  if (outcome.notModelled !== undefined) return `insmod: ${file}: not modelled: ${why}\n`;
  const { rc = 0, errno = 0 } = outcome;
  const text = KMOD_MESSAGES[errno] ?? errnoMessage(-rc);
  return `insmod: ERROR: could not insert module ${file}: ${text} (${errno})\n`;
}

/** @returns the exit code: 0 where the module loads, 1 where it does not */
export async function insmodCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, { kernel: "string", layout: "boolean" }, { stopEarly: true });
  const [path, ...params] = rest;
  const file = fileArgument(path, "module file");
  const profile = await loadProfile(options.kernel);
  const step: InsmodStep = { insmod: io.resolve(file), params: encodeParams(params.join(" ")) };
  const target = new ModelTarget(profile, { regions: options.layout ?? false });
  for await (const { outcome, initAssumed } of target.run({ cmdline: "", steps: [step] })) {
    io.out(kernelLogText(step, outcome, profile.vmalloc.start));
    if (options.layout) io.out(layoutText(step, outcome, profile.vmalloc.start));
    if (outcome.rc !== 0) {
      io.err(failureLine(file, outcome));
      return 1;
    }
    if (initAssumed) io.err(`insmodel: the code of ${oneLine(outcome.module)} is not run: init is taken to return 0\n`);
  }
  return 0;
}
