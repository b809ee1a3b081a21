// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: loads and unloads many modules on the real kernel, as few guests as it takes.
 *
 *     deno run ... src/oracle/record_corpus.ts LIST OUTPUT [--kernel ID] [--cache DIR] [--chains N]
 *
 * Each line of LIST is a chain: module files, dependencies first, with a space between. A chain is loaded in its order and removed in
 * reverse. A guest takes N chains (100 unless given); a chain that the kernel does not survive ends its guest.
 *
 * OUTPUT has for each guest one line with the scenario (`{"kernel", "cmdline", "steps"}`), then one line per step: what
 * `insmodel run --json` prints for that scenario.
 *
 * @module
 */

import { DEFAULT_KERNEL, loadProfile } from "../profile/load_profile.ts";
import type { StepOutcome } from "../suite/outcome.ts";
import type { Scenario, Step } from "../suite/scenario.ts";
import { recordScenario } from "./record.ts";

const DEFAULT_CHAINS = 100;
const USAGE = "usage: record_corpus.ts LIST OUTPUT [--kernel ID] [--cache DIR] [--chains N]";

/** The name under which the kernel knows a module of this file name. */
function moduleName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.ko(\.\w+)?$/, "").replaceAll("-", "_");
}

function stepsOf(chain: readonly string[]): Step[] {
  return [
    ...chain.map((insmod) => ({ insmod, params: "" })),
    ...chain.toReversed().map((path) => ({ rmmod: moduleName(path) })),
  ];
}

/** How many of the chains a recording of `steps` steps has begun. */
function chainsBegun(chains: readonly string[][], steps: number): number {
  let begun = 0;
  for (let first = 0; begun < chains.length && first < steps; begun++) first += 2 * chains[begun].length;
  return begun;
}

interface Arguments {
  list: string;
  output: string;
  kernel: string;
  cache?: string;
  chains: number;
}

function parseArguments(args: readonly string[]): Arguments | undefined {
  const values = new Map<string, string>();
  const files: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (["--kernel", "--cache", "--chains"].includes(args[i]) && i + 1 < args.length) values.set(args[i], args[++i]);
    else files.push(args[i]);
  }
  if (files.length !== 2 || files.some((file) => file.startsWith("--"))) return undefined;
  const cache = values.get("--cache");
  return {
    list: files[0],
    output: files[1],
    kernel: values.get("--kernel") ?? DEFAULT_KERNEL,
    chains: Number(values.get("--chains") ?? DEFAULT_CHAINS),
    ...(cache ? { cache } : {}),
  };
}

async function main(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args);
  if (!parsed) {
    console.error(USAGE);
    return 2;
  }
  const profile = await loadProfile(parsed.kernel);
  const lines = (await Deno.readTextFile(parsed.list)).split("\n");
  let rest = lines.filter((line) => line.trim()).map((line) => line.trim().split(" "));
  const output = await Deno.open(parsed.output, { write: true, create: true, truncate: true });
  const writer = output.writable.getWriter();
  const put = (value: Scenario | StepOutcome) => writer.write(new TextEncoder().encode(JSON.stringify(value) + "\n"));
  while (rest.length) {
    const chains = rest.slice(0, parsed.chains);
    const scenario: Scenario = { kernel: profile.release, cmdline: "", steps: chains.flatMap(stepsOf) };
    const results = await recordScenario(scenario, {
      profile,
      ...(parsed.cache ? { cache: parsed.cache } : {}),
    });
    await put({ ...scenario, steps: scenario.steps.slice(0, results.length) });
    for (const { outcome } of results) await put(outcome);
    const begun = chainsBegun(chains, results.length);
    const last = results.at(-1)?.outcome;
    const died = last?.oops ?? last?.crash;
    console.error(`${begun} chains, ${results.length} steps${died ? `; ${last?.op} ${last?.module}: ${died}` : ""}`);
    rest = rest.slice(begun);
  }
  await writer.close();
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
