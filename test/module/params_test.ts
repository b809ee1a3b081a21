// SPDX-License-Identifier: GPL-2.0-only
/** Parameters of every standard type, and how a string of arguments is taken apart. */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { EINVAL, ENOSPC, ERANGE, EROFS } from "../../src/kernel/errno.ts";
import { KernelFault, NotModelled } from "../../src/kernel/fault.ts";
import { TAINT } from "../../src/kernel/taint.ts";
import { destroyParams, paramValue, parseArgs } from "../../src/module/params.ts";
import { exported, ParamFixture } from "./param_fixture.ts";

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
    const kernel = new ParamFixture();
    kernel.param("p", `param_ops_${type}`);
    if (typeof shown === "number") assertEquals(kernel.parse(`p=${text}`), [-shown, invalid(text)]);
    else {
      assertEquals(kernel.parse(`p=${text}`), [0]);
      assertEquals(kernel.values(), [`${shown}\n`]);
    }
  });
}

Deno.test("A value changes no byte beside it", () => {
  const kernel = new ParamFixture();
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
    const kernel = new ParamFixture();
    const arg = kernel.param("p", `param_ops_${type}`);
    assertEquals(kernel.parse("p"), err === 0 ? [0] : [-err, invalid("")]);
    assertEquals(kernel.space.read32(arg), err === 0 ? 1 : 0);
  }
});

Deno.test("bool_enable_only cannot be unset", () => {
  const kernel = new ParamFixture();
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
    const kernel = new ParamFixture();
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
    const kernel = new ParamFixture();
    kernel.param("p", "param_ops_int");
    const result = parseArgs(kernel, kernel.module, args);
    assertEquals(result, afterDashes === undefined ? { err } : { err, afterDashes });
    assertEquals(kernel.log.take().map(({ level, text }) => `<${level}> ${text}`), lines);
  });
}

Deno.test("An array takes a list, and its counter", () => {
  const kernel = new ParamFixture();
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
    const kernel = new ParamFixture();
    const num = kernel.words(7);
    kernel.array("p", "param_ops_int", 2, 4, num);
    assertEquals(kernel.parse(`p=${text}`), [-err, ...lines]);
    assertEquals(kernel.space.read32(num), count);
  }
});

Deno.test("An array without a counter shows all its elements", () => {
  const kernel = new ParamFixture();
  kernel.array("p", "param_ops_bool", 3, 1);
  assertEquals(kernel.parse("p=1,y"), [0]);
  assertEquals(kernel.values(), ["Y,Y,N\n"]);
});

Deno.test("A string is copied into its buffer if it fits", () => {
  const kernel = new ParamFixture();
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
  const kernel = new ParamFixture();
  kernel.param("p", "param_ops_charp");
  assertEquals(kernel.values(), ["(null)\n"]);
  assertEquals(kernel.parse(`p=${"x".repeat(1024)}`), [0]);
  const [err, line] = kernel.parse(`p=${"y".repeat(1025)}`);
  assertEquals([err, line], [-ENOSPC, "<3> p: string parameter too long"]);
  assertEquals(kernel.values(), [`${"x".repeat(1024)}\n`]);
});

Deno.test("Copied strings are freed, a module's own are not", () => {
  const kernel = new ParamFixture();
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
  const kernel = new ParamFixture();
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
  const kernel = new ParamFixture();
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
  const kernel = new ParamFixture();
  const ops = kernel.words(0, 0xbf000100, 0xbf000100, 0xbf000100);
  kernel.param("p", "param_array_ops", { arg: kernel.words(1, 4, 0, ops, kernel.words(0)) });
  assertThrows(() => kernel.parse("p=1"), NotModelled, "param_set of p is the module's own code");
});

Deno.test("async_probe is every module's", () => {
  const kernel = new ParamFixture();
  for (const [args, requested] of [["async_probe", true], ["async_probe=n", false], ["async_probe=what", true]] as const) {
    assertEquals(kernel.parse(args), [0]);
    assertEquals(kernel.module.asyncProbeRequested, requested);
  }
  assertEquals(kernel.parse("async-probe=n"), [0, "<4> mod: unknown parameter 'async-probe' ignored"]);
});

Deno.test("Any string of bytes ends in a result, and the strings that stay are in use", () => {
  const byte = fc.oneof(
    fc.constantFrom(...` "=,-p_abl1x.\n\u00a0`),
    fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  );
  const word = fc.constantFrom("a=", "b=", "list=", "s=", "--", "dyndb");
  fc.assert(fc.property(fc.array(fc.oneof(byte, word), { maxLength: 60 }), (parts) => {
    const kernel = new ParamFixture();
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
