// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel insmod`: what the board would say.
 *
 * @module
 */

import { errnoMessage } from "../kernel/errno.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { kernelLogText, layoutText } from "../suite/golden_text.ts";
import { oneLine } from "../suite/input_error.ts";
import { ModelTarget } from "../suite/model_target.ts";
import { readModule } from "../suite/module_files.ts";
import type { StepOutcome } from "../suite/outcome.ts";
import type { InsmodStep, ServiceAnswer } from "../suite/scenario.ts";
import { encodeParams } from "../suite/scenario_file.ts";
import type { CommandIo } from "./io.ts";
import { completeBy, openProfile, TAKEN_FOR_GRANTED } from "./kernel_option.ts";
import { fileArgument, readOptions, UsageError } from "./options.ts";

/** What kmod's insmod(8) says of the errno values that have a meaning of their own there (mod_strerror() of tools/insmod.c). */
const KMOD_MESSAGES: Readonly<Record<string, string>> = {
  ENOEXEC: "Invalid module format",
  ENOENT: "Unknown symbol in module",
  ESRCH: "Module has wrong symbol version",
  EINVAL: "Invalid parameters",
};

const KINDS = { kernel: "string", layout: "boolean", init: "string", service: "strings", trace: "string" } as const;

/** One line that says what failed and why, as insmod(8) would. */
function failureLine(path: string, outcome: StepOutcome): string {
  const file = oneLine(path);
  const why = outcome.oops ?? outcome.crash ?? outcome.notModelled;
  if (outcome.oops !== undefined) return `insmod: ${file}: the kernel oopses: ${why}\n`;
  if (outcome.crash !== undefined) return `insmod: ${file}: the kernel dies: ${why}\n`;
  if (outcome.notModelled !== undefined) return `insmod: ${file}: not modelled: ${why}; ${hint(outcome.notModelled)}\n`;
  const { rc = 0, errno = 0 } = outcome;
  const text = KMOD_MESSAGES[errno] ?? errnoMessage(-rc);
  return `insmod: ERROR: could not insert module ${file}: ${text} (${errno})\n`;
}

/** How to go on where the module's code came to what is not modelled. */
function hint(notModelled: string): string {
  const name = /^(\w+) called from /.exec(notModelled)?.[1];
  const service = name === undefined ? "" : `--service ${name}=N has it return N, `;
  return `${service}--init N takes init to return N`;
}

/** A 32-bit number, in any base that JavaScript knows. */
function readWord(option: string, text: string): number {
  const value = /^-?\w+$/.test(text) ? Number(text.replace("-", "")) * (text.startsWith("-") ? -1 : 1) : NaN;
  if (Number.isInteger(value) && Math.abs(value) <= 0xffffffff) return value;
  throw new UsageError(`option ${option} has "${text}"; it must be a 32-bit number`);
}

/** `--trace` alone is `--trace=calls`; what stands behind the file is left as it is. */
function withTraceDepth(args: readonly string[]): string[] {
  const at = args.indexOf("--trace");
  const isBehindFile = args.slice(0, at).some((arg, i) =>
    !arg.startsWith("-") && !/^--(kernel|init|service)$/.test(args[i - 1] ?? "")
  );
  return at < 0 || isBehindFile ? [...args] : args.with(at, "--trace=calls");
}

/** `NAME=N` of --service. */
function readService(text: string): ServiceAnswer {
  const [, name, returns] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`option --service has "${text}"; write --service NAME=N`);
  return { name, returns: readWord(`--service ${name}`, returns) };
}

/** Where an unknown fact ended the load: what refuses the module all the same, whatever that fact is. @returns whether anything does */
async function sayWhatRefuses(file: string, profile: KernelProfile, io: CommandIo): Promise<boolean> {
  const { checkModule } = await import("../profile/check_module.ts");
  const { readObject, ObjectError } = await import("../kbuild/elf_info.ts");
  try {
    const { plain } = await readModule(io.resolve(file));
    const { refused } = checkModule(readObject(plain), profile);
    for (const why of refused) io.err(`insmod: ${oneLine(file)}: it does not load in any case: ${oneLine(why)}\n`);
    return refused.length > 0;
  } catch (error) {
    if (!(error instanceof ObjectError)) throw error;
    return false;
  }
}

/** @returns the exit code: 0 where the module loads, 1 where it does not, 3 where its code comes to what is not modelled */
export async function insmodCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(withTraceDepth(args), KINDS, { stopEarly: true });
  const [path, ...params] = rest;
  const file = fileArgument(path, "module file");
  const profile = await completeBy(await openProfile(options.kernel, io), [io.resolve(file)]);
  const step: InsmodStep = { insmod: io.resolve(file), params: encodeParams(params.join(" ")) };
  if (options.init !== undefined) step.init = readWord("--init", options.init);
  const services = (options.service ?? []).map(readService);
  const trace = options.trace === undefined ? undefined : await (await import("./trace.ts")).openTrace(options.trace);
  const target = new ModelTarget(profile, { regions: options.layout ?? false, ...(trace === undefined ? {} : { trace }) });
  for await (const { outcome } of target.run({ cmdline: "", services, steps: [step] })) {
    io.out(kernelLogText(step, outcome, profile.vmalloc.start, false));
    if (trace !== undefined) io.out((await import("./trace.ts")).traceText(trace));
    if (options.layout) io.out(layoutText(step, outcome, profile.vmalloc.start));
    if (outcome.rc !== 0) {
      io.err(failureLine(file, outcome));
      const isRefused = outcome.notModelled === undefined || profile.isLearnt && await sayWhatRefuses(file, profile, io);
      return isRefused ? 1 : 3;
    }
    if (profile.isLearnt) io.err(TAKEN_FOR_GRANTED);
  }
  return 0;
}
