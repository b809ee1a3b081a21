// SPDX-License-Identifier: GPL-2.0-only
/**
 * Any other loader as a target: a command that is started once for each case, gets the scenario as JSON on its standard input, and prints
 * one outcome a line, as `insmodel run --json` does.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { caseModuleReader } from "./case_modules.ts";
import { firstLine, InputError, reason, TargetError } from "./input_error.ts";
import type { StepOutcome, StepResult } from "./outcome.ts";
import type { Scenario, Step } from "./scenario.ts";
import type { Target } from "./target.ts";

/** Milliseconds that a command has for one case. */
const LIMIT_MS = 60_000;

/** A module that only a recipe describes, as a file that a command can open. */
async function asFile(step: Step, folder: string, number: number, profile: KernelProfile): Promise<Step> {
  if (!("insmod" in step)) return step;
  const base = step.insmod.slice(step.insmod.lastIndexOf("/") + 1);
  const { file } = await caseModuleReader(profile)(step.insmod);
  if (file.kind !== "regular") return step;
  const path = `${folder}/${number}/${base}`;
  Deno.mkdirSync(`${folder}/${number}`);
  Deno.writeFileSync(path, file.bytes);
  return { ...step, insmod: path };
}

function parseOutcome(line: string, command: string): StepOutcome {
  try {
    const outcome = JSON.parse(line) as StepOutcome;
    if (Number.isInteger(outcome.step) && Array.isArray(outcome.log) && Array.isArray(outcome.modules)) return outcome;
  } catch (error) {
    throw new InputError(`Cannot read what ${command} printed: ${firstLine(error)}: ${line.slice(0, 100)}`);
  }
  throw new InputError(`Cannot use what ${command} printed: an outcome has step, log and modules: ${line.slice(0, 100)}`);
}

/**
 * A command as a target.
 *
 * @param words the program and its arguments
 * @throws {InputError} while it runs: where it cannot be started, takes longer than a minute, or prints something else
 */
export function commandTarget(words: readonly string[], profile: KernelProfile): Target {
  const command = words.join(" ");
  return {
    name: command,
    givesImages: false,
    async *run(scenario: Scenario): AsyncGenerator<StepResult> {
      const folder = Deno.makeTempDirSync({ prefix: "insmodel-case-" });
      try {
        const steps = [];
        for (const [i, step] of scenario.steps.entries()) steps.push(await asFile(step, folder, i, profile));
        const { cmdline, services } = scenario;
        const text = await runCommand(words, JSON.stringify({ kernel: profile.release, cmdline, services, steps }));
        for (const line of text.split("\n")) {
          if (line.trim() !== "") yield { outcome: parseOutcome(line, command), images: [] };
        }
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  };
}

async function runCommand([program, ...args]: readonly string[], input: string): Promise<string> {
  try {
    const process = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).spawn();
    const writer = process.stdin.getWriter();
    const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {});
    const { stdout } = await process.output();
    await written;
    return new TextDecoder().decode(stdout);
  } catch (error) {
    throw new TargetError(`Cannot run ${program}: ${reason(error)}`);
  }
}
