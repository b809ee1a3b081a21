// SPDX-License-Identifier: GPL-2.0-only
/** The kernel's functions that modules call, and modules' code that calls them. */

import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Bus, READ, WRITE } from "../../src/cpu/bus.ts";
import { NotModelled } from "../../src/kernel/fault.ts";
import { noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { KernelLog } from "../../src/kernel/log.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../src/profile/load_profile.ts";
import { putBytes, putString } from "../../src/services/memory.ts";
import { type Arguments, VaList } from "../../src/services/service.ts";
import { vsprintf } from "../../src/services/vsprintf.ts";
import { caseModuleReader } from "../../src/suite/case_modules.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import type { StepOutcome } from "../../src/suite/outcome.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const kernel = new Kernel(profile, noSignatures);
const DATA = 0x10000;
const bus = new Bus();
bus.map(DATA, new Uint8Array(4096), READ | WRITE);
putString(bus, DATA, "a string");
putBytes(bus, DATA + 16, [0xc0, 0xa8, 0x01, 0x0a, 0xfe, 0x5c]);
putBytes(bus, DATA + 32, Array.from({ length: 16 }, (_, i) => i));

function args(...values: (number | bigint)[]): Arguments {
  const next = () => values.shift() ?? 0;
  return { word: () => Number(next()) >>> 0, double: () => BigInt.asUintN(64, BigInt(next())) };
}

/** Format, values, text, as the source of lib/vsprintf.c has it, and lib/test_printf.c where that looks at it. */
const FORMATS: readonly [string, (number | bigint)[], string][] = [
  ["%d|%+d|% d", [1234, 1234, 1234], "1234|+1234| 1234"],
  ["%08d|%-8d|%8d|", [1234, 1234, 1234], "00001234|1234    |    1234|"],
  ["%0+8d|%+.5d|%08.3d", [-7, 42, 5], "-0000007|+00042|00000005"],
  ["%u %i", [-1, -1], "4294967295 -1"],
  ["%#x|%#X|%#o|%#08x|%x", [255, 255, 8, 26, 0], "0xff|0XFF|010|0x00001a|0"],
  ["%#x %#o", [0, 0], "0x0 0"],
  ["%hhd|%hhu|%hd|%hx", [0x1ff, 0x1ff, 0x18000, 0x12345], "-1|255|-32768|2345"],
  ["%lld|%llx|%Ld", [-5n, -1n, 7n], "-5|ffffffffffffffff|7"],
  ["%zu|%zd|%td|%tx", [5, -5, -5, -1], "5|-5|-5|ffffffffffffffff"],
  ["%*d|%-*d|%*d|%.*d", [5, 42, 5, 42, -5, 42, 3, 7], "   42|42   |42   |007"],
  ["%.0d|%.d|%.3s|", [0, 5, DATA], "0|5|a s|"],
  ["%c%3c|%-3c|%%", [65, 66, 67], "A  B|C  |%"],
  ["%s|%10s|%-10s|%.0s|", [DATA, DATA, DATA, DATA], "a string|  a string|a string  ||"],
  ["%s|%s|%8s", [0, 16, 0], "(null)|(efault)|  (null)"],
  ["%px|%px|%5px", [0xbf000000, 1, 1], "bf000000|00000001|    1"],
  ["%p|%p", [0, -2], "00000000|fffffffe"],
  ["%pe|%pe", [-2, -22], "-ENOENT|-EINVAL"],
  [
    "%3ph|%3phC|%3phD|%3phN|%ph",
    [DATA + 16, DATA + 16, DATA + 16, DATA + 16, DATA + 16],
    "c0 a8 01|c0:a8:01|c0-a8-01|c0a801|c0",
  ],
  [
    "%pM|%pm|%pMR|%pMF",
    [DATA + 16, DATA + 16, DATA + 16, DATA + 16],
    "c0:a8:01:0a:fe:5c|c0a8010afe5c|5c:fe:0a:01:a8:c0|c0-a8-01-0a-fe-5c",
  ],
  ["%pI4|%pi4|%pI4h", [DATA + 16, DATA + 16, DATA + 16], "192.168.1.10|192.168.001.010|10.1.168.192"],
  ["%pI6|%pi6", [DATA + 32, DATA + 32], "0001:0203:0405:0607:0809:0a0b:0c0d:0e0f|000102030405060708090a0b0c0d0e0f"],
  ["%pUb", [DATA + 32], "00010203-0405-0607-0809-0a0b0c0d0e0f"],
  ["%pUL", [DATA + 32], "03020100-0504-0706-0809-0A0B0C0D0E0F"],
];

putBytes(bus, DATA + 64, [0x00, 0x00, 0x00, 0x10, 0xff, 0x0f, 0x00, 0x10, 0, 0, 0, 0, 0x00, 0x22, 0x10, 0x00]);
putBytes(bus, DATA + 96, [0x80, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x01, 0x00, 0x00]);
putBytes(bus, DATA + 128, [0x3f, 0x01, 0x00, 0x80, 0x05, 0x00, 0x00, 0x00]);
putBytes(bus, DATA + 144, [0x61, 0x0a, 0x22, 0x01, 0xff]);
putBytes(bus, DATA + 160, [30, 0, 0, 0, 15, 0, 0, 0, 14, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 126, 0, 0, 0]);
putBytes(bus, DATA + 192, [0x58, 0x52, 0x32, 0x34, 0, 0, 0, 0]);

/** As for FORMATS: resources, bitmaps, escapes, times, pixel formats. */
const DATA_FORMATS: typeof FORMATS = [
  ["%pR|%pr", [DATA + 64, DATA + 64], "[mem 0x10000000-0x10000fff 64bit pref]|[mem 0x10000000-0x10000fff flags 0x102200]"],
  ["%pR", [DATA + 96], "[io  0x0380-0x0000]"],
  ["%*pb|%*pbl", [35, DATA + 128, 35, DATA + 128], "5,8000013f|0-5,8,31-32,34"],
  ["%*pE|%*pEh", [5, DATA + 144, 2, DATA + 144], 'a\\n"\\001\xff|\\x61\\x0a'],
  ["%ptR|%ptRd|%ptRts", [DATA + 160, DATA + 160, DATA + 160], "2026-01-02T14:15:30|2026-01-02|14:15:30"],
  ["%p4cc", [DATA + 192], "XR24 little-endian (0x34325258)"],
];

for (const [format, values, text] of [...FORMATS, ...DATA_FORMATS]) {
  Deno.test(`vsnprintf: ${format} is ${text}`, () => assertEquals(vsprintf(kernel, bus, format, args(...values)), text));
}

Deno.test("vsnprintf: what the kernel warns about, and structures of its own, are not modelled", () => {
  for (const format of ["%n", "%f", "%", "%pd", "%pg", "%pGp"]) {
    assertThrows(() => vsprintf(kernel, bus, format, args(DATA)), NotModelled);
  }
});

Deno.test("vsnprintf: one address is always hashed to the same number, another to another", () => {
  const hashed = (address: number) => vsprintf(kernel, bus, "%p", args(address));
  assertEquals(hashed(0xbf000000), hashed(0xbf000000));
  assertEquals(new Set([0xbf000000, 0xbf000004, 0xc0000000].map(hashed)).size, 3);
});

Deno.test("a va_list has 64-bit arguments at addresses that are multiples of eight", () => {
  for (const [i, word] of [1, 0, 2, 3, 4].entries()) bus.write32(DATA + 256 + 4 * i, word);
  const list = new VaList(bus, DATA + 256);
  assertEquals([list.word(), list.double(), list.word()], [1, 0x300000002n, 4]);
});

Deno.test("printk: level, newline, continuation", () => {
  const log = new KernelLog();
  const lengths = ["\x016one\n", "no level\n", "\x013part", "\x01c, rest\n", "\x01calone\n", "\x014a\nb\n"].map((text) =>
    log.store(text)
  );
  assertEquals(lengths, [3, 8, 4, 6, 5, 3]);
  assertEquals(log.take().map(({ level, text }) => `${level} ${text}`), [
    "6 one",
    "4 no level",
    "3 part, rest",
    "4 alone",
    "4 a",
    "4 b",
  ]);
});

const SEEDS = fromFileUrl(new URL("../../cases/seeds/", import.meta.url));

async function outcomesOf(steps: readonly ({ insmod: string; params?: string } | { rmmod: string })[]): Promise<StepOutcome[]> {
  const run = steps.map((step) => "insmod" in step ? { params: "", ...step, insmod: `${SEEDS}${step.insmod}` } : step);
  return (await Array.fromAsync(new ModelTarget(profile, { read: caseModuleReader(profile) }).run({ cmdline: "", steps: run })))
    .map(({ outcome }) => outcome);
}

Deno.test("init and exit run, and their lines have the phase", async () => {
  const [loaded, removed] = await outcomesOf([{ insmod: "exercise-2-export-and-use/symbol_exporter.ko" }, {
    rmmod: "symbol_exporter",
  }]);
  assertEquals(loaded.log.at(-1), { level: 6, text: "symbol_exporter module loaded", phase: "init" });
  assertEquals(removed.log, [{ level: 6, text: "symbol_exporter module unloaded", phase: "exit" }]);
});

Deno.test("exercise 4: exit reads what init has left behind in freed memory; the module stays as it was then", async () => {
  const [loaded, removed] = await outcomesOf([{ insmod: "exercise-4-init-free/init_free_example.ko" }, {
    rmmod: "init_free_example",
  }]);
  assertEquals(loaded.rc, 0);
  assertEquals(removed.oops, "Unable to handle kernel paging request at virtual address bf008000 when read");
  assertEquals(removed.modules.map(({ name, refcount, state }) => [name, refcount, state]), [[
    "init_free_example",
    -1,
    "Unloading",
  ]]);
});

Deno.test("the second Oops counts on, and shows the taint of the first", async () => {
  const fault = (what: string) => ({ insmod: "../faults/null-read/faulty.ko", params: `what=${what}` });
  const [first, second] = await outcomesOf([
    { insmod: "exercise-4-init-free/init_free_example.ko" },
    { rmmod: "init_free_example" },
    fault("undefined"),
  ]).then((all) => all.slice(1));
  const lineOf = ({ log }: StepOutcome, begin: string) => log.find(({ text }) => text.startsWith(begin))?.text;
  assertEquals(lineOf(first, "Internal error"), "Internal error: Oops: 7 [#1] SMP ARM");
  assertEquals(lineOf(second, "Internal error"), "Internal error: Oops - undefined instruction: 0 [#2] SMP ARM");
  assertEquals(lineOf(second, "Tainted"), "Tainted: [D]=DIE, [O]=OOT_MODULE, [E]=UNSIGNED_MODULE");
  assertEquals([first.taint, second.taint], [12416, 12416]);
});

Deno.test("a function that the model does not have stops the step by name and place", async () => {
  const [stopped] = await outcomesOf([{ insmod: "../init/ftrace-site-in-user-space/relocation_example.ko" }]);
  assertEquals([stopped.rc, stopped.notModelled], [undefined, "__gnu_mcount_nc called from relocation_init+0x8"]);
});
