// SPDX-License-Identifier: GPL-2.0-only
/** What changes a version, and what never does. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { encodeName } from "../../../src/elf/writer.ts";
import { EndlessDeclaration, genksyms, type GenksymsResult } from "../../../src/kbuild/genksyms/genksyms.ts";
import { damagedSource, wholeTokens } from "../../verify/random_declarations.ts";

/** The result, or that the source is one of those that genksyms never ends on. */
function resultOf(source: string): GenksymsResult | "endless" {
  try {
    return genksyms(encodeName(source));
  } catch (error) {
    if (error instanceof EndlessDeclaration) return "endless";
    throw error;
  }
}

function versions(source: string) {
  const result = resultOf(source);
  return result === "endless" ? result : result.symvers;
}

/** All that a preprocessor may put between two tokens; the file that is compiled is left at the beginning and does not come back. */
const gap = fc.constantFrom(
  " ",
  "\n",
  "\t\t",
  " \r\n",
  "\f",
  '\n# 12 "a.h" 1\n',
  '\n# 3 "b.h" 2 3\n',
  "\n#pragma GCC poison x\n",
);

Deno.test("white space and line markers never change a version", () => {
  fc.assert(
    fc.property(wholeTokens, fc.array(gap, { minLength: 1, maxLength: 30 }), (tokens, gaps) => {
      const start = '# 1 "main.c"\n# 1 "a.h" 1\n';
      const spread = tokens.map((token, at) => token + gaps[at % gaps.length]).join("");
      assertEquals(versions(start + spread), versions(start + tokens.join(" ")));
    }),
    { numRuns: 300 },
  );
});

const START = '# 1 "main.c"\n# 1 "a.h" 1\n';
const TYPES = ["int", "unsigned long", "char *", "struct s0 *", "struct s1 *", "struct s2"];
const members = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 5 });
const structs = fc.tuple(members, members, members).map((all) =>
  all.map((types, at) => `struct s${at} { ${types.map((type, n) => `${type} m${n};`).join(" ")} };`)
);
const USER = "int f(struct s0 *a, struct s1 b); __GENKSYMS_EXPORT_SYMBOL(f);";

Deno.test("the order of independent declarations never changes a version", () => {
  fc.assert(
    fc.property(structs, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (all, order) => {
      const shuffled = order.map((at) => all[at]);
      assertEquals(versions([START, ...shuffled, USER].join("\n")), versions([START, ...all, USER].join("\n")));
    }),
  );
});

Deno.test("the name of a struct's member is part of a version, a parameter's is not", () => {
  fc.assert(
    fc.property(structs, fc.nat(1), (all, which) => {
      const before = versions([START, ...all, USER].join("\n"));
      const renamed = all.with(which, all[which].replace(" m0;", " other;"));
      assertNotEquals(versions([START, ...renamed, USER].join("\n")), before);
      assertEquals(versions([START, ...all, USER.replace("*a", "*other")].join("\n")), before);
    }),
  );
});

Deno.test("a source given as its own reference changes nothing and warns of nothing", () => {
  fc.assert(
    fc.property(structs, (all) => {
      const source = encodeName([START, ...all, USER].join("\n"));
      const first = genksyms(source);
      const lines = first.types.map(({ type, text, definition }) =>
        [{ type, text }, ...definition].map((token) => `${["", "t#", "e#", "s#", "u#", "E#"][token.type]}${token.text} `).join(
          "",
        )
      );
      const again = genksyms(source, { reference: encodeName(lines.join("\n") + "\n"), preserve: true });
      assertEquals([again.symvers, again.messages, again.errors], [first.symvers, "", 0]);
    }),
  );
});

Deno.test("no source makes the model fail, and one that ends too soon is not complete", () => {
  fc.assert(
    fc.property(damagedSource, (source) => {
      const result = resultOf(source);
      assert(result === "endless" || result.isComplete || result.syntaxErrors.length > 0);
    }),
    { numRuns: 300 },
  );
});
