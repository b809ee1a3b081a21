// SPDX-License-Identifier: GPL-2.0-only
/** Any bytes at all: whatever is loaded, there is an answer, and the kernel goes on. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SHF, SHT } from "../../src/elf/constants.ts";
import { KernelFault, NotModelled } from "../../src/kernel/fault.ts";
import { type Host, noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { portableHost } from "../../src/kernel/portable_host.ts";
import { bootedKernel, footprint, insmod, minimalModule, PROFILE, rmmod } from "./arbitraries.ts";
import { type Mutation, mutationOf } from "./mutations.ts";

const fixture = (path: string) => Deno.readFileSync(new URL(`../../${path}`, import.meta.url));
const EXPORTER = fixture("cases/seeds/exercise-2-export-and-use/symbol_exporter.ko");

/** A module with each table that the loader walks. */
const TABLES = minimalModule({
  name: "tables",
  imports: ["_printk"],
  export: [{ name: "one", crc: 1 }, { name: "two", crc: 2, gpl: true, namespace: "NS" }],
  param: [{ name: "number", type: "int" }, { name: "text", type: "charp" }],
  section: [
    { name: ".text", words: [0xe92d4010, 0xebfffffe, 0xe8bd8010, 0xe1a00000] },
    { name: ".data..percpu", sh_flags: SHF.ALLOC | SHF.WRITE, zeros: 16, sh_addralign: 8 },
    { name: "__ex_table", zeros: 16 },
    { name: "__jump_table", sh_flags: SHF.ALLOC | SHF.WRITE, zeros: 24 },
    { name: "__mcount_loc", sh_flags: SHF.ALLOC | SHF.WRITE, zeros: 4 },
    { name: ".pv_table", words: [0] },
    { name: ".alt.smp.init", words: [0, 0] },
    { name: ".ARM.exidx", sh_type: SHT.ARM_EXIDX, words: [0x80000000, 1] },
    { name: ".init.rodata", zeros: 4 },
  ],
  relocation: [
    { section: ".text", offset: 4, symbol: "_printk", type: "R_ARM_CALL" },
    { section: "__jump_table", offset: 0, symbol: ".text", type: "R_ARM_ABS32" },
    { section: "__jump_table", offset: 12, symbol: ".text", type: "R_ARM_ABS32" },
    { section: "__jump_table", offset: 8, symbol: ".bss", type: "R_ARM_ABS32" },
    { section: "__jump_table", offset: 20, symbol: ".bss", type: "R_ARM_ABS32" },
    { section: ".ARM.exidx", offset: 0, symbol: ".text", type: "R_ARM_PREL31" },
  ],
});

/** The undamaged files, smallest first. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  "relocation_example.ko": fixture("cases/seeds/exercise-1-relocation/relocation_example.ko"),
  "symbol_user.ko": fixture("cases/seeds/exercise-2-export-and-use/symbol_user.ko"),
  "insmod_example.ko": fixture("cases/seeds/insmod-example/insmod_example.ko"),
  "crc4.ko": fixture("test/fixtures/signature/crc4.ko"),
  "a module with every table": TABLES,
};

const GOOD = minimalModule({ name: "good", imports: ["_printk"] });

/** How often each kind of answer came, so that a test sees that it tests something. */
type Tally = Map<string, number>;

/** Loads a file, and holds the kernel to what must be true afterwards. */
function answered(kernel: Kernel, bytes: Uint8Array, params: string, flags: number, tally: Tally): void {
  const before = footprint(kernel);
  const ending = insmod(kernel, bytes, {}, params, flags);
  tally.set(typeof ending === "number" ? String(Math.sign(ending)) : ending.name, 1);
  if (ending instanceof KernelFault) return;
  if (typeof ending === "number") {
    assert(Number.isInteger(ending) && ending <= 0 && ending > -4096, `return code ${ending}`);
    const lines = kernel.log.take();
    assert(lines.every(({ level, text }) => level >= 0 && level <= 7 && !text.includes("\n")));
    // Each line has some bytes of the file as its reason, so that no file makes the log grow without bound.
    assert(lines.length <= 10 + bytes.length / 16, `${lines.length} lines of log for ${bytes.length} bytes`);
  }
  if (ending !== 0) assertEquals(footprint(kernel), before, `after ${ending}`);
  const next = insmod(kernel, GOOD);
  // A module that overwrote its own name is one that the kernel itself trips over when it looks for another.
  if (ending === 0 && next instanceof KernelFault && next.line.includes("string_helpers")) return;
  assertEquals(next, 0, "a good module afterwards");
  assertEquals(rmmod(kernel, "good"), 0);
  if (ending !== 0 || kernel.modules[0].exit === 0) return;
  const { name } = kernel.modules[0];
  try {
    assertEquals(name === "" ? 0 : rmmod(kernel, name), 0);
    assertEquals(footprint(kernel), before, "after it has gone again");
  } catch (error) {
    if (!(error instanceof KernelFault || error instanceof NotModelled)) throw error;
  }
}

/** A kernel with little memory, so that a section of any size is soon walked through or refused. */
function kernelWith(host: Host): Kernel {
  const kernel = new Kernel({ ...PROFILE, machine: { ...PROFILE.machine, freePages: 2000 } }, host);
  assertEquals(insmod(kernel, EXPORTER), 0);
  return kernel;
}

const params = fc.constantFrom("", "", "number=1", "text=abc", "count=3 number", "dyndbg", "-- x", 'a"b c');

for (const [name, file] of Object.entries(FILES)) {
  Deno.test(`${name} loads, and with any damage there is an answer and the kernel goes on`, () => {
    const host = name === "crc4.ko" ? portableHost : noSignatures;
    const whole: Tally = new Map();
    answered(kernelWith(host), file, "", 0, whole);
    assertEquals([...whole.keys()], ["0"]);
    const tally: Tally = new Map();
    fc.assert(
      fc.property(fc.array(mutationOf(file), { minLength: 1, maxLength: 4 }), params, fc.nat(3), (mutations, params, flags) => {
        const bytes = mutations.reduce((bytes: Uint8Array, mutate: Mutation) => mutate(bytes), file);
        answered(kernelWith(host), bytes, params, host === noSignatures ? flags : 0, tally);
      }),
      { numRuns: name === "crc4.ko" ? 200 : 1500 },
    );
    for (const answer of ["-1", "0"]) assert(tally.has(answer) || name === "crc4.ko", `no load ended with ${answer}`);
  });
}

Deno.test("random bytes, with or without the head of a module, are refused without a trace", () => {
  const heads = Object.values(FILES).map((file) => file.subarray(0, 52));
  const tail = fc.uint8Array({ maxLength: 400 });
  const tally: Tally = new Map();
  fc.assert(
    fc.property(fc.option(fc.constantFrom(...heads)), tail, (head, tail) => {
      const bytes = new Uint8Array((head?.length ?? 0) + tail.length);
      if (head !== null) bytes.set(head);
      bytes.set(tail, head?.length ?? 0);
      answered(bootedKernel(), bytes, "", 0, tally);
    }),
    { numRuns: 300 },
  );
  assert(!tally.has("0"));
});

Deno.test("a file that is cut off anywhere is refused or loaded, and leaves no trace when it is refused", () => {
  const tally: Tally = new Map();
  for (const [name, file] of Object.entries(FILES)) {
    if (name === "crc4.ko") continue;
    for (let length = 0; length < file.length; length += length < 60 ? 1 : 61) {
      answered(kernelWith(noSignatures), file.slice(0, length), "", 0, tally);
    }
  }
  assertEquals([...tally.keys()], ["-1"]);
});
