// SPDX-License-Identifier: GPL-2.0-only
/** Why a version changed, as a table: two headers, and what is said of the symbol that uses both. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fromFileUrl, join } from "@std/path";
import { encodeName } from "../../../src/elf/writer.ts";
import { main } from "../../../src/cli/main.ts";
import { explain } from "../../../src/kbuild/genksyms/explain.ts";
import { genksyms } from "../../../src/kbuild/genksyms/genksyms.ts";
import { structMembers } from "../../../src/kbuild/genksyms/members.ts";
import { wholeSource } from "../../verify/random_declarations.ts";

/** The reasons for a symbol `f`, of two texts of one header. */
function reasons(before: string, after: string, user = "int f(struct s *a);"): readonly string[] {
  const [old, now] = [before, after].map((header) =>
    genksyms(encodeName(`# 1 "main.c"\n# 1 "a.h" 1\n${header}\n${user} __GENKSYMS_EXPORT_SYMBOL(f);`)).types
  );
  return explain(old, now).flatMap((each) => each.reasons);
}

const STRUCTS: readonly (readonly [string, string, readonly string[]])[] = [
  ["int a;", "long a;", ["member a changed from `int` to `long`"]],
  ["int a;", "int b;", ["member b was added, `int`", "member a was removed, `int`"]],
  ["int a; int b;", "int b; int a;", ["member b stands where a was"]],
  ["int a, *b;", "int a; int **b;", ["member b changed from `int *` to `int **`"]],
  ["int a : 3;", "int a : 4;", ["member a changed from `int : 3` to `int : 4`"]],
  ["int a[2];", "int a[4];", ["member a changed from `int[2]` to `int[4]`"]],
  ["int (*f)(int);", "int (*f)(long);", ["member f changed from `int (*)(int)` to `int (*)(long)`"]],
  ["struct { int a; } b;", "struct { long a; } b;", ["member b.a changed from `int` to `long`"]],
  ["union { int a; char b; };", "union { int a; long b; };", ["member b changed from `char` to `long`"]],
  ["int a __attribute__((packed));", "int a;", ["member a changed from `int __attribute__((packed))` to `int`"]],
];

for (const [before, after, expected] of STRUCTS) {
  Deno.test(`struct s { ${before} } becomes { ${after} }`, () => {
    const said = reasons(`struct s { ${before} };`, `struct s { ${after} };`);
    assertEquals(said, expected.map((reason) => `struct s: ${reason}`));
  });
}

const OTHERS: readonly (readonly [string, string, string, string, readonly string[]])[] = [
  ["a typedef", "typedef int T;", "typedef long T;", "int f(T a);", ["typedef T: changed from `int` to `long`"]],
  ["an enum's constant", "enum e { A, B };", "enum e { A, B = 4, C };", "int f(enum e a);", [
    "enum e: constant B changed from no value of its own to `4`",
    "enum e: constant C was added",
  ]],
  ["an array's bound", "enum { N = 2 };", "enum { N = 3 };", "int f[N];", ["enum constant N: changed from `2` to `3`"]],
  ["a struct that becomes a union", "struct s { struct t *t; };", "struct s { union t *t; };", "int f(struct s *a);", [
    "struct s: member t changed from `struct t *` to `union t *`",
    "struct s.t > union t: changed from `struct` to `union`",
  ]],
  ["a definition that becomes known", "", "struct s { int a; };", "int f(struct s *a);", [
    "struct s: its definition has become known",
  ]],
  [
    "the way to a type",
    "struct t { int a; }; struct s { union { struct t *t; } u; };",
    "struct t { long a; }; struct s { union { struct t *t; } u; };",
    "int f(struct s *a);",
    [
      "struct s.u.t > struct t: member a changed from `int` to `long`",
    ],
  ],
];

for (const [name, before, after, user, expected] of OTHERS) {
  Deno.test(`what is said of ${name}`, () => assertEquals(reasons(before, after, user), expected));
}

const SHAPES: readonly (readonly [string, string, readonly string[]])[] = [
  ["int f(int a, char b);", "int f(long a, char b);", ["parameter 1 changed from `int` to `long`"]],
  ["int f(int a);", "int f(int a, char *b);", ["parameter 2 was added, `char *`"]],
  ["int f(int a, char *b);", "void f(int a);", [
    "what it returns changed from `int` to `void`",
    "parameter 2 was removed, `char *`",
  ]],
  ["int f;", "long f;", ["changed from `int` to `long`"]],
  ["int f;", "int f(void);", ["changed from `int f` to `int f (void)`"]],
];

for (const [before, after, expected] of SHAPES) {
  Deno.test(`${before} becomes ${after}`, () => {
    const [old, now] = [before, after].map((text) => genksyms(encodeName(`${text} __GENKSYMS_EXPORT_SYMBOL(f);`)).types);
    assertEquals(explain(old, now).flatMap((each) => each.reasons), expected);
  });
}

Deno.test("members of a struct with all kinds of declarators", () => {
  const source =
    "typedef struct { const char *a, b[3]; int (*c[2])(void), d : 1; union { int e; struct { int f; } g; }; int : 0; } T; T f;";
  const { types } = genksyms(encodeName(`${source} __GENKSYMS_EXPORT_SYMBOL(f);`));
  const members = structMembers(types.find(({ text }) => text === "T")!.definition);
  assertEquals(members.map(({ name, text }) => `${name}: ${text}`), [
    "a: const char *",
    "b: const char[3]",
    "c: int (*[2])(void)",
    "d: int : 1",
    "(anonymous union): union {...}",
    "e: int",
    "g: struct {...}",
    "g.f: int",
    "(unnamed): int : 0",
  ]);
});

Deno.test("the CRCs that are told are genksyms's own, and nothing is told of equal types", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("int", "long", "char *"), { minLength: 1, maxLength: 4 }), (types) => {
      const source = `# 1 "m.c"\n# 1 "a.h"\nstruct s { ${
        types.map((type, at) => `${type} m${at};`).join(" ")
      } } f; __GENKSYMS_EXPORT_SYMBOL(f);`;
      const result = genksyms(encodeName(source));
      assertEquals(explain(result.types, result.types), []);
      assertEquals(explain([], result.types).map(({ symbol, after }) => ({ name: symbol, crc: after })), [...result.symvers]);
    }),
  );
});

Deno.test("whatever the two dumps are, each version that differs has a reason", () => {
  const types = wholeSource.map((text) => {
    try {
      return genksyms(encodeName(text)).types;
    } catch {
      return [];
    }
  });
  fc.assert(
    fc.property(types, types, (before, after) => {
      for (const { before: old, after: now, reasons } of explain(before, after)) {
        assertEquals(reasons.length > 0, old !== undefined && now !== undefined);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("--explain takes sources and dumps of types", async () => {
  const folder = fromFileUrl(new URL("../../fixtures/genksyms/sources/", import.meta.url));
  let out = "";
  const io = {
    out: (text: string) => void (out += text),
    err: () => {},
    input: () => Promise.resolve(""),
    resolve: (path: string) => path,
  };
  const explained = (old: string, now: string) => main(["genksyms", "--explain", join(folder, old), join(folder, now)], io);
  assertEquals(await explained("old.symtypes", "new.i"), 1);
  assertEquals(
    out,
    `symbol bar_close: removed, 0x931a33ea
symbol bar_count: CRC changed from 0xec84837a to 0x9a75dbf5
symbol bar_count: what it returns changed from \`int\` to \`unsigned\`
symbol bar_count: parameter 2 was added, \`int\`
symbol bar_count: struct bar: member baz changed from \`int\` to \`long\`
symbol bar_open: CRC changed from 0x680881d1 to 0x4519b6ea
symbol bar_open: enum constant MODE_COUNT: changed from \`2\` to \`3\`
symbol bar_open: struct device.bar > struct bar: member baz changed from \`int\` to \`long\`
`,
  );
  out = "";
  assertEquals([await explained("old.i", "old.symtypes"), out], [0, ""]);
});
