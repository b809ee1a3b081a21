// SPDX-License-Identifier: GPL-2.0-only
/**
 * The machinery of the corpus: the recording's text, the comparison, the choice of guests, the plan, the command. The recordings here are
 * made by the model, and so say nothing about it; what a test plants in them has to be found.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { main } from "../../src/cli/main.ts";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { ASPECTS } from "../../src/suite/corpus/compare.ts";
import { guestsOfShard, parseShard, sampleGuests } from "../../src/suite/corpus/choose.ts";
import { writeCorpus } from "../../src/suite/corpus/corpus_file.ts";
import { Dependencies } from "../../src/suite/corpus/dependencies.ts";
import { parseKnownDifferences } from "../../src/suite/corpus/known_differences.ts";
import { corpusPathsToLoad, intoRuns, walk } from "../../src/suite/corpus/plan.ts";
import { type CorpusRecording, parseRecording, recordingText } from "../../src/suite/corpus/recording.ts";
import { type CorpusStep, corpusStep, maskImages } from "../../src/suite/corpus/step.ts";
import { Tally } from "../../src/suite/corpus/tally.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import { readModule } from "../../src/suite/module_files.ts";
import { nodeHost } from "../../src/suite/node_host.ts";
import type { Step } from "../../src/suite/scenario.ts";
import { inScratch } from "../scratch.ts";

const MODULES = fromFileUrl(new URL("../../cases/seeds/exercise-2-export-and-use/", import.meta.url));
const profile = await loadProfile();

/** What the model does with the exporter and its user, as if it had been recorded; twice, for two guests. */
async function modelRecording(): Promise<CorpusRecording> {
  const insmod = (module: string, init: number): Step => ({ insmod: join(MODULES, `${module}.ko`), params: "", init });
  const steps: Step[] = [
    insmod("symbol_user", 0),
    insmod("symbol_exporter", 0),
    insmod("symbol_user", -19),
    insmod("symbol_user", 0),
    { rmmod: "symbol_exporter" },
    { rmmod: "symbol_user" },
  ];
  const guest: CorpusStep[] = [];
  for await (const result of new ModelTarget(profile, { regions: true }).run({ cmdline: "", steps })) {
    guest.push(corpusStep(result, maskImages(result, profile), true));
  }
  const files = await Promise.all(["symbol_exporter", "symbol_user"].map(async (module) => {
    const { plain } = await readModule(join(MODULES, `${module}.ko`));
    return { module, size: plain.length, hash: nodeHost.sha256(plain).toHex().slice(0, 16) };
  }));
  return { kernel: profile.release, by: "the model itself", files, guests: [guest, guest] };
}

const recording = await modelRecording();

/** The recording with one step of its second guest changed. */
function planted(index: number, change: (step: CorpusStep) => Partial<CorpusStep>): CorpusRecording {
  const [first, second] = recording.guests;
  const guest = second.map((step, i) => i === index ? { ...step, ...change(step) } : step);
  return { ...recording, guests: [first, guest] };
}

async function corpus(path: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    resolve: (at: string) => at,
    input: () => Promise.resolve(""),
  };
  const code = await main(["corpus", "--modules", MODULES, "--jobs", "1", "--recording", path, ...args], io);
  return { code, out, err };
}

/** Runs the command on a recording. */
async function replay(of: CorpusRecording, ...args: string[]) {
  let result = { code: -1, out: "", err: "" };
  await inScratch(async (folder) => {
    const path = join(folder, "corpus.gz");
    writeCorpus(path, of);
    result = await corpus(path, ...args);
  });
  return result;
}

Deno.test("corpus: a recording's text is read back as it was", () => {
  assertEquals(parseRecording(recordingText(recording), "x"), recording);
});

Deno.test("corpus: where everything agrees the exit code is 0", async () => {
  const { code, out, err } = await replay(recording);
  assertEquals(err, "");
  assertStringIncludes(
    out,
    "Errno, log, layout and /proc/modules: 2 of 2 modules agree\nBytes before init: 2 of 2 modules agree\n",
  );
  assertEquals(code, 0);
});

Deno.test("corpus: workers come to what one process comes to", async () => {
  assertEquals((await replay(recording, "--jobs", "2")).out, (await replay(recording)).out);
});

/** The recording as it would be if the modules' code had run: what the model itself says, with the lines of its own runs. */
async function runRecording(): Promise<CorpusRecording> {
  const steps: Step[] = ["symbol_exporter", "symbol_user"].map((module) => (
    { insmod: join(MODULES, `${module}.ko`), params: "", init: "run" }
  ));
  const guest: CorpusStep[] = [];
  for await (const result of new ModelTarget(profile, { regions: true }).run({ cmdline: "", steps })) {
    guest.push(corpusStep(result, maskImages(result, profile), true));
  }
  return { ...recording, guests: [guest] };
}

Deno.test("corpus --run: what the modules' code returns and prints is held to the recording", async () => {
  const ran = await runRecording();
  assertMatch(ran.guests[0][1].printed.join(), /^init <6> .*42/);
  const { code, out } = await replay(ran, "--run");
  assertStringIncludes(out, "Init ran to its return: 2 of 2 modules; 2 agree in what it returned and printed\n");
  assertEquals(code, 0);
});

Deno.test("corpus --run: a difference is named, and a module that uses it is not run", async () => {
  const ran = await runRecording();
  const [[exporter, user]] = ran.guests;
  const { code, out } = await replay({ ...ran, guests: [[{ ...exporter, printed: [] }, user]] }, "--run");
  assertStringIncludes(out, "  symbol_exporter: recorded no line, printed init <6> ");
  assertStringIncludes(out, "  symbol_exporter: 1 modules, symbol_user\n");
  assertStringIncludes(out, "Init ran to its return: 1 of 2 modules; 0 agree");
  assertEquals(code, 1);
});

const PLANTED: Readonly<Record<typeof ASPECTS[number], (step: CorpusStep) => Partial<CorpusStep>>> = {
  errno: () => ({ end: "-ENOMEM" }),
  log: ({ log }) => ({ log: [...log, "<4> symbol_user: one more line"] }),
  sections: ({ sections }) => ({ sections: sections.slice(1) }),
  layout: ({ regions: [first, ...rest] }) => ({ regions: [{ ...first, size: first.size + 4096 }, ...rest] }),
  bytes: ({ sections, regions: [first, ...rest] }) => {
    const inFirst = sections.find(({ region, size }) => region === first.type && size > 0);
    return {
      sections: sections.map((each) => each === inFirst ? { ...each, crc: "00000000" } : each),
      regions: [{ ...first, hash: "0000000000000000" }, ...rest],
    };
  },
  modules: ({ modules: [first, ...rest] }) => ({ modules: [{ ...first, size: 4096 }, ...rest] }),
  taint: () => ({ taint: 1 }),
};

for (const aspect of ASPECTS) {
  Deno.test(`corpus: a difference in ${aspect} is found, counted under its name, and the exit code is 1`, async () => {
    const { code, out } = await replay(planted(3, PLANTED[aspect]));
    assertEquals(code, 1);
    const [heading, cause, example] = out.split("\n");
    assertEquals(heading, "Differences by their first cause:");
    assertMatch(cause, new RegExp(`^  ${aspect}: .*: 1 steps of 1 modules`));
    assertMatch(example, /^ {6}guest 1, step 3, insmod symbol_user: recorded .*, replayed /);
    assertStringIncludes(out, aspect === "bytes" ? "2 of 2 modules agree\nBytes before init: 1 of 2" : "/proc/modules: 1 of 2");
  });
}

Deno.test("corpus: bytes that differ are named by their section, or as what lies between the sections", async () => {
  assertMatch((await replay(planted(3, PLANTED.bytes))).out, /^ {2}bytes: MOD_TEXT \.\S+: 1 steps/m);
  const onlyRegion = ({ regions: [first, ...rest] }: CorpusStep) => ({
    regions: [{ ...first, hash: "0".repeat(16) }, ...rest],
  });
  assertStringIncludes((await replay(planted(3, onlyRegion))).out, "  bytes: MOD_TEXT between the sections: 1 steps");
});

Deno.test("corpus: what a first difference leaves behind is counted with it", async () => {
  const wrong = recording.guests[1].map((step, i) => i >= 3 && i <= 4 ? { ...step, taint: 1 } : step);
  const { out } = await replay({ ...recording, guests: [recording.guests[0], wrong] });
  assertStringIncludes(out, "  taint: : 1 steps of 1 modules, and 1 steps after it\n");
});

Deno.test("corpus: references of running code are taken from the recording, fewer than the users are a difference", async () => {
  const held = (refcount: number) =>
    planted(3, ({ modules: [first, second, ...rest] }) => ({ modules: [first, { ...second, refcount }, ...rest] }));
  const more = await replay(held(5));
  assertStringIncludes(more.out, "References of running code, taken from the recording: in 2 steps\n");
  assertEquals([more.code, (await replay(held(0))).code], [0, 1]);
});

Deno.test("corpus: a load whose init the kernel did not survive is compared up to there", async () => {
  const guest = recording.guests[1].slice(0, 4).map((step, i) =>
    i === 3 ? { ...step, end: "oops: Division by zero", modules: [] } : step
  );
  assertEquals((await replay({ ...recording, guests: [guest] })).code, 0);
});

Deno.test("corpus: a removal whose exit function the kernel did not survive is compared up to there", async () => {
  const lost = (index: number, end: string): CorpusRecording => {
    const guest = recording.guests[1].slice(0, index + 1).map((step, i) => i === index ? { ...step, end, modules: [] } : step);
    return { ...recording, guests: [guest] };
  };
  const hung = "crash: the call does not return";
  // The removal of a module in use does not come to exit.
  assertEquals([(await replay(lost(5, hung))).code, (await replay(lost(4, hung))).code], [0, 1]);
});

Deno.test("corpus: a taint that the loader has no reason to set is the code's", async () => {
  const tainted = (bit: number) => ({
    ...recording,
    guests: [recording.guests[0].map((step) => ({ ...step, taint: step.taint | 1 << bit }))],
  });
  assertEquals([(await replay(tainted(9))).code, (await replay(tainted(0))).code], [0, 1]);
});

Deno.test("corpus: a known difference is counted apart, by its module and place", () => {
  const text = '[[known]]\nmodule = "a"\nkernel = "k"\ndifference = "bytes: MOD_TEXT .text"\nreason = "because"\n';
  const [known] = parseKnownDifferences(text, "x");
  const verdict = (module: string) => ({
    op: "insmod" as const,
    module,
    cameToInit: true,
    references: 0,
    differences: [{ aspect: "bytes" as const, where: "MOD_TEXT .text", detail: "" }],
  });
  const tally = new Tally([known]);
  tally.add(0, [verdict("a")]);
  assertEquals([tally.causes.length, tally.known.size, tally.bytes], [0, 1, { all: 1, agreeing: 0 }]);
  tally.add(1, [verdict("b")]);
  assertEquals(tally.causes.map(({ name, modules }) => [name, [...modules]]), [["bytes: MOD_TEXT .text", ["b"]]]);
  assertThrows(
    () => parseKnownDifferences(text.replace("because", ""), "x"),
    InputError,
    'Cannot read "x": entry 0 has no reason',
  );
});

Deno.test("corpus: a damaged recording is one line and exit code 2", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "corpus.gz");
    writeCorpus(path, recording);
    const bytes = Deno.readFileSync(path);
    for (
      const damaged of [
        bytes.subarray(0, bytes.length / 2),
        bytes.map((byte, i) => i === 50 ? byte ^ 8 : byte),
        new Uint8Array(5),
      ]
    ) {
      Deno.writeFileSync(path, damaged);
      const { code, out, err } = await corpus(path);
      assertEquals([code, out], [2, ""]);
      assertMatch(err, /^insmodel corpus: Cannot read corpus recording ".*corpus\.gz": .*\n$/);
      assertEquals(err.split("\n").length, 2);
    }
  });
});

Deno.test("corpus: every line of a recording is held to its form", () => {
  const text = recordingText(recording);
  const lines = text.split("\n");
  for (const [i, line] of lines.slice(0, -1).entries()) {
    const damaged = lines.with(i, `${line.slice(0, -1)}\x00`).join("\n");
    const isFree = /^(<\d>|section|kernel|by|gone|module) /.test(line);
    if (!isFree) assertThrows(() => parseRecording(damaged, "x"), InputError, `line ${i + 1}`);
  }
  assertThrows(() => parseRecording(lines.slice(0, -2).join("\n"), "x"), InputError, "the end is missing");
  assertThrows(() => parseRecording(`${text}guest\n`, "x"), InputError, "does not belong there");
});

Deno.test("corpus: modules that are not there, or are others, are named in one line", async () => {
  const missing = { ...recording, files: [...recording.files, { module: "zram", size: 1, hash: "0".repeat(16) }] };
  const { code, err } = await replay(missing);
  assertEquals(code, 2);
  assertMatch(
    err,
    /^insmodel corpus: Cannot replay the corpus: 1 of its 3 modules are not below ".*", zram the first of them\n$/,
  );
  const other = { ...recording, files: recording.files.map((file) => ({ ...file, hash: "0".repeat(16) })) };
  const replayed = await replay(other);
  assertEquals(replayed.code, 2);
  assertMatch(
    replayed.err,
    /^insmodel corpus: Cannot replay module ".*\.ko": it is not the file that was recorded \(SHA-256 [0-9a-f]{16}\.\.\.\)\n$/,
  );
});

Deno.test("corpus: a recording that is a folder is one line and exit code 2", async () => {
  await inScratch(async (folder) => {
    const { code, err } = await corpus(folder);
    assertEquals([code, err], [2, `insmodel corpus: Cannot read corpus recording "${folder}": Is a directory\n`]);
  });
});

Deno.test("corpus: no folder of modules, and bad options", async () => {
  const io = { out: () => {}, resolve: (path: string) => path, input: () => Promise.resolve("") };
  const errors: string[] = [];
  const run = (...args: string[]) => main(["corpus", ...args], { ...io, err: (text) => void errors.push(text) });
  for (const args of [["--sample", "0"], ["--shard", "3/2"], ["--jobs", "x"], ["surplus"]]) assertEquals(await run(...args), 2);
  assert(errors.every((text) => text.split("\n").length === 2), errors.join(""));
});

Deno.test("corpus: shards have each guest once between them, samples are part of their shard", () => {
  const guests = Array.from({ length: 11 }, (_, i) => [{ ...recording.guests[0][1], module: `m${i}` }]);
  for (const count of [1, 2, 3, 11, 12]) {
    const shards = Array.from({ length: count }, (_, i) => guestsOfShard(guests, parseShard(`${i + 1}/${count}`)));
    assertEquals(shards.flat().sort((a, b) => a - b), [...guests.keys()]);
    for (const shard of shards) {
      const sample = sampleGuests(guests, shard, 2);
      assertEquals(sample.length, Math.min(2, shard.length));
      assert(sample.every((guest) => shard.includes(guest)));
    }
  }
  for (const text of ["0/1", "2/1", "1", "a/b", "1/0"]) assertThrows(() => parseShard(text), InputError, `"${text}"`);
});

Deno.test("corpus: the plan loads each module after all that it needs, and loads nothing twice in a row", () => {
  const module = (name: string, depends: string[], before: string[] = [], aliases: string[] = []) => ({
    name,
    file: `${name}.ko`,
    depends,
    before,
    aliases,
  });
  const dependencies = new Dependencies([
    module("core", []),
    module("crc32c_generic", [], [], ["crc32c"]),
    module("libcrc32c", [], ["crc32c"]),
    module("fs", ["core", "libcrc32c"]),
    module("net", ["core"]),
    module("alone", []),
  ]);
  assertEquals(dependencies.leaves(), ["fs", "net", "alone"]);
  assertEquals(dependencies.path("fs").slice(-1), ["fs"]);
  const paths = corpusPathsToLoad(dependencies);
  assertEquals(intoRuns(paths, 4).flat(), paths);
  const loaded = new Set<string>();
  let loads = 0;
  for (const { op, module } of walk(paths, new Set()).flat()) {
    if (op === "rmmod") assert(loaded.delete(module));
    else {
      loads++;
      assert(!loaded.has(module) && [...dependencies.needs(module)].every((each) => loaded.has(each)), module);
      loaded.add(module);
    }
  }
  assertEquals(loads, 6);
  assert(walk(paths, new Set(["core"])).flat().every(({ module }) => module !== "core"));
});
