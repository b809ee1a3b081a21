// SPDX-License-Identifier: GPL-2.0-only
/** The harness itself, tested with planted outcomes: what is wrong must be found, and nothing else. */

import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { GOLDEN_DIR, loadProfile } from "../../src/profile/load_profile.ts";
import { caseModuleReader } from "../../src/suite/case_modules.ts";
import { type Case, findCases, isForKernel } from "../../src/suite/cases.ts";
import { openGoldens } from "../../src/suite/golden.ts";
import { InputError, TargetError } from "../../src/suite/input_error.ts";
import { checkKnownFailure } from "../../src/suite/known_failures.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import type { StepOutcome, StepResult } from "../../src/suite/outcome.ts";
import { runCase } from "../../src/suite/runner.ts";
import { parseCase } from "../../src/suite/scenario_file.ts";
import type { Target } from "../../src/suite/target.ts";
import { inScratch, writeFiles } from "../scratch.ts";

const profile = await loadProfile();
const goldens = openGoldens(fromFileUrl(GOLDEN_DIR), profile);
const model = new ModelTarget(profile, { regions: true, read: caseModuleReader(profile) });
const [exportAndUse] = findCases(fromFileUrl(new URL("../../cases/", import.meta.url)))
  .filter(({ name }) => name === "exercise-2-export-and-use");

/** The model with its outcomes changed on their way. */
function planted(change: (outcome: StepOutcome) => StepOutcome): Target {
  return {
    name: "planted",
    runsCode: false,
    givesImages: true,
    async *run(scenario): AsyncGenerator<StepResult> {
      for await (const { outcome, images } of model.run(scenario)) yield { outcome: change(outcome), images };
    },
  };
}

async function differenceOf(change: (outcome: StepOutcome) => StepOutcome): Promise<string> {
  return (await runCase(planted(change), exportAndUse, goldens)).difference;
}

Deno.test("an unchanged outcome agrees", async () => {
  assertEquals(await differenceOf((outcome) => outcome), "");
});

const WRONG: Readonly<Record<string, (outcome: StepOutcome) => StepOutcome>> = {
  "another errno": (outcome) => outcome.errno === "ENOENT" ? { ...outcome, rc: -22, errno: "EINVAL" } : outcome,
  "a line that is missing": (outcome) => ({ ...outcome, log: outcome.log.slice(1) }),
  "a line too many": (outcome) => ({ ...outcome, log: [...outcome.log, { level: 4, text: "surplus" }] }),
  "another level": (outcome) => ({ ...outcome, log: outcome.log.map((line) => ({ ...line, level: 3 })) }),
  "one letter": (outcome) => ({
    ...outcome,
    log: outcome.log.map((line) => ({ ...line, text: line.text.replace("Unknown", "unknown") })),
  }),
  "a section elsewhere": ({ sections, ...outcome }) => ({
    ...outcome,
    sections: { ...sections, ".text": { address: "0xbf000004", size: 0, region: "MOD_TEXT" } },
  }),
  "a reference too many": (outcome) => ({
    ...outcome,
    modules: outcome.modules.map((module) => ({ ...module, refcount: (module.refcount ?? 0) + 1 })),
  }),
  "another taint": (outcome) => ({ ...outcome, taint: outcome.taint ^ 1 }),
  "an oops": ({ rc: _rc, errno: _errno, ...outcome }) => ({ ...outcome, oops: "Unable to handle kernel paging request" }),
  "what is not modelled": ({ rc: _rc, errno: _errno, ...outcome }) => ({ ...outcome, notModelled: "load_module()" }),
};

for (const [what, change] of Object.entries(WRONG)) {
  Deno.test(`${what} is a difference`, async () => {
    const difference = await differenceOf(change);
    assertStringIncludes(difference, "--- golden/seeds/exercise-2-export-and-use/");
    assertStringIncludes(difference, "deno task record seeds/exercise-2-export-and-use");
  });
}

Deno.test("steps that are missing are a difference", async () => {
  const target: Target = {
    ...planted((outcome) => outcome),
    async *run(scenario) {
      for await (const result of model.run(scenario)) if (result.outcome.step < 2) yield result;
    },
  };
  assert((await runCase(target, exportAndUse, goldens)).difference.includes("-# rmmod symbol_user = 0"));
});

Deno.test("a case without a golden fails, and says how to write one", async () => {
  const fresh: Case = { ...exportAndUse, name: "no-such-golden" };
  const { origin, difference } = await runCase(model, fresh, goldens);
  assertEquals(origin, undefined);
  assertStringIncludes(difference, "deno task bless seeds/no-such-golden");
});

Deno.test("a target whose lines do not say that code ran is held to the loader's lines alone", async () => {
  const answers = planted((outcome) => outcome);
  const { runsCode: _runsCode, ...silent } = answers;
  assertEquals((await runCase(silent, exportAndUse, goldens)).difference, "");
  const talking = planted((outcome) => ({ ...outcome, log: [...outcome.log, { level: 6, text: "x", phase: "init" }] }));
  const { runsCode: _alsoRunsCode, ...running } = talking;
  assertStringIncludes((await runCase(running, exportAndUse, goldens)).difference, "+<6> x");
  assertEquals((await runCase({ ...running, runsCode: false }, exportAndUse, goldens)).difference, "");
});

Deno.test("what is wrong with one case's file, or with an answer, is that case's failure; a target that cannot be asked is none", async () => {
  const targetThat = (fault: Error): Target => ({
    name: "broken",
    runsCode: false,
    givesImages: false,
    run: () => {
      throw fault;
    },
  });
  const { origin, difference } = await runCase(targetThat(new InputError("it is damaged")), exportAndUse, goldens);
  assertEquals([origin, difference], ["recorded", "it is damaged"]);
  await assertRejects(() => runCase(targetThat(new TargetError("no such program")), exportAndUse, goldens), TargetError);
});

Deno.test("a known failure passes, and one that is mended does not", () => {
  const known = [{ case: "a/b", kernel: "k", reason: "because" }];
  assertEquals(checkKnownFailure(known, "k", { id: "a/b", origin: "recorded", difference: "differs" }), "");
  assertStringIncludes(checkKnownFailure(known, "k", { id: "a/b", origin: "recorded", difference: "" }), "agrees by now");
  assertEquals(checkKnownFailure(known, "other", { id: "a/b", origin: "recorded", difference: "differs" }), "differs");
});

/** What is wrong with a case, and what the one line about it says. */
const BAD_CASES: readonly (readonly [text: string, says: string])[] = [
  ['steps = [{ insmod = "a.ko", parms = "x" }]', 'step 0: unknown key "parms"; known keys are insmod, params'],
  ['step = [{ params = "x" }]', "step 0: a step names one file"],
  ['step = [{ insmod = "" }]', "step 0: the step names no file"],
  ['step = [{ insmod = "a.ko", rmmod = "a" }]', "step 0: a step names one file"],
  ["step = [{ insmod = 3 }]", 'step 0: "insmod" is 3; it must be a file\'s path'],
  ['step = [{ rmmod = "a", flags = ["force"] }]', 'step 0: "flags" is ["force"]; it must be a list of nonblock, trunc'],
  ['step = [{ insmod = "a.ko", init = "maybe" }]', 'step 0: "init" is "maybe"; it must be a number or "run"'],
  ['descripton = "x"', 'unknown key "descripton"'],
  ["step = 3", '"step" is 3; it must be a list of tables, as [[step]]'],
  ["step = [3]", "step 0: it is 3, not a table"],
  ["step = [", "line 1, column"],
  ['{"steps": [', "JSON"],
  ["{}", "it has no list of steps"],
  ["steps = []", "it has no steps"],
  ['step = [{ rmmod = "a" }]\n[[steps]]\nrmmod = "b"', 'its steps are in both "step" and "steps"'],
  ['[{ "rmmod": "a" }]', 'it holds [{"rmmod":"a"}], not a table with steps'],
  ['[{ "rmmod": ', "it is no JSON: "],
  ['service = [{ name = "a" }]\nstep = [{ rmmod = "a" }]', "service 0: it does not say what a returns"],
  ['{"services": [{"name": "", "returns": 0}], "steps": [{"rmmod": "a"}]}', "service 0: it names no function of the kernel"],
  ['{"services": 3, "steps": [{"rmmod": "a"}]}', '"services" is 3; it must be a list of tables, as [[service]]'],
  [
    'service = [{ name = "a", returns = 0.5 }]\nstep = [{ rmmod = "a" }]',
    'service 0: "returns" is 0.5; it must be a 32-bit number',
  ],
  [
    'service = [{ name = "a", return = 0 }]\nstep = [{ rmmod = "a" }]',
    'service 0: unknown key "return"; known keys are name, returns',
  ],
  [
    'service = [{ name = "a", returns = 0 }, { name = "a", returns = 1 }]\nstep = [{ rmmod = "a" }]',
    "service 1: a has its answer already",
  ],
];

for (const [text, says] of BAD_CASES) {
  Deno.test(`a bad case has one clear line: ${says}`, () => {
    const error = assertThrows(() => parseCase(text, "x/y/case.toml", (path) => path), InputError);
    assertStringIncludes(error.message, 'Cannot read case "x/y/case.toml": ');
    assertStringIncludes(error.message, says);
    assertEquals(error.message.includes("\n"), false);
  });
}

Deno.test("a scenario in JSON may begin with a byte order mark", () => {
  assertEquals(parseCase('\ufeff{"steps": [{"rmmod": "a"}]}', "x", (path) => path).steps, [{ rmmod: "a" }]);
});

/** What is in a case's folder, and what is said of the case. */
const BAD_FOLDERS: readonly (readonly [files: Readonly<Record<string, string>>, says: string])[] = [
  [
    { "README": "" },
    'Cannot read case "params/bad": without a case.toml it must hold one module (.ko or .ko.toml); it holds none',
  ],
  [{ "a.ko": "", "b.ko": "" }, "it holds a.ko, b.ko"],
  [{ "a.ko": "", "case.toml": "step = [" }, 'Cannot read case "params/bad/case.toml": line 1, column'],
];

for (const [files, says] of BAD_FOLDERS) {
  Deno.test(`a bad folder is its own case's failure, and no other's: ${Object.keys(files)}`, async () => {
    await inScratch(async (folder) => {
      writeFiles(`${folder}/params/bad`, files);
      writeFiles(`${folder}/params/good`, { "case.toml": 'step = [{ rmmod = "a" }]' });
      const [bad, good] = findCases(folder);
      assertEquals(good.problem, undefined);
      const { difference } = await runCase(model, bad, goldens);
      assertStringIncludes(difference, says);
    });
  });
}

Deno.test("of the globs of kernels, the last one that is about a kernel says", () => {
  const on = (...kernels: string[]) =>
    ["debian-armmp", "thumb2", "no-plts"].filter((alias) => isForKernel({ kernels }, `6.12.107-${alias}`, alias));
  assertEquals(on("*"), ["debian-armmp", "thumb2", "no-plts"]);
  assertEquals(on("*", "!thumb2"), ["debian-armmp", "no-plts"]);
  assertEquals(on("!*", "6.12.107-no-*"), ["no-plts"]);
  assertEquals(on("thumb2"), ["thumb2"]);
});
