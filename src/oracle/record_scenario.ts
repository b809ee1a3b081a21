// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: replays a scenario on the real kernel and prints what happened, one JSON object a line.
 *
 *     deno run ... src/oracle/record_scenario.ts SCENARIO.json [--kernel RELEASE] [--images DIR] [--cache DIR]
 *
 * @module
 */

import type { Scenario, Step } from "../suite/scenario.ts";
import { type RecordOptions, recordScenario } from "./record.ts";

const DEFAULT_RELEASE = "6.12.107+deb13-armmp";
const USAGE = "usage: record_scenario.ts SCENARIO.json [--kernel RELEASE] [--images DIR] [--cache DIR]";

interface Arguments {
  scenario: string;
  kernel?: string;
  images?: string;
  cache?: string;
}

function parseArguments(args: readonly string[]): Arguments | undefined {
  const parsed: Arguments = { scenario: "" };
  for (let i = 0; i < args.length; i++) {
    const option = args[i];
    if (option === "--kernel" || option === "--images" || option === "--cache") {
      const value = args[++i];
      if (value === undefined) return undefined;
      parsed[option === "--kernel" ? "kernel" : option === "--images" ? "images" : "cache"] = value;
    } else if (parsed.scenario || option.startsWith("--")) return undefined;
    else parsed.scenario = option;
  }
  return parsed.scenario ? parsed : undefined;
}

/** Paths of a scenario are relative to its file. */
function withPaths(steps: readonly Step[], directory: string): Step[] {
  return steps.map((step) => {
    if (!("insmod" in step)) return step;
    const insmod = step.insmod.startsWith("/") ? step.insmod : `${directory}/${step.insmod}`;
    return { ...step, insmod, params: step.params ?? "" };
  });
}

async function readScenario(path: string): Promise<Scenario> {
  const { kernel, cmdline, steps } = JSON.parse(await Deno.readTextFile(path)) as Partial<Scenario> & { steps: Step[] };
  const directory = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  return { ...(kernel ? { kernel } : {}), cmdline: cmdline ?? "", steps: withPaths(steps, directory) };
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args);
  if (!parsed) {
    console.error(USAGE);
    return 2;
  }
  const scenario = await readScenario(parsed.scenario);
  const options: RecordOptions = {
    release: parsed.kernel ?? scenario.kernel ?? DEFAULT_RELEASE,
    images: parsed.images !== undefined,
    ...(parsed.cache ? { cache: parsed.cache } : {}),
  };
  if (parsed.images) await Deno.mkdir(parsed.images, { recursive: true });
  for (const { outcome, images } of await recordScenario(scenario, options)) {
    console.log(JSON.stringify(outcome));
    for (const { type, bytes } of images) {
      await Deno.writeFile(`${parsed.images}/${outcome.step}-${outcome.module}-${type}.bin`, bytes);
    }
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
