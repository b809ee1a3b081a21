// SPDX-License-Identifier: GPL-2.0-only
/** Mutants: made from a seed, printed as recipes, judged in groups, shrunk. The real kernel's part is played by the model, with a fault planted. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import fc from "fast-check";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { buildRecipe } from "../../src/suite/build/recipe.ts";
import { caseModuleReader, kernelFacts } from "../../src/suite/case_modules.ts";
import { readKnownMutants } from "../../src/suite/known_failures.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import { asModule } from "../../src/suite/module_files.ts";
import { type Base, readBases } from "../../src/suite/mutants/base.ts";
import { causeOf, causeText, differenceOf, isDifferent } from "../../src/suite/mutants/difference.ts";
import { type Arena, judge } from "../../src/suite/mutants/duel.ts";
import { type Edit, edited } from "../../src/suite/mutants/edit.ts";
import { caseText, makeMutant, type Mutant, recipeText, withEdits } from "../../src/suite/mutants/mutant.ts";
import { findings, summaryText, verdictText } from "../../src/suite/mutants/report.ts";
import { shrink } from "../../src/suite/mutants/shrink.ts";
import { grouped, type Trial } from "../../src/suite/mutants/trial.ts";
import type { StepOutcome } from "../../src/suite/outcome.ts";
import type { Target } from "../../src/suite/target.ts";

const CASES = fromFileUrl(new URL("../../cases/", import.meta.url));
const profile = await loadProfile();
const kernel = kernelFacts(profile);
const readCase = caseModuleReader(profile);
const bases = await readBases(async (file) => (await readCase(CASES + file)).plain);
const word = fc.nat(0xffffffff);

/** The two targets over files in memory; what `real` gives goes through `planted`. */
function arena(planted: (outcome: StepOutcome, bytes: Uint8Array | undefined) => StepOutcome = (outcome) => outcome): Arena {
  const placed = new Map<string, Uint8Array>();
  const read = (path: string) => placed.has(path) ? asModule(placed.get(path)!) : readCase(path);
  const model = () => new ModelTarget(profile, { regions: true, running: "never", read });
  const real: Target = {
    name: "planted",
    runsCode: true,
    givesImages: true,
    async *run(scenario) {
      for await (const { outcome, images } of model().run(scenario)) {
        const step = scenario.steps[outcome.step];
        yield { outcome: planted(outcome, "insmod" in step ? placed.get(step.insmod) : undefined), images };
        // What falls takes the guest with it.
        if (outcome.rc === undefined) return;
      }
    },
  };
  return {
    real,
    model: model(),
    vmallocStart: profile.vmalloc.start,
    parallel: 2,
    casePath: (file) => CASES + file,
    place: (name, bytes) => (placed.set(name, bytes), name),
  };
}

/** A mutant of one base with edits that can be made. */
function mutantOf(file: string, edits: readonly Edit[]): Mutant {
  const base = bases.find((each) => each.file.endsWith(file))!;
  return withEdits({ number: 0, base, params: "", edits, bytes: base.bytes }, edits, kernel)!;
}

Deno.test("a seed and a number give the same mutant always, alone or in a batch", () => {
  fc.assert(
    fc.property(word, fc.nat(100_000), (seed, number) => {
      const [one, other] = [makeMutant(seed, number, bases, kernel), makeMutant(seed, number, bases, kernel)];
      assertEquals(one.edits, other.edits);
      assertEquals(one.bytes, other.bytes);
    }),
    { numRuns: 50 },
  );
  const batch = Array.from({ length: 40 }, (_, number) => makeMutant(5, number, bases, kernel));
  assertEquals(new Set(batch.map((mutant) => recipeText(mutant))).size, 40);
  assertNotEquals(batch.map(({ edits }) => edits), batch.map((_, number) => makeMutant(6, number, bases, kernel).edits));
});

Deno.test("a mutant has at least one edit and other bytes than its base, and every base and verb turns up", () => {
  const verbs = new Set<string>();
  const files = new Set<Base>();
  for (let number = 0; number < 800; number++) {
    const { base, edits, bytes } = makeMutant(1, number, bases, kernel);
    assert(edits.length >= 1 && edits.length <= 4);
    assert(bytes.length !== base.bytes.length || bytes.some((byte, i) => byte !== base.bytes[i]));
    edits.forEach((edit) => verbs.add(Object.keys(edit)[0]));
    files.add(base);
  }
  assertEquals(files.size, bases.length);
  assertEquals([...verbs].sort(), [
    "add_modinfo",
    "add_relocation",
    "add_section",
    "add_symbol",
    "add_version",
    "append",
    "append_signature",
    "delete_section",
    "overwrite",
    "remove_modinfo",
    "remove_version",
    "rename_section",
    "rename_symbol",
    "set_header",
    "set_modinfo",
    "set_relocation",
    "set_section",
    "set_symbol",
    "set_version",
    "truncate",
  ]);
});

Deno.test("the printed recipe builds the mutant's bytes", () => {
  fc.assert(
    fc.property(word, fc.nat(1000), (seed, number) => {
      const mutant = makeMutant(seed, number, bases, kernel);
      const path = `${CASES}area/name/x.ko.toml`;
      const bytes = buildRecipe(recipeText(mutant), { path, readBase: (base) => Deno.readFileSync(base), kernel });
      assertEquals(bytes, mutant.bytes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("the edits of any mutant are made on any base, or are refused, and nothing is thrown", () => {
  let made = 0;
  fc.assert(
    fc.property(word, fc.nat(1000), fc.constantFrom(...bases), (seed, number, base) => {
      const { edits } = makeMutant(seed, number, bases, kernel);
      if (edited(base.bytes, edits, kernel) !== undefined) made++;
      edited(base.bytes, edits.toReversed(), kernel);
    }),
    { numRuns: 300 },
  );
  assert(made > 30);
});

Deno.test("the model agrees with itself on mutants in groups, and each has its verdict", async () => {
  const mutants = Array.from({ length: 80 }, (_, number) => makeMutant(3, number, bases, kernel));
  let judged = 0;
  const verdicts = await judge(arena(), mutants, () => judged++);
  assertEquals(verdicts.map(({ mutant }) => mutant), mutants);
  assertEquals(judged, 80);
  const differing = verdicts.filter(({ difference }) => isDifferent(difference));
  assertEquals(differing.map((verdict) => verdictText(verdict)), []);
  assert(verdicts.some(({ real }) => real.rc === 0) && verdicts.some(({ real }) => (real.rc ?? 0) < 0));
});

/** Another errno, wherever a file has the section header size 39. */
const PLANTED = (outcome: StepOutcome, bytes: Uint8Array | undefined): StepOutcome =>
  bytes?.[46] === 39 ? { ...outcome, rc: -22, errno: "EINVAL" } : outcome;

Deno.test("a planted disagreement is found, alone and among others, and shrinks to the edit that makes it", async () => {
  const culprit: Edit = { set_header: { e_shentsize: 39, e_flags: "0x5000200" } };
  const edits: Edit[] = [{ set_symbol: 3, fields: { st_size: 7 } }, { overwrite: ".modinfo", at: 3, bytes: "41" }, culprit];
  const planted = arena(PLANTED);
  const others = [0, 1, 2, 3, 4].map((number) => makeMutant(7, number, bases, kernel));
  const guilty = mutantOf("pointer_kept.ko", edits);
  const verdicts = await judge(planted, [...others, guilty]);
  assertEquals(verdicts.map(({ difference }) => isDifferent(difference)), [false, false, false, false, false, true]);
  const cause = causeText(causeOf(verdicts[5].difference));
  assertEquals(cause, "real: insmod = -EINVAL; model: insmod = -ENOEXEC");

  const smallest = await shrink(
    guilty,
    kernel,
    async (candidates) =>
      (await judge(planted, candidates)).map(({ difference }) =>
        isDifferent(difference) && causeText(causeOf(difference)) === cause
      ),
  );
  assertEquals(smallest.edits, [{ set_header: { e_shentsize: 39 } }]);
});

Deno.test("numbers shrink towards zero, and parameters go where they do not matter", async () => {
  const mutant = { ...mutantOf("tcp_hybla.ko", [{ set_symbol: 3, fields: { st_size: "0x9000" } }]), params: "rtt0=30" };
  const holds = (each: Mutant) => (each.edits[0].fields as { st_size: number }).st_size >= 17;
  const smallest = await shrink(mutant, kernel, (candidates) => Promise.resolve(candidates.map(holds)));
  assertEquals(smallest.params, "");
  const { st_size } = smallest.edits[0].fields as { st_size: number };
  assert(st_size >= 17 && st_size <= 36, `${st_size}`);
});

Deno.test("at most one mutant that leaves something behind is in a group, as its last", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (lasts, size) => {
      const trials = lasts.map((last, number): Trial => ({ mutant: { ...mutantOf("crc4.ko", []), number }, steps: [], last }));
      const groups = grouped(trials, size);
      assertEquals(groups.flat().map(({ mutant }) => mutant.number).sort(), trials.map(({ mutant }) => mutant.number).sort());
      for (const group of groups) {
        assert(group.length >= 1 && group.length <= size + 1);
        assert(group.slice(0, -1).every(({ last }) => !last));
      }
    }),
    { numRuns: 100 },
  );
});

const OUTCOME: StepOutcome = { step: 0, op: "insmod", module: "x", rc: 0, errno: 0, log: [], taint: 0, modules: [] };
const STEP = { insmod: "/x.ko", params: "" };

Deno.test("what a module's own code did is no difference", () => {
  const line = { level: 6, text: "loaded" };
  const oops = { level: 1, text: "Unable to handle kernel paging request", phase: "init" as const };
  const { rc: _rc, errno: _errno, ...rest } = OUTCOME;
  const model = { ...OUTCOME, log: [line], regions: [] };
  const real = { ...rest, oops: oops.text, log: [line, oops], regions: [], taint: 128 };
  assertEquals(isDifferent(differenceOf(STEP, real, model, 0xe0800000)), false);
  assertEquals(differenceOf(STEP, { ...real, log: [oops] }, model, 0xe0800000).model, ["<6> loaded"]);
  const { regions: _regions, ...fellBefore } = real;
  assert(isDifferent(differenceOf(STEP, fellBefore, model, 0xe0800000)));
  assertEquals(isDifferent(differenceOf({ rmmod: "x" }, fellBefore, OUTCOME, 0xe0800000)), false);
});

Deno.test("a warning of a module's own code taints, and that is no difference", () => {
  const warning = { level: 4, text: "WARNING: CPU: 0 PID: 1 at net/core/dev.c:1 f+0x0/0x4", phase: "init" as const };
  const real = { ...OUTCOME, log: [warning], taint: 0x3200 };
  assertEquals(isDifferent(differenceOf(STEP, real, { ...OUTCOME, taint: 0x3000 }, 0xe0800000)), false);
  assert(isDifferent(differenceOf(STEP, { ...real, log: [] }, { ...OUTCOME, taint: 0x3000 }, 0xe0800000)));
});

Deno.test("findings are grouped by cause, and a listed cause has its reason", () => {
  const refused = { ...OUTCOME, rc: -22, errno: "EINVAL" };
  const verdict = (number: number, model: string) => ({
    mutant: { ...mutantOf("symbol_user.ko", [{ truncate: "file", to: 4000 }]), number, params: "a=1" },
    real: refused,
    difference: { real: ["# insmod x.ko = -EINVAL"], model: [model] },
  });
  const verdicts = [
    verdict(1, "# insmod x.ko = 0"),
    verdict(2, "# insmod y.ko = not modelled: f() of 12 entries"),
    verdict(3, "# insmod z.ko = 0"),
    { ...verdict(4, ""), difference: { real: [], model: [] } },
  ];
  const known = { kernel: "debian-armmp", real: "*", model: "insmod = not modelled: f() of N entries", reason: "why" };
  const found = findings(verdicts, [known]);
  assertEquals(found.map(({ verdicts, known }) => [verdicts.map(({ mutant }) => mutant.number), known?.reason]), [
    [[1, 3], undefined],
    [[2], "why"],
  ]);
  assertEquals(
    summaryText(verdicts, found),
    "4 mutants: the kernel refused 4, loaded 0, fell in the loader on 0 and in the module's own code on 0; " +
      "1 agree, 3 differ, 1 of these listed\n",
  );
  assertEquals(caseText(mutantOf("crc4.ko", [])), undefined);
  assertEquals(
    verdictText(verdicts[0]),
    `symbol_user.ko.toml:
  base = "../../seeds/exercise-2-export-and-use/symbol_user.ko"

  [[edit]]
  truncate = "file"
  to = 4000

case.toml:
  [[step]]
  insmod = "../../seeds/exercise-2-export-and-use/symbol_exporter.ko"

  [[step]]
  insmod = "symbol_user.ko"
  params = "a=1"

The kernel (-) and the model (+):
  - # insmod x.ko = -EINVAL
  + # insmod x.ko = 0
`,
  );
});

Deno.test("every known difference of mutants has its kernel and its reason", () => {
  const path = fromFileUrl(new URL("../known_failures.toml", import.meta.url));
  for (const { kernel, reason } of readKnownMutants(path)) assert(kernel !== "" && reason.length > 20);
});
