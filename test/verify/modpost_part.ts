// SPDX-License-Identifier: GPL-2.0-only
/**
 * The model of modpost against the real program: what it says and what it writes, byte for byte.
 *
 * @module
 */

import { ElfError } from "../../src/elf/image.ts";
import { deviceTables, filesOfScenario, objectsOfScenario, type Scenario, SCENARIOS, SYMVERS } from "./modpost_scenarios.ts";
import { deviceTable } from "./small_object.ts";
import { objectOfModule } from "./object_of_module.ts";
import { type Given, modelOutcome, type Outcome, outcomeText, realOutcome } from "./real_modpost.ts";
import type { Tool } from "./tools.ts";

/** How many of the things compared agree, and which do not. */
export interface Figure {
  readonly what: string;
  readonly compared: number;
  readonly different: readonly string[];
}

/** What a scenario gives to modpost. */
export function givenOf(scenario: Scenario): Given {
  return {
    objects: objectsOfScenario(scenario),
    files: filesOfScenario(scenario),
    symvers: scenario.symvers ?? SYMVERS,
    options: scenario.options ?? {},
  };
}

/** Tables of these buses hold pointers; a modpost that was measured on a 64-bit machine takes them to be longer than they are. */
const WITH_POINTERS = /__mod_(of|pcmcia|i3c|dmi|hdaudio|amba|wmi)__/;

/** Whether a modpost has the sizes of a 32-bit machine, shown by a table of the device tree. */
async function hasSizesOf32Bits(tool: Tool): Promise<boolean> {
  const scenario: Scenario = { name: "probe", objects: { m: deviceTable("of", new Uint8Array(196)) } };
  return (await realOutcome(tool.path, givenOf(scenario))).exit === 0;
}

function mentionsPointerTables({ objects }: Pick<Given, "objects">): boolean {
  return objects.some(({ bytes }) => WITH_POINTERS.test(new TextDecoder().decode(bytes)));
}

async function compareScenarios(tool: Tool, what: string, scenarios: readonly Scenario[], pointers: boolean): Promise<Figure> {
  const different: string[] = [];
  let compared = 0;
  for (const scenario of scenarios) {
    const given = givenOf(scenario);
    if (!pointers && mentionsPointerTables(given)) continue;
    compared++;
    if (outcomeText(await realOutcome(tool.path, given)) !== outcomeText(modelOutcome(given))) different.push(scenario.name);
  }
  return { what, compared, different };
}

/** Modules as objects, with the files that belong to them. */
/** A finished module. */
export interface ModuleBytes {
  /** Of its file, without the suffix. */
  readonly name: string;
  /** The file, unpacked. */
  readonly bytes: Uint8Array;
}

function splitModules(modules: readonly ModuleBytes[]): Pick<Given, "objects" | "files"> {
  const objects: { path: string; bytes: Uint8Array }[] = [];
  const files = new Map<string, string>();
  for (const { name, bytes } of modules) {
    if (files.has(`${name}.mod`)) continue;
    try {
      const { object, command } = objectOfModule(bytes, `${name}.o`);
      objects.push({ path: `${name}.o`, bytes: object });
      files.set(`${name}.mod`, `${name}.o\n`);
      files.set(`.${name}.o.cmd`, command);
      files.set(`${name}.c`, `/* the source is not at hand */ "${name}";\n`);
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
    }
  }
  return { objects, files };
}

function differingFiles(real: Outcome, model: Outcome): string[] {
  const paths = new Set([...real.files.keys(), ...model.files.keys()]);
  return [...paths].filter((path) => real.files.get(path) !== model.files.get(path));
}

/**
 * Debian's modules, each turned back into its object, in one run.
 *
 * @param symvers the exports of vmlinux, as lines of Module.symvers
 */
async function compareModules(
  tool: Tool,
  modules: readonly ModuleBytes[],
  symvers: string,
  pointers: boolean,
): Promise<Figure[]> {
  const split = splitModules(modules);
  const objects = split.objects.filter((each) => pointers || !mentionsPointerTables({ objects: [each] }));
  const given: Given = { ...split, objects, symvers, options: { modversions: true, warnUnresolved: true } };
  const real = await realOutcome(tool.path, given);
  const model = modelOutcome(given);
  const said = real.stderr === model.stderr && real.exit === model.exit ? [] : ["standard error"];
  return [
    { what: "modules turned back into objects: .mod.c", compared: real.files.size - 1, different: differingFiles(real, model) },
    { what: "their messages and exit code", compared: 1, different: said },
  ];
}

/** All figures of one modpost program. */
export async function modpostFigures(
  tool: Tool,
  { modules, symvers, seeds }: { modules: readonly ModuleBytes[]; symvers: string; seeds: number },
): Promise<Figure[]> {
  const pointers = await hasSizesOf32Bits(tool);
  const tables = Array.from({ length: seeds }, (_, i) => deviceTables(i + 1));
  const single = pointers
    ? tables
    : tables.flatMap(({ options = {}, objects }) =>
      Object.entries(objects).map(([bus, object]) => ({ name: bus, options, objects: { [bus]: object } }))
    );
  return [
    await compareScenarios(tool, "small objects: every message", SCENARIOS, pointers),
    await compareScenarios(tool, "device tables of every bus", single, pointers),
    ...(modules.length > 0 ? await compareModules(tool, modules, symvers, pointers) : []),
  ];
}
