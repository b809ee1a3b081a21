// SPDX-License-Identifier: GPL-2.0-only
/** Parameters of every standard type on one made-up module; over 400 lines because all tests share that module. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { EINVAL, ENOSPC, ERANGE, EROFS } from "../../src/kernel/errno.ts";
import { KernelExports } from "../../src/kernel/exports.ts";
import { KernelFault, NotModelled } from "../../src/kernel/fault.ts";
import { KernelLog } from "../../src/kernel/log.ts";
import { AddressSpace } from "../../src/kernel/memory.ts";
import { KernelModule } from "../../src/kernel/module.ts";
import { Slab } from "../../src/kernel/slab.ts";
import { TAINT } from "../../src/kernel/taint.ts";
import { destroyParams, paramValue, parseArgs } from "../../src/module/params.ts";
import type { ParamKernel } from "../../src/module/param_values.ts";

const OPS = 0xc0f00000;
const FUNCTIONS = 0xc0300000;
const EXPORTED_OPS = [
  ..."byte short ushort int uint long ulong ullong hexint charp bool bool_enable_only invbool bint string dyndbg_classes".split(
    " ",
  )
    .map((name) => `param_ops_${name}`),
  "param_array_ops",
];
const EXPORTED_FUNCTIONS = ["param_set_int", "param_get_int", "param_set_charp", "param_get_charp", "param_free_charp"];

function exportsOf(names: string[], first: number): string {
  return names.map((name, i) => `${name}\t${(first + 16 * i).toString(16)}\t\t0\t\tvmlinux\n`).join("");
}

const lines = exportsOf(EXPORTED_OPS, OPS) + exportsOf(EXPORTED_FUNCTIONS, FUNCTIONS);
const exports = new KernelExports(lines.trimEnd().split("\n").sort().join("\n"));

/** The address of what the kernel exports. */
function exported(name: string): number {
  const symbol = exports.find(name);
  if (symbol === undefined) throw new Error(`No export ${name}`);
  return symbol.value;
}

/** A module built by hand, and the kernel that loads it. */
class Fixture implements ParamKernel {
  readonly space = new AddressSpace(0xc0000000, 0xe0800000);
  readonly slab = new Slab(this.space, 0xc2000000);
  readonly kmallocedParams = new Set<number>();
  readonly profile = { exports };
  readonly log = new KernelLog();
  taint = 0;
  readonly module = new KernelModule("mod", { size: 0, fields: new Map(), maskedFields: [] }, new DataView(new ArrayBuffer(0)));
  #count = 0;
  #next = 0xbf001000;

  constructor(readonly options: readonly string[] = ["DYNAMIC_DEBUG_CORE"]) {
    this.space.map(0xbf000000, 0x4000);
    this.module.kp = { address: 0xbf000000, count: 0 };
  }

  config = (name: string) => this.options.includes(name);
  printk = (level: number, text: string) => this.log.printk(level, text);
  addTaint = (flag: number) => void (this.taint |= 1 << flag);

  /** Places words in the module's memory. */
  words(...words: number[]): number {
    const address = this.#next;
    words.forEach((word, i) => this.space.write32(address + 4 * i, word));
    this.#next += 4 * words.length;
    return address;
  }

  text(text: string): number {
    const address = this.#next;
    for (let i = 0; i < text.length; i++) this.space.write8(address + i, text.charCodeAt(i));
    this.#next += (text.length + 4) & ~3;
    return address;
  }

  /** Adds a parameter; returns the address of its variable. */
  param(name: string, ops: string | number, options: { arg?: number; flags?: number; perm?: number } = {}): number {
    const arg = options.arg ?? this.words(0, 0);
    const at = this.module.kp.address + 20 * this.#count++;
    this.space.write32(at, this.text(name));
    this.space.write32(at + 8, typeof ops === "number" ? ops : exported(ops));
    this.space.write16(at + 12, options.perm ?? 0o644);
    this.space.write8(at + 14, 0xff);
    this.space.write8(at + 15, options.flags ?? 0);
    this.space.write32(at + 16, arg);
    this.module.kp = { address: this.module.kp.address, count: this.#count };
    return arg;
  }

  /** Adds an array; returns the address of its elements. */
  array(name: string, ops: string, max: number, elemsize: number, num = 0): number {
    const elem = this.words(...new Array(Math.ceil(max * elemsize / 4)).fill(0));
    this.param(name, "param_array_ops", { arg: this.words(max, elemsize, num, exported(ops), elem) });
    return elem;
  }

  /** Parses and returns the errno and the lines, "<level> text". */
  parse(args: string): [err: number, ...lines: string[]] {
    const { err } = parseArgs(this, this.module, args);
    return [err, ...this.log.take().map(({ level, text }) => `<${level}> ${text}`)];
  }

  values(): (string | undefined)[] {
    return Array.from({ length: this.#count }, (_, i) => paramValue(this, this.module, i));
  }
}

const invalid = (value: string, param = "p") => `<3> mod: \`${value}' invalid for parameter \`${param}'`;

/** Type, text, and what is shown or the errno. */
const SCALARS: [type: string, text: string, shown: string | number][] = [
  ["byte", "255", "255"],
  ["byte", "256", ERANGE],
  ["byte", "-1", EINVAL],
  ["short", "-32768", "-32768"],
  ["short", "32768", ERANGE],
  ["ushort", "0xffff", "65535"],
  ["ushort", "65536", ERANGE],
  ["int", "-2147483648", "-2147483648"],
  ["int", "2147483648", ERANGE],
  ["int", "+5", "5"],
  ["int", "010", "8"],
  ["int", "", EINVAL],
  ["int", "5x", EINVAL],
  ["uint", "4294967295", "4294967295"],
  ["uint", "4294967296", ERANGE],
  ["long", "-1", "-1"],
  ["ulong", "0XFF", "255"],
  ["ullong", "18446744073709551615", "18446744073709551615"],
  ["ullong", "18446744073709551616", ERANGE],
  ["hexint", "0", "0x000000"],
  ["hexint", "0xabcdef12", "0xabcdef12"],
  ["bool", "yes", "Y"],
  ["bool", "oFf", "N"],
  ["bool", "2", EINVAL],
  ["bool", "ox", EINVAL],
  ["bool_enable_only", "1", "Y"],
  ["invbool", "1", "Y"],
  ["bint", "t", "1"],
  ["charp", "text", "text"],
  ["charp", "", ""],
];

for (const [type, text, shown] of SCALARS) {
  Deno.test(`${type} takes ${JSON.stringify(text)}`, () => {
    const kernel = new Fixture();
    kernel.param("p", `param_ops_${type}`);
    if (typeof shown === "number") assertEquals(kernel.parse(`p=${text}`), [-shown, invalid(text)]);
    else {
      assertEquals(kernel.parse(`p=${text}`), [0]);
      assertEquals(kernel.values(), [`${shown}\n`]);
    }
  });
}

Deno.test("A value changes no byte beside it", () => {
  const kernel = new Fixture();
  for (const [type, bytes] of [["byte", 1], ["ushort", 2], ["bool", 1], ["uint", 4]] as const) {
    const arg = kernel.param(type, `param_ops_${type}`);
    kernel.space.write32(arg, 0xa5a5a5a5);
    kernel.space.write32(arg + 4, 0xa5a5a5a5);
    assertEquals(kernel.parse(`${type}=1`), [0]);
    const expected = bytes === 4 ? 1 : (0xa5a5a5a5 & -(2 ** (8 * bytes)) | 1) >>> 0;
    assertEquals([kernel.space.read32(arg), kernel.space.read32(arg + 4)], [expected, 0xa5a5a5a5]);
  }
});

Deno.test("Only bool and bint go without a value", () => {
  for (
    const [type, err] of [["bool", 0], ["bint", 0], ["bool_enable_only", 0], ["invbool", EINVAL], ["int", EINVAL]] as const
  ) {
    const kernel = new Fixture();
    const arg = kernel.param("p", `param_ops_${type}`);
    assertEquals(kernel.parse("p"), err === 0 ? [0] : [-err, invalid("")]);
    assertEquals(kernel.space.read32(arg), err === 0 ? 1 : 0);
  }
});

Deno.test("bool_enable_only cannot be unset", () => {
  const kernel = new Fixture();
  kernel.param("p", "param_ops_bool_enable_only");
  assertEquals(kernel.parse("p=0 p=1 p=0"), [-EROFS, invalid("0")]);
  assertEquals(kernel.values(), ["Y\n"]);
});

/** Arguments, and the charp parameters a and b_c after them. */
const QUOTING: [args: string, a: string, bC: string][] = [
  [`a=1 b-c=2`, "1", "2"],
  [` \t a=1\n\v b_c=2 `, "1", "2"],
  [`a="one two" b_c=x`, "one two", "x"],
  [`"a=one two" b_c=x`, "one two", "x"],
  [`"a="one b_c=x`, "one", "x"],
  [`a=x"y z"w b_c="`, 'x"y z"w', ""],
  [`a="x y`, "x y", ""],
  [`a=x=y b_c==`, "x=y", "="],
  [`a=\u00a0b_c=2`, "", "2"],
  [`a="" b_c=""x`, "", '"x'],
  [`a=1\0 b_c=2`, "1", ""],
];

for (const [args, a, bC] of QUOTING) {
  Deno.test(`${JSON.stringify(args)} is taken apart`, () => {
    const kernel = new Fixture();
    kernel.param("a", "param_ops_charp", { arg: kernel.words(kernel.text("")) });
    kernel.param("b_c", "param_ops_charp", { arg: kernel.words(kernel.text("")) });
    assertEquals(kernel.parse(args), [0]);
    assertEquals(kernel.values(), [`${a}\n`, `${bC}\n`]);
  });
}

/** Arguments for a module with an int `p`: errno, lines, what follows "--". */
const UNKNOWN: [args: string, err: number, lines: string[], afterDashes?: string][] = [
  ["", 0, []],
  ["q=1", 0, ["<4> mod: unknown parameter 'q' ignored"]],
  ["P=1 pp=2 =p", 0, ["P", "pp", "=p"].map((name) => `<4> mod: unknown parameter '${name}' ignored`)],
  ["other.p=1", 0, ["<4> mod: unknown parameter 'other' ignored"]],
  ['"', 0, ["<4> mod: unknown parameter '' ignored"]],
  ["p=x q p=99999999999 p=3", -ERANGE, [invalid("x"), "<4> mod: unknown parameter 'q' ignored", invalid("99999999999")]],
  ["p=1 -- p=x y", 0, [], "p=x y"],
  ["--", 0, [], ""],
  ["p=x --  y", -EINVAL, [invalid("x")]],
  ["--=1 --x", 0, ["<4> mod: unknown parameter '--' ignored", "<4> mod: unknown parameter '--x' ignored"]],
];

for (const [args, err, lines, afterDashes] of UNKNOWN) {
  Deno.test(`${JSON.stringify(args)} gives ${err}`, () => {
    const kernel = new Fixture();
    kernel.param("p", "param_ops_int");
    const result = parseArgs(kernel, kernel.module, args);
    assertEquals(result, afterDashes === undefined ? { err } : { err, afterDashes });
    assertEquals(kernel.log.take().map(({ level, text }) => `<${level}> ${text}`), lines);
  });
}

Deno.test("An array takes a list, and its counter", () => {
  const kernel = new Fixture();
  const num = kernel.words(0);
  const elem = kernel.array("p", "param_ops_short", 3, 2, num);
  assertEquals(kernel.parse("p=1,-2"), [0]);
  assertEquals([kernel.space.read16(elem), kernel.space.read16(elem + 2), kernel.space.read16(elem + 4)], [1, 0xfffe, 0]);
  assertEquals([kernel.space.read32(num), ...kernel.values()], [2, "1,-2\n"]);
});

Deno.test("What is wrong with an array leaves the first element in the message, and the counter", () => {
  for (
    const [text, err, count, lines] of [
      ["1,2,3", EINVAL, 2, ["<3> p: can only take 2 arguments", invalid("1")]],
      ["1,x", EINVAL, 1, [invalid("1")]],
      ["1,", EINVAL, 1, [invalid("1")]],
      [",1", EINVAL, 0, [invalid("")]],
      ["1,99999999999", ERANGE, 1, [invalid("1")]],
    ] as const
  ) {
    const kernel = new Fixture();
    const num = kernel.words(7);
    kernel.array("p", "param_ops_int", 2, 4, num);
    assertEquals(kernel.parse(`p=${text}`), [-err, ...lines]);
    assertEquals(kernel.space.read32(num), count);
  }
});

Deno.test("An array without a counter shows all its elements", () => {
  const kernel = new Fixture();
  kernel.array("p", "param_ops_bool", 3, 1);
  assertEquals(kernel.parse("p=1,y"), [0]);
  assertEquals(kernel.values(), ["Y,Y,N\n"]);
});

Deno.test("A string is copied into its buffer if it fits", () => {
  const kernel = new Fixture();
  const buffer = kernel.words(0x23232323, 0x23232323);
  kernel.param("p", "param_ops_string", { arg: kernel.words(4, buffer) });
  assertEquals(kernel.parse("p=abc"), [0]);
  assertEquals([kernel.space.read32(buffer), kernel.values()[0]], [0x00636261, "abc\n"]);
  assertEquals(kernel.parse("p=abcd"), [
    -ENOSPC,
    "<3> p: string doesn't fit in 3 chars.",
    "<3> mod: `abcd' too large for parameter `p'",
  ]);
  assertEquals(kernel.space.read32(buffer + 4), 0x23232323);
});

Deno.test("A charp takes 1024 characters", () => {
  const kernel = new Fixture();
  kernel.param("p", "param_ops_charp");
  assertEquals(kernel.values(), ["(null)\n"]);
  assertEquals(kernel.parse(`p=${"x".repeat(1024)}`), [0]);
  const [err, line] = kernel.parse(`p=${"y".repeat(1025)}`);
  assertEquals([err, line], [-ENOSPC, "<3> p: string parameter too long"]);
  assertEquals(kernel.values(), [`${"x".repeat(1024)}\n`]);
});

Deno.test("Copied strings are freed, a module's own are not", () => {
  const kernel = new Fixture();
  const own = kernel.text("own");
  const a = kernel.param("a", "param_ops_charp", { arg: kernel.words(own) });
  const b = kernel.param("b", "param_ops_charp", { arg: kernel.words(own) });
  const list = kernel.array("list", "param_ops_charp", 2, 4, kernel.words(0));
  assertEquals(kernel.parse("a=first a=second list=x,y"), [0]);
  const copies = [a, list, list + 4].map((arg) => kernel.space.read32(arg));
  assertEquals(kernel.space.read32(b), own);
  assertEquals(kernel.kmallocedParams, new Set(copies));
  destroyParams(kernel, kernel.module);
  assertEquals(kernel.kmallocedParams.size, 0);
  assertEquals(copies.map((copy) => kernel.slab.ksize(copy - 8)), [0, 0, 0]);
});

Deno.test("A dangerous option taints, under the module's spelling, before its value is looked at", () => {
  const kernel = new Fixture();
  kernel.param("un_safe", "param_ops_int", { flags: 1 });
  kernel.param("hw", "param_ops_int", { flags: 2 });
  assertEquals(kernel.parse("hw=1"), [0]);
  assertEquals(kernel.taint, 0);
  assertEquals(kernel.parse("un-safe=x"), [
    -EINVAL,
    "<5> Setting dangerous option un_safe - tainting kernel",
    invalid("x", "un-safe"),
  ]);
  assertEquals(kernel.taint, 1 << TAINT.USER);
});

Deno.test("Ops of the module's with the kernel's functions are known, its own code is not modelled", () => {
  const kernel = new Fixture();
  const functions = (...names: (string | number)[]) =>
    kernel.words(0, ...names.map((name) => typeof name === "string" ? exported(name) : name));
  kernel.param("known", functions("param_set_int", "param_get_int", 0));
  kernel.param("own", functions(0xbf000100, "param_get_int", 0));
  kernel.param("null", functions(0, 0, 0));
  kernel.param("hidden", functions("param_set_int", 0xbf000100, 0), { perm: 0 });
  kernel.param("builtin", 0xc0abcdef);
  assertEquals(kernel.parse("known=5 hidden=6"), [0]);
  assertEquals([0, 1, 2, 3].map((index) => paramValue(kernel, kernel.module, index)), ["5\n", "0\n", undefined, undefined]);
  assertThrows(() => kernel.parse("own=1"), NotModelled, "param_set of own is the module's own code");
  assertThrows(() => kernel.parse("builtin=1"), NotModelled, "param ops at c0abcdef of parameter builtin");
  assertThrows(() => kernel.parse("null=1"), KernelFault);
  assertThrows(() => destroyParams(kernel, kernel.module), NotModelled, "builtin");
});

Deno.test("An array of the module's own type is not modelled", () => {
  const kernel = new Fixture();
  const ops = kernel.words(0, 0xbf000100, 0xbf000100, 0xbf000100);
  kernel.param("p", "param_array_ops", { arg: kernel.words(1, 4, 0, ops, kernel.words(0)) });
  assertThrows(() => kernel.parse("p=1"), NotModelled, "param_set of p is the module's own code");
});

Deno.test("async_probe is every module's", () => {
  const kernel = new Fixture();
  for (const [args, requested] of [["async_probe", true], ["async_probe=n", false], ["async_probe=what", true]] as const) {
    assertEquals(kernel.parse(args), [0]);
    assertEquals(kernel.module.asyncProbeRequested, requested);
  }
  assertEquals(kernel.parse("async-probe=n"), [0, "<4> mod: unknown parameter 'async-probe' ignored"]);
});

/** Queries, and the lines that they print after "dyndbg: ". */
const QUERIES: [query: string, ...lines: string[]][] = [
  ["dyndbg"],
  ["dyndbg=+p"],
  ["mod.dyndbg==_"],
  [`dyndbg="func main_* line 10-20 +pmf; file a.c:* -t ; # comment"`],
  ["dyndbg=p", "bad flag-op p, at start of p", "flags parse failed"],
  ["dyndbg=+px", "unknown flag 'x'", "flags parse failed"],
  [`dyndbg="func +p"`, "expecting pairs of match-spec <value>", "query parse failed"],
  [`dyndbg="name x +p"`, 'unknown keyword "name"', "query parse failed"],
  [`dyndbg="func a func b +p"`, "match-spec:func val:a overridden by b", "query parse failed"],
  [`dyndbg="file a.c:x func b +p"`, "match-spec:func val:x overridden by b", "query parse failed"],
  [`dyndbg="file a.c:7 line 8 +p"`, "match-spec: line used 2x", "query parse failed"],
  [`dyndbg="line 9-7 +p"`, "last-line:7 < 1st-line:9", "query parse failed"],
  [`dyndbg="line 0x1 +p"`, "bad line-number: 0x1", "query parse failed"],
  [`dyndbg="func 'a +p"`, "unclosed quote: a +p", "tokenize failed"],
  [`dyndbg="1 2 3 4 5 6 7 8 9 +p"`, "too many words, legal max <=9", "tokenize failed"],
];

for (const [args, ...lines] of QUERIES) {
  Deno.test(`${args} never stops the load`, () => {
    assertEquals(new Fixture().parse(args), [0, ...lines.map((line) => `<3> dyndbg: ${line}`)]);
  });
}

Deno.test("A dyndbg query that changes callsites is not modelled", () => {
  const kernel = new Fixture();
  assertThrows(() => kernel.parse(`dyndbg="module main +p"`), NotModelled, 'callsites in "main"');
  kernel.module.sections = [{ name: "__dyndbg", address: 0xbf000000, size: 28, type: 1 }];
  assertThrows(() => kernel.parse("dyndbg"), NotModelled, "the callsites of mod");
});

Deno.test("A kernel without dynamic debug says so", () => {
  const kernel = new Fixture([]);
  assertEquals(kernel.parse("dyndbg=+p a.b=1"), [
    0,
    "<4> dyndbg param is supported only in CONFIG_DYNAMIC_DEBUG builds",
    "<4> mod: unknown parameter 'a.b' ignored",
  ]);
});

Deno.test("Any string of bytes ends in a result, and the strings that stay are in use", () => {
  const byte = fc.oneof(
    fc.constantFrom(...` "=,-p_abl1x.\n\u00a0`),
    fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  );
  const word = fc.constantFrom("a=", "b=", "list=", "s=", "--", "dyndb");
  fc.assert(fc.property(fc.array(fc.oneof(byte, word), { maxLength: 60 }), (parts) => {
    const kernel = new Fixture();
    const names = [kernel.param("a", "param_ops_charp"), kernel.param("b", "param_ops_bool")];
    kernel.array("list", "param_ops_int", 3, 4, kernel.words(0));
    kernel.param("s", "param_ops_string", { arg: kernel.words(8, kernel.words(0, 0)) });
    const { err } = parseArgs(kernel, kernel.module, parts.join(""));
    assertEquals([0, -EINVAL, -ERANGE, -ENOSPC].includes(err), true);
    assertEquals(kernel.kmallocedParams.has(kernel.space.read32(names[0])), kernel.space.read32(names[0]) !== 0);
    kernel.values();
    destroyParams(kernel, kernel.module);
    assertEquals(kernel.kmallocedParams.size, 0);
  }));
});
