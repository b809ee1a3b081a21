// SPDX-License-Identifier: GPL-2.0-only
/** A profile learnt from files says of every case what the kernel's own profile says, as far as its facts go. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CASES_DIR, chosenCases } from "../../src/cli/chosen.ts";
import { main } from "../../src/cli/main.ts";
import { hex32 } from "../../src/elf/word.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { LOADER_OPTIONS } from "../../src/profile/kconfig.ts";
import { loadProfile, loadProfileFrom } from "../../src/profile/load_profile.ts";
import { caseModuleReader } from "../../src/suite/case_modules.ts";
import { caseId } from "../../src/suite/cases.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import { kernelLogText, layoutText } from "../../src/suite/golden_text.ts";
import { reportFilter } from "../../src/suite/stack_dump.ts";
import type { StepOutcome } from "../../src/suite/outcome.ts";
import type { Step } from "../../src/suite/scenario.ts";
import { inScratch, writeFiles } from "../scratch.ts";

/** The files of a headers package, and with a System.map those of a build tree, as the kernel's build writes them. */
function treeOf(profile: KernelProfile, isBuilt: boolean): Record<string, string> {
  const rows = [...profile.exports.names()].map((name) => profile.exports.find(name)!);
  const symvers = rows.map(({ name, crc = 0, gplOnly, namespace }) =>
    `${hex32(crc)}\t${name}\tvmlinux\tEXPORT_SYMBOL${gplOnly ? "_GPL" : ""}\t${namespace}\n`
  );
  const options = LOADER_OPTIONS.map((name) =>
    profile.config.has(name) ? `CONFIG_${name}=y\n` : `# CONFIG_${name} is not set\n`
  );
  const cpu = profile.vermagic.includes("ARMv6") ? "CONFIG_CPU_V6K=y\n" : "CONFIG_CPU_V7=y\n";
  const preempt = profile.vermagic.includes("preempt") ? "CONFIG_PREEMPT_BUILD=y\n" : "";
  const map = new Map([...rows.map(({ name, value }) => [name, value] as const), ...profile.symbols]);
  map.set("__per_cpu_end", profile.machine.percpuReserved.start);
  const address = (value: number) => value.toString(16).padStart(8, "0");
  return {
    "Module.symvers": symvers.join(""),
    ".config": `${options.join("")}${cpu}${preempt}CONFIG_PAGE_OFFSET=${hex32(profile.pageOffset)}\n`,
    "include/config/kernel.release": `${profile.release}\n`,
    ...(isBuilt ? { "System.map": [...map].map(([name, value]) => `${address(value)} T ${name}\n`).join("") } : {}),
  };
}

async function make(folder: string, ...sources: string[]): Promise<KernelProfile> {
  let err = "";
  const io = {
    out: () => {},
    err: (text: string) => void (err += text),
    resolve: (path: string) => path,
    input: () => Promise.resolve(""),
  };
  assertEquals([await main(["profile", "make", "-o", folder, ...sources], io), err.split("\n").length], [0, 2]);
  return await loadProfileFrom(folder);
}

/** Steps of cases as two profiles answer them. */
interface Tally {
  equal: number;
  /** Steps that ended with an unknown fact, by that. */
  unknown: Map<string, number>;
  different: string[];
}

/** The texts of a step, without addresses in vmalloc space, which is where the booted kernel put it, and its dumps of the stack. */
function texts(step: Step, outcome: StepOutcome, { vmalloc }: KernelProfile): string {
  const isOfReport = reportFilter();
  const log = outcome.log.filter(({ text }) => !isOfReport(text));
  return kernelLogText(step, { ...outcome, log }, vmalloc.start) + layoutText(step, outcome, vmalloc.start);
}

/** Runs every case on both; a case is followed up to where the second one does not know on. */
async function compare(own: KernelProfile, learnt: KernelProfile): Promise<Tally> {
  const tally: Tally = { equal: 0, unknown: new Map(), different: [] };
  const read = caseModuleReader(own);
  for (const each of chosenCases(own, [])) {
    // Modules' code does not run by a learnt profile.
    const steps = each.steps.map((step) => "insmod" in step && typeof step.init !== "number" ? { ...step, init: 0 } : step);
    const answers = new ModelTarget(learnt, { read }).run({ ...each, steps });
    for await (const { outcome: expected } of new ModelTarget(own, { read }).run({ ...each, steps })) {
      const { value } = await answers.next();
      const outcome: StepOutcome = value?.outcome;
      const unknown = outcome.notModelled?.startsWith("unknown: ") ? outcome.notModelled : undefined;
      if (unknown !== undefined && expected.notModelled === undefined) {
        tally.unknown.set(unknown, (tally.unknown.get(unknown) ?? 0) + 1);
        break;
      }
      const step = each.steps[expected.step];
      if (texts(step, outcome, own) === texts(step, expected, own)) tally.equal++;
      else tally.different.push(`${caseId(each)}, step ${expected.step}`);
      if (!Object.is(outcome.crash, expected.crash)) break;
    }
  }
  return tally;
}

/** What is taken for granted, and is not so in these cases. */
const TAKEN_FOR_GRANTED = ["layout/named-like-something-built-in, step 0"];

/** Kernels, what there is to learn from, and the facts that some case then wants. */
const KERNELS: readonly (readonly [alias: string, isBuilt: boolean, unknown: readonly string[]])[] = [
  ["debian-armmp", false, [
    "the address of ftrace_caller",
    "the keys that",
    "where struct module has mem",
    "where the booted",
    "where the per-CPU",
  ]],
  ["thumb2", true, ["the address of _printk", "where struct module has mem", "where the booted"]],
  ["no-plts", false, ["the address of _printk", "where struct module has mem", "where the per-CPU"]],
  ["no-modversions", true, ["where struct module has mem", "where the booted"]],
];

for (const [alias, isBuilt, lacks] of KERNELS) {
  const what = `${isBuilt ? "a build tree" : "a headers package"} and a module`;
  Deno.test(`of every case on ${alias} a profile made of ${what} says the same, or which fact it lacks`, async () => {
    const own = await loadProfile(alias);
    const module = await caseModuleReader(own)(join(CASES_DIR, "unload/loaded-and-removed/simple.ko"));
    await inScratch(async (folder) => {
      writeFiles(folder, { "known.ko": module.plain });
      writeFiles(join(folder, "tree"), treeOf(own, isBuilt));
      const learnt = await make(join(folder, "profile"), join(folder, "tree"), join(folder, "known.ko"));
      const { equal, unknown, different } = await compare(own, learnt);
      assertEquals(different, TAKEN_FOR_GRANTED);
      const facts = [...unknown.keys()].map((line) => line.replace(/^unknown: /, "")).sort();
      assertEquals(facts.map((fact) => lacks.find((each) => fact.startsWith(each)) ?? fact), lacks);
      assertEquals(equal > 10 * [...unknown.values()].reduce((sum, count) => sum + count), true);
    });
  });
}
