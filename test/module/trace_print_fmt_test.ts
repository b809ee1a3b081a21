// SPDX-License-Identifier: GPL-2.0-only
/** What the kernel reads out of a trace event's text, and writes into it. The case init/trace-events-are-registered has it from the kernel. */

import { assertEquals } from "@std/assert";
import { replaceName, unsafeArgument } from "../../src/module/trace_print_fmt.ts";

/** The text's unsafe argument, and the fields that are tested when it is printed; the record has `text`, a pointer, and `array`. */
function tested(text: string): { unsafe: number | undefined; tested: string[] } {
  const fields: Record<string, string> = { text: "const char *", array: "char[4]", value: "int" };
  const needed: string[] = [];
  const unsafe = unsafeArgument(text, (at) => {
    const name = /^REC->(\w+)/.exec(at)?.[1] ?? "";
    return name in fields ? { type: fields[name], needTest: () => needed.push(name) } : undefined;
  });
  return { unsafe, tested: needed };
}

Deno.test("trace text: what follows no pointer is safe", () => {
  for (
    const text of ['"no argument"', '"%d %u", REC->value, 1', '"%%s %p", REC->text', '"%-10s", REC->other', "", '"broken off']
  ) {
    assertEquals(tested(text), { unsafe: undefined, tested: [] });
  }
});

Deno.test("trace text: a string that the record points to is tested when it is printed", () => {
  assertEquals(tested('"%d %s", REC->value, REC->text'), { unsafe: undefined, tested: ["text"] });
  assertEquals(tested('"%*s", 4, REC->text'), { unsafe: undefined, tested: ["text"] });
  assertEquals(tested('"%.8s %d", (REC->text), 1'), { unsafe: 0, tested: [] });
});

Deno.test("trace text: strings from a function, an array, a literal or the record itself are safe as they are", () => {
  const safe = ["__get_str(name)", "(f (x))", "names[REC->value]", 'REC->value ? "a" : "b"', "REC->array", "&REC->value"];
  for (const argument of safe) assertEquals(tested(`"%s", ${argument}`), { unsafe: undefined, tested: [] }, argument);
});

Deno.test("trace text: a pointer that is followed has to lead into the record", () => {
  for (const argument of ["&REC->value", "REC->array", "__get_dynamic_array(x)", "(void *)__get_sockaddr(y)"]) {
    assertEquals(tested(`"%pI4 %d", ${argument}, 0`).unsafe, undefined, argument);
  }
  assertEquals(tested('"%d %pI4", 0, REC->text').unsafe, 1);
  assertEquals(tested('"%*pbl %pI6", 8, REC->array, REC->value').unsafe, 2);
  assertEquals(tested('"%d %s"').unsafe, 1);
});

/** The text after a name was replaced, with what stays behind its end. */
function replaced(text: string, name: string, value: number): [done: boolean, text: string] {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const done = replaceName(bytes, name, value);
  return [done, new TextDecoder().decode(bytes)];
}

Deno.test("trace text: a name is replaced by its value, and what was longer stays behind the end", () => {
  assertEquals(replaced("(NAME, NAME)", "NAME", 12), [true, "(12, 12)\0)\0)\0"]);
  assertEquals(replaced("(NAME)", "NAME", -123), [true, "(-123)\0"]);
});

Deno.test("trace text: names in quotes, of members, and parts of names are left alone", () => {
  for (const text of ['"NAME"', "REC->NAME", "a.NAME", "NAMES(0)", "MY_NAME(0)", "0NAME "]) {
    assertEquals(replaced(text, "NAME", 1), [true, `${text}\0`], text);
  }
});

Deno.test("trace text: a value that is longer than its name is refused", () => {
  assertEquals(replaced("(N)", "N", 10), [false, "(N)\0"]);
});
