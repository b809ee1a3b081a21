// SPDX-License-Identifier: GPL-2.0-only
/** The command line: what it prints, and its exit codes, for good and for bad input. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { gzipSync } from "node:zlib";
import { main } from "../../src/cli/main.ts";
import type { StepOutcome } from "../../src/suite/outcome.ts";
import { inScratch, writeFiles } from "../scratch.ts";

const SEEDS = fromFileUrl(new URL("../../cases/seeds/", import.meta.url));
const EXAMPLE = join(SEEDS, "insmod-example/insmod_example.ko");
const CASE = join(SEEDS, "exercise-2-export-and-use/case.toml");

interface Answer {
  code: number;
  out: string;
  err: string;
}

function insmodel(...args: string[]): Promise<Answer> {
  return insmodelWith("", ...args);
}

/** Called with this on standard input. */
async function insmodelWith(input: string, ...args: string[]): Promise<Answer> {
  let out = "";
  let err = "";
  const code = await main(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    input: () => Promise.resolve(input),
    resolve: (path) => path,
  });
  return { code, out, err };
}

Deno.test("insmod prints the kernel's lines and says in one line that init is not run", async () => {
  assertEquals(await insmodel("insmod", EXAMPLE, "greeting=Bonjour"), {
    code: 0,
    out: "# insmod insmod_example.ko greeting=Bonjour = 0\n" +
      "<4> insmod_example: loading out-of-tree module taints kernel.\n" +
      "<5> insmod_example: module verification failed: signature and/or required key missing - tainting kernel\n",
    err: "insmodel: the code of insmod_example is not run: init is taken to return 0\n",
  });
});

Deno.test("insmod of a module that is refused: exit 1, the line, and why", async () => {
  const { code, out, err } = await insmodel("insmod", EXAMPLE, "debug_level=x");
  assertEquals(code, 1);
  assertStringIncludes(out, "= -EINVAL\n");
  assertStringIncludes(out, "<3> insmod_example: `x' invalid for parameter `debug_level'\n");
  assertEquals(err, `insmod: ERROR: could not insert module ${EXAMPLE}: Invalid parameters (EINVAL)\n`);
});

Deno.test("options of insmod end at the file: what follows are parameters", async () => {
  const { out } = await insmodel("insmod", EXAMPLE, "--kernel=x");
  assertStringIncludes(out, "unknown parameter '--kernel' ignored");
});

Deno.test("run --json prints an object a step, as the contract has it", async () => {
  const { code, out } = await insmodel("run", "--json", CASE);
  assertEquals(code, 0);
  const outcomes = out.trim().split("\n").map((line): StepOutcome => JSON.parse(line));
  assertEquals(outcomes.map(({ step, op, module, rc, errno }) => [step, op, module, rc, errno]), [
    [0, "insmod", "symbol_user", -2, "ENOENT"],
    [1, "insmod", "symbol_exporter", 0, 0],
    [2, "insmod", "symbol_user", 0, 0],
    [3, "rmmod", "symbol_exporter", -11, "EAGAIN"],
    [4, "rmmod", "symbol_user", 0, 0],
    [5, "rmmod", "symbol_exporter", 0, 0],
  ]);
  assertEquals(outcomes[0].log.at(-1), { level: 4, text: "symbol_user: Unknown symbol exported_function (err -2)" });
  assert(outcomes[0].sections !== undefined && outcomes[0].regions === undefined);
  assertEquals(outcomes[2].modules, [
    {
      name: "symbol_user",
      size: 12288,
      refcount: 0,
      usedBy: [],
      state: "Live",
      address: "0xbf006000",
      taints: "OE",
    },
    {
      name: "symbol_exporter",
      size: 12288,
      refcount: 1,
      usedBy: ["symbol_user"],
      state: "Live",
      address: "0xbf000000",
      taints: "OE",
    },
  ]);
  assertEquals(outcomes[1].sections?.[".text.unlikely"], { address: "0xbf000000", size: 40, region: "MOD_TEXT" });
  const [text] = outcomes[1].regions ?? [];
  assertEquals([text.type, text.base, text.size], ["MOD_TEXT", "0xbf000000", 4096]);
  assertMatch(text.sha256, /^[0-9a-f]{64}$/);
});

Deno.test("run without --json prints what a golden's kernel.log holds", async () => {
  const { out } = await insmodel("run", CASE);
  assertMatch(out, /^# insmod symbol_user\.ko = -ENOENT\n<4> /);
  assertStringIncludes(out, "# rmmod symbol_exporter = -EAGAIN\n# rmmod symbol_user = 0\n");
});

Deno.test("a step says what init returns", async () => {
  const scenario = join(SEEDS, "../init/init-returns-enodev/case.toml");
  const { code, out, err } = await insmodel("run", "--json", scenario);
  assertEquals([code, err, JSON.parse(out).rc], [0, "", -19]);
});

/** What is called, the exit code, and the one line on standard error. */
const BAD: readonly (readonly [args: string[], code: number, says: string])[] = [
  [[], 2, "insmodel: no command is named; commands are insmod, run, inspect"],
  [["modprobe"], 2, 'insmodel: unknown command "modprobe"'],
  [["insmod"], 2, "insmodel insmod: no module file is named; usage: insmodel insmod"],
  [["insmod", "--force", EXAMPLE], 2, "insmodel insmod: unknown option --force; usage: "],
  [["insmod", "--kernel", "thumb", EXAMPLE], 2, 'insmodel insmod: Cannot find kernel "thumb"; there are: thumb2, '],
  [["insmod", "/no/such.ko"], 2, 'insmodel insmod: Cannot read module "/no/such.ko": no such file'],
  [["run"], 2, "insmodel run: no scenario is named; usage: "],
  [["run", CASE, CASE], 2, "insmodel run: one scenario at a time"],
  [["run", "/no/such.toml"], 2, 'insmodel run: Cannot read case "/no/such.toml": no such file'],
  [["run", EXAMPLE], 2, `insmodel run: Cannot read case "${EXAMPLE}": it is an ELF file`],
  [["suite", "--jobs", "0"], 2, "insmodel suite: option --jobs is 0; it must be a number from 1 to 999; usage: "],
  [["verify", "--sample", "none"], 2, "insmodel verify: option --sample is none; it must be a number of goldens; usage: "],
  [["verify", "init/"], 2, "insmodel verify: unknown argument init/; usage: "],
  [["record", "--jobs", "all"], 2, "insmodel record: option --jobs is all; it must be a number from 1 to 999; usage: "],
  [["run", "/dev/zero"], 2, 'insmodel run: Cannot read case "/dev/zero": it is larger than 16 MiB'],
  [["run", SEEDS], 2, `insmodel run: Cannot read case "${SEEDS}": `],
  [["run", ""], 2, "insmodel run: the name of the scenario is empty; usage: "],
  [["insmod", ""], 2, "insmodel insmod: the name of the module file is empty; usage: "],
  [["inspect", ""], 2, "insmodel inspect: the name of the module file is empty; usage: "],
  [["insmod", "--kernel=", EXAMPLE], 2, "insmodel insmod: option --kernel has an empty value or none; write --kernel VALUE; "],
  [["insmod", EXAMPLE, "--kernel"], 0, "init is taken to return 0"],
  [["inspect", EXAMPLE, "--kernel"], 2, "insmodel inspect: option --kernel has an empty value or none; write --kernel VALUE; "],
  [["no\nsuch"], 2, 'insmodel: unknown command "no\\x0asuch"'],
  [["insmod", "/no\nsuch.ko"], 2, 'Cannot read module "/no\\x0asuch.ko": no such file'],
  [["run", "--images", EXAMPLE, CASE], 2, `insmodel run: Cannot write images to "${EXAMPLE}": `],
  [["run", "--images", `${EXAMPLE}/x`, CASE], 2, `insmodel run: Cannot write images to "${EXAMPLE}/x": `],
  [["run", "--images", "/no/such", CASE], 2, 'insmodel run: Cannot write images to "/no/such": '],
  [["insmod", SEEDS], 1, "could not insert module"],
  [["insmod", "/dev/zero"], 1, "could not insert module /dev/zero: Invalid parameters (EINVAL)"],
  [["inspect", "/dev/zero"], 1, 'Cannot read module "/dev/zero": it is a special file'],
];

for (const [args, code, says] of BAD) {
  Deno.test(`bad usage and bad input: insmodel ${args.join(" ").replaceAll(SEEDS, "")}`, async () => {
    const { err, ...rest } = await insmodel(...args);
    assertEquals(rest.code, code);
    assertStringIncludes(err, says);
    assertMatch(err, /^[^\n]+\n$/, "one line");
  });
}

Deno.test("what stands behind the module file is its own, as it stands", async () => {
  assertMatch((await insmodel("insmod", EXAMPLE, "--", "x")).out, /^# insmod insmod_example\.ko -- x = 0\n/);
  assertMatch(
    (await insmodel("insmod", EXAMPLE, "a", "--", "b", "--", "c")).out,
    /^# insmod insmod_example\.ko a -- b -- c = 0\n/,
  );
  assertMatch((await insmodel("insmod", EXAMPLE, "--help")).out, /^# insmod insmod_example\.ko --help = 0\n/);
  assertMatch((await insmodel("insmod", "--", EXAMPLE, "x")).out, /^# insmod insmod_example\.ko x = 0\n/);
});

Deno.test("each command shows its usage on standard output when it is asked for it", async () => {
  for (const name of ["insmod", "run", "inspect", "suite", "bless", "record"]) {
    const { code, out, err } = await insmodel(name, "--help");
    assertEquals([code, err], [0, ""]);
    assertMatch(out, new RegExp(`^Usage: insmodel ${name} [^\n]*\n$`));
  }
});

Deno.test("the version is that of deno.json", async () => {
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assertEquals(await insmodel("--version"), { code: 0, out: `insmodel ${version}\n`, err: "" });
});

Deno.test("run says in one line whose init was not run; init that the scenario gives, and JSON, need no such line", async () => {
  const says = (steps: unknown[], ...options: string[]) => insmodelWith(JSON.stringify({ steps }), "run", ...options, "-");
  const plain = await says([{ insmod: EXAMPLE }]);
  assertEquals(plain.err, "insmodel: the code of insmod_example is not run: init is taken to return 0\n");
  assertEquals((await says([{ insmod: EXAMPLE, init: 0 }])).err, "");
  assertEquals((await says([{ insmod: EXAMPLE }], "--json")).err, "");
});

Deno.test("the module of a step is named as struct module has it, once it has memory of its own", async () => {
  await inScratch(async (folder) => {
    writeFiles(folder, { "other.ko": Deno.readFileSync(EXAMPLE), "empty.ko": "" });
    const steps = [{ insmod: join(folder, "other.ko") }, { insmod: join(folder, "empty.ko") }];
    const { out } = await insmodelWith(JSON.stringify({ steps }), "run", "--json", "-");
    assertEquals(out.trim().split("\n").map((line) => JSON.parse(line).module), ["insmod_example", "empty"]);
  });
});

Deno.test("--images writes each region's bytes, and a module's name makes no path", async () => {
  await inScratch(async (folder) => {
    const images = join(folder, "new/images");
    const recipe = 'base = "minimal"\n[module]\nname = "../../out"\n';
    writeFiles(folder, { "out.ko.toml": recipe });
    const steps = [{ insmod: EXAMPLE }, { insmod: join(folder, "out.ko") }];
    const { out } = await insmodelWith(JSON.stringify({ steps }), "run", "--json", "--images", images, "-");
    const outcomes = out.trim().split("\n").map((line): StepOutcome => JSON.parse(line));
    const wanted = outcomes.flatMap(({ step, module, regions }) =>
      (regions ?? []).map(({ type, size }) => [`${step}-${module.replaceAll("/", "!")}-${type}.bin`, size])
    );
    assertEquals(wanted.length > 6, true);
    const written = [...Deno.readDirSync(images)].map(({ name }) => [name, Deno.statSync(join(images, name)).size]);
    assertEquals(written.sort(), wanted.sort());
  });
});

Deno.test("a packed module whose data are damaged is no verdict of the kernel", async () => {
  await inScratch(async (folder) => {
    const whole = gzipSync(Deno.readFileSync(EXAMPLE));
    writeFiles(folder, { "cut.ko.gz": whole.subarray(0, 300), "whole.ko.gz": whole });
    const path = join(folder, "cut.ko.gz");
    const { code, out, err } = await insmodel("insmod", path);
    const line = `insmodel insmod: Cannot unpack module "${path}", as insmod(8) does: its gzip data are damaged\n`;
    assertEquals([code, out, err], [2, "", line]);
    assertEquals((await insmodel("insmod", join(folder, "whole.ko.gz"))).code, 0);
  });
});

Deno.test("a file over 2 GiB is refused by its size, and one over the limit is not read", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "large.ko");
    writeFiles(folder, { "large.ko": "" });
    Deno.truncateSync(path, 2 ** 31);
    assertStringIncludes((await insmodel("insmod", path)).out, "= -EFBIG\n");
    Deno.truncateSync(path, 2 ** 31 - 1);
    const { code, err } = await insmodel("insmod", path);
    assertEquals([code, err], [
      2,
      `insmodel insmod: Cannot read module "${path}": it is larger than the 256 MiB that are read\n`,
    ]);
  });
});
