// SPDX-License-Identifier: GPL-2.0-only
/** The lexer's two levels, as tables: text, and the tokens that it is. */

import { assertEquals } from "@std/assert";
import { decodeBytes } from "../../../src/elf/text.ts";
import { encodeName } from "../../../src/elf/writer.ts";
import { AtomTable } from "../../../src/kbuild/genksyms/atoms.ts";
import { Lexer } from "../../../src/kbuild/genksyms/lex.ts";
import { Scanner } from "../../../src/kbuild/genksyms/scan.ts";
import { TERMINALS } from "../../../src/kbuild/genksyms/tokens.ts";

/** Basic tokens, as `KIND text`, or the text alone where its kind is the text. */
function basicTokens(text: string): string[] {
  const source = encodeName(text);
  const scanner = new Scanner(source);
  const tokens = [];
  for (let token = scanner.next(); token !== 0; token = scanner.next()) {
    const spelling = decodeBytes(source.subarray(scanner.start, scanner.end));
    const name = TERMINALS[token];
    tokens.push(name === spelling ? name : `${name} ${spelling}`);
  }
  return tokens;
}

const BASIC: readonly (readonly [string, readonly string[]])[] = [
  ["foo _b $c a1", ["IDENT foo", "IDENT _b", "IDENT $c", "IDENT a1"]],
  ["0 17 0x1F 017 08", ["INT 0", "INT 17", "INT 0x1F", "INT 017", "INT 0", "INT 8"]],
  ["1U 1ul 1LU 1ULL 1LL", ["INT 1U", "INT 1ul", "INT 1LU", "INT 1UL", "IDENT L", "INT 1L", "IDENT L"]],
  ["0x 0b1 0xg", ["INT 0", "IDENT x", "INT 0", "IDENT b1", "INT 0", "IDENT xg"]],
  ["1.5 .5 2. 1e5 1.e-3f 1E 1.x", [
    "REAL 1.5",
    "REAL .5",
    "REAL 2.",
    "REAL 1e5",
    "REAL 1.e-3f",
    "INT 1",
    "IDENT E",
    "REAL 1.",
    "IDENT x",
  ]],
  ["08.5", ["REAL 08.5"]],
  ["1... . ..", ["REAL 1.", "$undefined .", "$undefined .", "$undefined .", "$undefined .", "$undefined ."]],
  ["a...b", ["IDENT a", "DOTS ...", "IDENT b"]],
  ['"a" "\\"" L"w" \'x\' L\'\\\'\'', ['STRING "a"', 'STRING "\\""', 'STRING L"w"', "CHAR 'x'", "CHAR L'\\''"]],
  ['"a\nb" c', ['STRING "a\nb"', "IDENT c"]],
  ['"a\\\nb"', ['$undefined "', "IDENT a", "$undefined \\", "IDENT b", '$undefined "']],
  ["' a", ["$undefined '", "IDENT a"]],
  ["-> << >> && || == <= += != ++ <<=", [
    ..."-> << >> && || == <= +=".split(" ").map((token) => `OTHER ${token}`),
    ..."$undefined !|=|$undefined +|$undefined +|OTHER <<|=".split("|"),
  ]],
  ["(){}[];,:=*", [..."(){}[];,:=*"]],
  ["a\n#pragma once\nb\n # c", ["IDENT a", "IDENT b", "$undefined #", "IDENT c"]],
  ['# 5 "x.h" 2\na', ['FILENAME # 5 "x.h" 2\n', "IDENT a"]],
  ["a\n# no end", ["IDENT a", "$undefined #", "IDENT no", "IDENT end"]],
];

for (const [text, tokens] of BASIC) {
  Deno.test(`basic tokens of ${JSON.stringify(text)}`, () => assertEquals(basicTokens(text), tokens));
}

Deno.test("a line marker names file and line, another # line counts as one", () => {
  const scanner = new Scanner(encodeName('# 5 "x.h" 2\n\n#pragma once\n  a'));
  scanner.next();
  assertEquals([scanner.filename, scanner.line], ["x.h", 5]);
  scanner.next();
  assertEquals([scanner.line, scanner.start - scanner.lineStart], [7, 2]);
});

/** The parser's tokens. */
function phrases(text: string): string[] {
  const lexer = new Lexer(encodeName(text), new AtomTable());
  const tokens = [];
  for (let token = lexer.next(); token !== 0; token = lexer.next()) tokens.push(TERMINALS[token]);
  return tokens;
}

const PHRASES: readonly (readonly [string, string])[] = [
  ["__attribute__((a(1), b)) x", "ATTRIBUTE_PHRASE IDENT"],
  ['asm volatile ("x" : : "r" (a)) ;', "ASM_PHRASE ;"],
  ['_Static_assert(sizeof(int) == 4, "no") ;', "STATIC_ASSERT_PHRASE ;"],
  ["int a[b[1]] [2]", "INT_KEYW IDENT BRACKET_PHRASE BRACKET_PHRASE"],
  ["int f() { { } \"}\" '}' }", "INT_KEYW IDENT ( ) BRACE_PHRASE"],
  ["struct s { int a : 3, b : 2; }", "STRUCT_KEYW IDENT { INT_KEYW IDENT : EXPRESSION_PHRASE , IDENT : EXPRESSION_PHRASE ; }"],
  ["enum { A = f(1, 2), B }", "ENUM_KEYW { IDENT = EXPRESSION_PHRASE , IDENT }"],
  ["int a = { 1, 2 }, b;", "INT_KEYW IDENT = EXPRESSION_PHRASE , IDENT ;"],
  ["typeof(a + (b)) x", "TYPEOF_PHRASE IDENT"],
  ["typeof(int *) x", "TYPEOF_KEYW ( INT_KEYW * ) IDENT"],
  ["typeof(*a) x", "TYPEOF_PHRASE IDENT"],
  ["struct s f() { }", "STRUCT_KEYW IDENT IDENT ( ) BRACE_PHRASE"],
  ["struct { } x", "STRUCT_KEYW { } IDENT"],
  [
    "__extension__ __signed__ __volatile __int128 __builtin_va_list",
    "EXTENSION_KEYW SIGNED_KEYW VOLATILE_KEYW BUILTIN_INT_KEYW VA_LIST_KEYW",
  ],
  ["int a\x80 b", "INT_KEYW IDENT"],
];

for (const [text, tokens] of PHRASES) {
  Deno.test(`the parser's tokens of ${JSON.stringify(text)}`, () => assertEquals(phrases(text).join(" "), tokens));
}
