// SPDX-License-Identifier: GPL-2.0-only
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CharPointer, isspace, nextArg, skipSpaces } from "../../src/kernel/cmdline.ts";
import { EINVAL, ERANGE } from "../../src/kernel/errno.ts";
import { kstrto, kstrtobool, kstrtoll, kstrtoull, S16, S32, U16, U32, U64, U8 } from "../../src/kernel/kstrtox.ts";

Deno.test("kstrtoint reads back any int in bases 8, 10 and 16, by its prefix or as told", () => {
  fc.assert(fc.property(
    fc.oneof(fc.integer(), fc.constantFrom(-0x80000000, -1, 0, 0x7fffffff)),
    fc.constantFrom([8, "0"], [10, ""], [16, "0x"], [16, "0X"]),
    fc.constantFrom("", "\n"),
    (value, [base, prefix], end) => {
      const sign = value < 0 ? "-" : "";
      const digits = Math.abs(value).toString(Number(base));
      assertEquals(kstrto(`${sign}${prefix}${digits}${end}`, 0, S32), BigInt(value));
      assertEquals(kstrto(`${sign}${digits}${end}`, Number(base), S32), BigInt(value));
    },
  ));
});

Deno.test("A type holds its bounds and nothing beyond", () => {
  for (const type of [U8, U16, U32, U64, S16, S32]) {
    const low = type.signed ? -(1n << BigInt(type.bits - 1)) : 0n;
    const high = low + (1n << BigInt(type.bits)) - 1n;
    assertEquals(kstrto(String(low), 0, type), low);
    assertEquals(kstrto(String(high), 0, type), high);
    assertEquals(kstrto(String(low - 1n), 0, type), type.signed ? -ERANGE : -EINVAL);
    assertEquals(kstrto(String(high + 1n), 0, type), -ERANGE);
  }
});

Deno.test("kstrtoull refuses what is not a number", () => {
  for (const text of ["", "\n", "+", "-1", "+-1", " 1", "1 ", "1\n\n", "0x", "0xg", "08", "0b1", "0o7", "1e3", "٣"]) {
    assertEquals(kstrtoull(text, 0), -EINVAL, JSON.stringify(text));
  }
  assertEquals(kstrtoull("0x", 16), -EINVAL);
  assertEquals(kstrtoull("99999999999999999999x", 0), -ERANGE);
});

Deno.test("kstrtoll takes minus 2 to the 63, and one sign", () => {
  assertEquals(kstrtoll("-9223372036854775808", 0), -(1n << 63n));
  assertEquals(kstrtoll("-9223372036854775809", 0), -ERANGE);
  assertEquals(kstrtoll("9223372036854775808", 0), -ERANGE);
  assertEquals(kstrtoll("-+1", 0), -EINVAL);
  assertEquals(kstrtoll("-0", 0), 0n);
});

Deno.test("kstrtobool looks at one character, or two", () => {
  for (const text of ["y", "Y", "t", "True", "1", "1x", "on", "oNe"]) assertEquals(kstrtobool(text), true);
  for (const text of ["n", "No", "f", "F", "0", "0x1", "of", "OFF"]) assertEquals(kstrtobool(text), false);
  for (const text of [undefined, "", "2", "o", "ox", " 1"]) assertEquals(kstrtobool(text), -EINVAL);
});

Deno.test("next_arg goes forward on any string, and its parts hold no space outside quotes", () => {
  const char = fc.oneof(fc.constantFrom(...' "=a-\t'), fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)));
  fc.assert(fc.property(fc.array(char, { maxLength: 40 }), (chars) => {
    let args = skipSpaces(CharPointer.to(chars.join("")));
    for (let turns = 0; args.get(0) !== 0; turns++) {
      assert(turns < chars.length);
      const { param, val, rest } = nextArg(args);
      assert(rest.at > args.at && rest.at < args.bytes.length);
      const text = `${param}=${val ?? ""}`;
      const quoted = args.get(0) === 0x22 || val?.bytes[val.at - 1] === 0x22 || text.includes('"');
      assert(quoted || ![...text].some((each) => isspace(each.charCodeAt(0))));
      args = rest;
    }
  }));
});

Deno.test("A string that is no bytes is refused", () => {
  assertThrows(() => CharPointer.to("a\u20ac"), RangeError, "U+20ac at 1");
});
