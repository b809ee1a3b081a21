// SPDX-License-Identifier: GPL-2.0-only
/** The command line: what it prints, and its exit codes, for good and for bad input. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { gzipSync } from "node:zlib";
import { main } from "../../src/cli/main.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../src/profile/load_profile.ts";
import { caseModuleReader } from "../../src/suite/case_modules.ts";
import type { StepOutcome } from "../../src/suite/outcome.ts";
import { inScratch, writeFiles } from "../scratch.ts";

const SEEDS = fromFileUrl(new URL("../../cases/seeds/", import.meta.url));
const EXAMPLE = join(SEEDS, "insmod-example/insmod_example.ko");
/** A module that prints a line, and then calls what the model does not have and returns what that returns. */
const STOPS = `
base = "minimal"
[module]
imports = ["_printk", "orderly_poweroff"]
[[module.section]]
name = ".init.text"
words = ["e92d4010", "e59f0008", "ebfffffe", "ebfffffe", "e8bd8010", "00000000"]
[[module.section]]
name = ".rodata.line"
ascii = "\\u00016hello\\n\\u0000"
[[module.relocation]]
section = ".init.text"
offset = 8
type = "R_ARM_CALL"
symbol = "_printk"
[[module.relocation]]
section = ".init.text"
offset = 12
type = "R_ARM_CALL"
symbol = "orderly_poweroff"
[[module.relocation]]
section = ".init.text"
offset = 20
type = "R_ARM_ABS32"
symbol = ".rodata.line"
`;
const STOPPED = "not modelled: orderly_poweroff called from init_module+0xc";
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

Deno.test("insmod prints the kernel's lines, and those of the module's code", async () => {
  const loader = "<4> insmod_example: loading out-of-tree module taints kernel.\n" +
    "<5> insmod_example: module verification failed: signature and/or required key missing - tainting kernel\n";
  const { code, out, err } = await insmodel("insmod", EXAMPLE, "greeting=Bonjour");
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, `# insmod insmod_example.ko greeting=Bonjour = 0\n${loader}# init\n<6> ===`);
  assertStringIncludes(out, "<6> insmod_example: greeting parameter: Bonjour\n");
  assertEquals(await insmodel("insmod", "--init", "0", EXAMPLE), {
    code: 0,
    out: `# insmod insmod_example.ko [init=0] = 0\n${loader}`,
    err: "",
  });
});

Deno.test("code that comes to what is not modelled: the lines up to there, and how to go on", async () => {
  await inScratch(async (folder) => {
    const path = join(folder, "stops.ko");
    writeFiles(folder, { "stops.ko.toml": STOPS });
    const { plain } = await caseModuleReader(await loadProfile(DEFAULT_KERNEL))(path);
    writeFiles(folder, { "stops.ko": plain });
    const { code, out, err } = await insmodel("insmod", path);
    assertEquals(code, 3);
    assertStringIncludes(out, `# insmod stops.ko = ${STOPPED}\n`);
    assertMatch(out, /\n# init\n<6> hello\n$/);
    assertEquals(
      err,
      `insmod: ${path}: ${STOPPED}; --service orderly_poweroff=N has it return N, --init N takes init to return N\n`,
    );
    const answered = await insmodel("insmod", "--service", "orderly_poweroff=-12", path);
    assertEquals([answered.code, answered.out.split("\n")[0]], [1, "# insmod stops.ko = -ENOMEM"]);
    assertEquals((await insmodel("insmod", "--init", "0", path)).code, 0);
  });
});

Deno.test("a function that a scenario answers for does nothing and returns its number; other steps go on", async () => {
  await inScratch(async (folder) => {
    writeFiles(folder, { "stops.ko.toml": STOPS });
    const steps = [{ insmod: join(folder, "stops.ko") }, { rmmod: "stops" }];
    const run = (scenario: object) => insmodelWith(JSON.stringify({ ...scenario, steps }), "run", "--json", "-");
    const answered = await run({ services: [{ name: "orderly_poweroff", returns: -12 }] });
    assertEquals(answered.out.trim().split("\n").map((line) => JSON.parse(line).errno), ["ENOMEM", "ENOENT"]);
    const { code, out, err } = await run({});
    const outcomes: StepOutcome[] = out.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals([code, ...outcomes.map(({ rc, notModelled }) => rc ?? `not modelled: ${notModelled}`)], [1, STOPPED, 0]);
    assertEquals(err, `insmodel: step 0 (insmod stops): ${STOPPED}\n`);
  });
});

const FAULTY = join(SEEDS, "../faults/null-read/faulty.ko");

/** The lines of a trace, up to the counts. */
function traced(out: string): string[] {
  const lines = out.split("\n");
  return lines.slice(lines.indexOf("# trace") + 1, lines.findIndex((line) => line.endsWith(" instructions")));
}

Deno.test("--trace shows functions as they are entered and left, calls with their arguments, and counts", async () => {
  const { code, out, err } = await insmodel("insmod", "--trace", FAULTY, "what=warn");
  assertEquals([code, err], [0, ""]);
  const compared = traced(out).filter((line) => line.includes("strcmp("));
  assertEquals(compared[0], '  strcmp("init", "init") = 0');
  assertEquals(compared.at(-1), '      strcmp("warn", "deep") = 1');
  assertEquals(traced(out).filter((line) => !line.includes("strcmp(")), [
    "faulty_init [faulty] {",
    '  _printk("\\x016faulty: init\\n") = 12',
    "  step [faulty] {",
    "    act [faulty] {",
    '      warn_slowpath_fmt("faulty.c", 57, 9, "%s of %d\\n", "warn", 2)',
    "    } act = 0",
    '    _printk("\\x016faulty: %s done\\n", "warn") = 17',
    "  } step = 0",
    "} faulty_init = 0",
  ]);
  assertMatch(out, /\n# functions of modules\n +1 act\n +1 faulty_init\n +1 step\n# calls into the kernel\n +1\d strcmp\n/);
});

Deno.test("--trace of code that faults shows what ran up to there", async () => {
  const { code, out } = await insmodel("insmod", "--trace", FAULTY, "what=null-read");
  assertEquals(code, 1);
  assertEquals(traced(out).at(-1), '      strcmp("null-read", "null-read") = 0');
});

Deno.test("--trace=insn shows each instruction, of A32 and of T32", async () => {
  const { out } = await insmodel("insmod", "--trace=insn", FAULTY, "what=undefined");
  assertEquals(traced(out).slice(0, 2), ["faulty_init [faulty] {", "  bf006000: push {r4, lr}"]);
  assertEquals(traced(out).at(-1), "      bf000180: udf #0");
  const thumb = await insmodel("insmod", "--kernel", "thumb2", "--trace=insn", join(FAULTY, "../thumb2/faulty.ko"));
  assertMatch(traced(thumb.out)[1], /^ {2}bf806000: push /);
  const bad = await insmodel("insmod", "--trace=all", FAULTY);
  assertEquals(bad.code, 2);
  assertStringIncludes(bad.err, "option --trace is all; write --trace for functions and calls, or --trace=insn");
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
  assertMatch(text.sha256 ?? "", /^[0-9a-f]{64}$/);
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
  [["insmod", "--init", "many", EXAMPLE], 2, 'option --init has "many"; it must be a 32-bit number; usage: '],
  [["insmod", "--service", "kfree", EXAMPLE], 2, 'option --service has "kfree"; write --service NAME=N; usage: '],
  [["insmod", "--service", "kfree=x", EXAMPLE], 2, 'option --service kfree has "x"; it must be a 32-bit number; usage: '],
  [["insmod", "--service", "kfre=0", EXAMPLE], 2, "Cannot answer for kfre: kernel 6.12.107+deb13-armmp exports nothing"],
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

Deno.test("run runs the code of a step that does not say what init returns", async () => {
  const phases = async (step: object) => {
    const { out } = await insmodelWith(JSON.stringify({ steps: [{ insmod: EXAMPLE, ...step }] }), "run", "--json", "-");
    return JSON.parse(out).log.filter(({ phase }: { phase?: string }) => phase === "init").length;
  };
  assertEquals([await phases({}), await phases({ init: "run" }), await phases({ init: 0 })], [10, 10, 0]);
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
