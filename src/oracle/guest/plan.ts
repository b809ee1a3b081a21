// SPDX-License-Identifier: GPL-2.0-only
/**
 * A scenario as the guest's agent gets it: one line per step, and one file per module.
 *
 * @module
 */

import { INSMOD_FLAGS, type InsmodStep, RMMOD_FLAGS, type Scenario, type Step } from "../../suite/scenario.ts";

/** Programs that unpack a module file, by its suffix. */
const UNPACKERS: Readonly<Record<string, string>> = { gz: "gzip", xz: "xz", zst: "zstd" };

/** What a step asks for, with the name by which it is known where the kernel does not give one. */
export interface PlannedStep {
  op: "insmod" | "rmmod";
  module: string;
}

async function unpacked(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const program = UNPACKERS[path.slice(path.lastIndexOf(".") + 1)];
  if (!program) return bytes;
  const { success, stdout, stderr } = await new Deno.Command(program, { args: ["-dc", path] }).output();
  if (!success) throw new Error(`Cannot unpack ${path}: ${new TextDecoder().decode(stderr).trim()}`);
  return stdout;
}

/** The `name=` of the module's `.modinfo`; without one, the file's name as kbuild would have made it from the module's. */
function moduleNameOf(path: string, bytes: Uint8Array): string {
  const found = /\0name=(\w+)\0/.exec(new TextDecoder("latin1").decode(bytes));
  return found?.[1] ?? path.slice(path.lastIndexOf("/") + 1).replace(/\.ko.*$/, "").replaceAll("-", "_");
}

/** A string of bytes, one character each, in hex. */
function hex(text: string): string {
  if (!text) return "-";
  return Array.from(text, (char) => char.charCodeAt(0)).map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function flagBits<Name extends string>(names: readonly Name[], values: Readonly<Record<Name, number>>): number {
  return names.reduce((bits, name) => bits | values[name], 0);
}

/** The module files of one plan: a file that is used in several steps is unpacked and written once. */
class PlanFiles {
  readonly #written = new Map<string, { file: string; module: string; unpacked: boolean }>();

  constructor(readonly directory: string) {}

  async add(path: string, asItIs: boolean): Promise<{ file: string; module: string; unpacked: boolean }> {
    const key = `${asItIs} ${path}`;
    const known = this.#written.get(key);
    if (known) return known;
    const raw = await Deno.readFile(path);
    const plain = await unpacked(path, raw).catch((error) => {
      if (asItIs) return raw;
      throw error;
    });
    const added = { file: `${this.#written.size}.ko`, module: moduleNameOf(path, plain), unpacked: !asItIs && plain !== raw };
    await Deno.writeFile(`${this.directory}/${added.file}`, asItIs ? raw : plain);
    this.#written.set(key, added);
    return added;
  }
}

async function planInsmod(step: InsmodStep, files: PlanFiles): Promise<[string, PlannedStep]> {
  const { file, module, unpacked } = await files.add(step.insmod, step.flags !== undefined || step.raw_flags !== undefined);
  const call = (step.syscall ?? (unpacked ? "init_module" : "finit_module")).replace("_module", "");
  const flags = step.raw_flags ?? flagBits(step.flags ?? [], INSMOD_FLAGS);
  const line = `insmod ${file} ${call} ${flags >>> 0} ${step.opened ?? "read-only"} ${step.unprivileged ? 1 : 0} ${
    hex(step.params)
  }`;
  return [line, { op: "insmod", module }];
}

async function planStep(step: Step, files: PlanFiles): Promise<[string, PlannedStep]> {
  if ("insmod" in step) return await planInsmod(step, files);
  const flags = flagBits(step.flags ?? ["nonblock"], RMMOD_FLAGS);
  return [`rmmod ${hex(step.rmmod)} ${flags} ${step.unprivileged ? 1 : 0}`, { op: "rmmod", module: step.rmmod }];
}

/** Writes the plan and the module files into `directory`. Paths of the scenario are relative to where the tool runs. */
export async function writePlan(scenario: Scenario, directory: string): Promise<PlannedStep[]> {
  const planned: PlannedStep[] = [];
  const files = new PlanFiles(directory);
  let text = "";
  for (const step of scenario.steps) {
    const [line, plannedStep] = await planStep(step, files);
    text += `${line}\n`;
    planned.push(plannedStep);
  }
  // The agent may look at any moment: the plan appears as a whole.
  await Deno.writeTextFile(`${directory}/plan.part`, text);
  await Deno.rename(`${directory}/plan.part`, `${directory}/plan`);
  return planned;
}
