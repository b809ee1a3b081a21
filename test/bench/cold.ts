// SPDX-License-Identifier: GPL-2.0-only
/**
 * One insmod from a cold start, the profile included, beside the start of Deno alone.
 *
 * @module
 */

import { median, milliseconds, report, times } from "./figures.ts";

const ROUNDS = 11;
export const PROJECT = new URL("../../", import.meta.url);
export const MODULE = "cases/seeds/insmod-example/insmod_example.ko";

/** The options of a task of deno.json, so that what is measured is what the task runs. */
function taskOptions(name: string): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", PROJECT)));
  return tasks[name].command.split(" ").slice(1);
}

/** Runs a whole process. @returns milliseconds until it has ended */
async function timeOf(args: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command("deno", { args, cwd: PROJECT, stdout: "null", stderr: "null" }).output();
  if (!success) throw new Error(`Cannot measure deno ${args.join(" ")}: it failed`);
  return performance.now() - start;
}

/**
 * Prints the medians of interleaved runs: what slows the machine down meets all of them.
 *
 * @returns milliseconds of a cold insmod, as the task runs it
 */
export async function benchCold(): Promise<number> {
  const run = [...taskOptions("insmodel"), "insmod", MODULE];
  const commands: readonly (readonly [name: string, args: string[]])[] = [
    ["deno eval 0", ["eval", "0"]],
    ["deno run ... insmod", run],
    ["deno task insmodel insmod", ["task", "--quiet", "insmodel", "insmod", MODULE]],
  ];
  const runs = commands.map((): number[] => []);
  for (const [, args] of commands) await timeOf(args);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [, args]] of commands.entries()) runs[i].push(await timeOf(args));
  }
  const [base, ...rest] = runs.map(median);
  console.log(`A cold insmod (medians of ${ROUNDS} interleaved runs)`);
  report(commands[0][0], milliseconds(base));
  for (const [i, time] of rest.entries()) {
    const [name] = commands[i + 1];
    report(name, milliseconds(time));
    report(`${name} / deno eval 0`, times(time / base), "< 4");
  }
  return rest[0];
}
