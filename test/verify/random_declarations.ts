// SPDX-License-Identifier: GPL-2.0-only
/**
 * Sources for genksyms, at random: declarations of every form that its grammar has, over few names, so that they meet; and
 * the same with tokens damaged, so that it must recover.
 *
 * @module
 */

import fc from "fast-check";

/** Tokens, in the order of reading. */
export type Tokens = readonly string[];

const TYPES = ["T", "U", "u32"];
const NAMES = ["a", "b", "c", "foo", "bar", "E0", "E1"];
/** Nearly always no type's name, so that most declarations parse. */
const name = fc.oneof({ arbitrary: fc.constantFrom(...NAMES), weight: 30 }, {
  arbitrary: fc.constantFrom(...TYPES),
  weight: 1,
});
const typeName = fc.oneof({ arbitrary: fc.constantFrom(...TYPES), weight: 60 }, {
  arbitrary: fc.constantFrom(...NAMES),
  weight: 1,
});
const number = fc.constantFrom("0", "1", "42", "0x1fUL", "07", "10ULL", "1.5e3f", ".5", "2.", "0b1", "1e5L");
const literal = fc.constantFrom('"text"', '"a \\" b"', "'x'", "'\\''", 'L"wide"', "''");
const operator = fc.constantFrom(..."+ - * / << >> == != <= && || -> . ? ~ ! % ^ | & += ++ ...".split(" "));

const one = (token: string) => fc.constant([token]);
const word = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((token): Tokens => [token]);
const seq = (...parts: readonly fc.Arbitrary<Tokens>[]): fc.Arbitrary<Tokens> =>
  fc.tuple(...parts).map((all): Tokens => all.flat());
const many = (part: fc.Arbitrary<Tokens>, maxLength: number, minLength = 0): fc.Arbitrary<Tokens> =>
  fc.array(part, { minLength, maxLength }).map((all): Tokens => all.flat());
const separated = (part: fc.Arbitrary<Tokens>, by: string, maxLength: number, minLength = 0): fc.Arbitrary<Tokens> =>
  fc.array(part, { minLength, maxLength }).map((all): Tokens =>
    all.flatMap((tokens, at) => at === 0 ? tokens : [by, ...tokens])
  );
const maybe = (part: fc.Arbitrary<Tokens>): fc.Arbitrary<Tokens> =>
  fc.option(part, { nil: [], freq: 2 }).map((tokens): Tokens => tokens);

const keyword = (...words: readonly string[]) => word(fc.constantFrom(...words));
const identifier = word(name);

const { expression, attribute, specifiers, declarator, parameters, members, enumerators, braces } = fc.letrec<{
  expression: Tokens;
  attribute: Tokens;
  specifier: Tokens;
  specifiers: Tokens;
  declarator: Tokens;
  abstract: Tokens;
  parameters: Tokens;
  members: Tokens;
  enumerators: Tokens;
  braces: Tokens;
}>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    word(number),
    identifier,
    word(literal),
    seq(tie("expression"), word(operator), tie("expression")),
    seq(one("("), tie("expression"), one(")")),
    seq(one("sizeof"), one("("), tie("specifiers"), one(")")),
    seq(identifier, one("["), tie("expression"), one("]")),
    seq(one("{"), separated(tie("expression"), ",", 3), one("}")),
  ),
  attribute: seq(
    keyword("__attribute__", "__attribute"),
    one("("),
    one("("),
    maybe(seq(identifier, maybe(seq(one("("), tie("expression"), one(")"))))),
    one(")"),
    one(")"),
  ),
  specifier: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    keyword("int", "char", "long", "unsigned", "short", "void", "_Bool", "signed", "double", "__int128", "__builtin_va_list"),
    keyword("const", "volatile", "restrict", "__const", "__restrict__"),
    word(typeName),
    seq(keyword("struct", "union", "enum"), identifier),
    keyword("static", "extern", "inline", "register", "auto", "__inline__"),
    seq(keyword("struct", "union"), maybe(identifier), one("{"), tie("members"), one("}")),
    seq(one("enum"), maybe(identifier), one("{"), tie("enumerators"), maybe(one(",")), one("}")),
    seq(keyword("typeof", "__typeof__"), one("("), tie("expression"), one(")")),
    seq(keyword("typeof", "__typeof"), one("("), tie("specifiers"), tie("abstract"), one(")")),
    tie("attribute"),
  ),
  specifiers: many(tie("specifier"), 3, 1),
  declarator: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    identifier,
    seq(one("*"), many(keyword("const", "volatile", "restrict"), 2), tie("declarator")),
    seq(tie("declarator"), one("["), maybe(tie("expression")), one("]")),
    seq(tie("declarator"), one("("), tie("parameters"), one(")")),
    seq(one("("), tie("declarator"), one(")")),
    seq(one("*"), tie("attribute"), tie("declarator")),
  ),
  abstract: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant<Tokens>([]),
    identifier,
    seq(one("*"), many(keyword("const", "restrict"), 1), tie("abstract")),
    seq(tie("abstract"), one("["), maybe(tie("expression")), one("]")),
    seq(one("("), one("*"), maybe(identifier), one(")"), one("("), tie("parameters"), one(")")),
  ),
  parameters: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    one("void"),
    fc.constant<Tokens>([]),
    seq(separated(seq(tie("specifiers"), tie("abstract")), ",", 3, 1), maybe(fc.constantFrom<Tokens>([",", "..."], ["..."]))),
    seq(fc.constant<Tokens>(["int"]), maybe(word(operator))),
  ),
  members: many(
    fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      seq(tie("specifiers"), separated(seq(tie("declarator"), maybe(tie("attribute"))), ",", 2), one(";")),
      seq(tie("specifiers"), maybe(identifier), one(":"), tie("expression"), one(";")),
    ),
    3,
  ),
  enumerators: separated(seq(identifier, maybe(seq(one("="), tie("expression")))), ",", 4, 1),
  braces: seq(
    one("{"),
    many(
      fc.oneof({ maxDepth: 3, withCrossShrink: true }, seq(tie("expression"), one(";")), tie("braces"), one(";")),
      3,
    ),
    one("}"),
  ),
}));

const initializer = maybe(seq(one("="), expression));
const asm = seq(keyword("asm", "__asm__"), maybe(one("volatile")), one("("), word(literal), one(")"));
const initDeclarator = seq(declarator, maybe(asm), many(attribute, 1), initializer);

/** A declaration, or something else that stands at a source's outermost level. */
export const declaration: fc.Arbitrary<Tokens> = fc.oneof(
  { arbitrary: seq(specifiers, separated(initDeclarator, ",", 3), one(";")), weight: 6 },
  { arbitrary: seq(one("typedef"), specifiers, separated(declarator, ",", 2, 1), one(";")), weight: 4 },
  { arbitrary: seq(one("__extension__"), one("typedef"), specifiers, declarator, one(";")), weight: 1 },
  { arbitrary: seq(specifiers, declarator, one("("), parameters, one(")"), braces), weight: 3 },
  { arbitrary: seq(keyword("struct", "union"), identifier, one("{"), members, one("}"), one(";")), weight: 4 },
  { arbitrary: seq(one("enum"), maybe(identifier), one("{"), enumerators, one("}"), one(";")), weight: 3 },
  { arbitrary: seq(asm, one(";")), weight: 1 },
  { arbitrary: seq(one("_Static_assert"), one("("), expression, one(")"), one(";")), weight: 1 },
  { arbitrary: seq(one("__GENKSYMS_EXPORT_SYMBOL"), one("("), identifier, one(")"), one(";")), weight: 6 },
);

/** What stands between two tokens. A line marker can say that the file that is compiled goes on, or another. */
const gap = fc.oneof(
  { arbitrary: fc.constantFrom(" ", "\n", "\t", " \f\v\r "), weight: 20 },
  { arbitrary: fc.constantFrom('\n# 7 "main.c"\n', '\n# 12 "a.h" 1 3 4\n', "\n#pragma GCC x\n", "\n # 3\n"), weight: 1 },
);

interface Damage {
  readonly kind: "remove" | "repeat" | "insert" | "cut";
  readonly at: number;
  readonly token: string;
}

const STRAY = [
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  ";",
  ",",
  ":",
  "=",
  "*",
  "...",
  "@",
  "`",
  "#",
  '"',
  "'",
  "\\",
  "struct",
  "int",
  "typeof",
];

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom("remove", "repeat", "insert", "cut"),
  at: fc.nat(10000),
  token: fc.constantFrom(...STRAY, ...NAMES),
});

function damaged(tokens: Tokens, { kind, at, token }: Damage): Tokens {
  const place = tokens.length === 0 ? 0 : at % tokens.length;
  if (kind === "insert") return tokens.toSpliced(place, 0, token);
  if (kind === "remove") return tokens.toSpliced(place, 1);
  if (kind === "repeat") return tokens.toSpliced(place, 0, ...tokens.slice(place, place + 3));
  return at % 8 === 0 ? tokens.slice(0, place) : tokens;
}

const PRELUDE = "typedef int T ; typedef unsigned char U ; typedef struct foo u32 ;".split(" ");

/** Every name declared for certain, so that exports find something. */
const exports = NAMES.flatMap((each) => ["__GENKSYMS_EXPORT_SYMBOL", "(", each, ")", ";"]);

/** The tokens of a source whose declarations are whole, though not always meaningful. */
export const wholeTokens: fc.Arbitrary<Tokens> = fc.tuple(fc.array(declaration, { minLength: 1, maxLength: 12 }), fc.boolean())
  .map(([declarations, exportAll]): Tokens => [...PRELUDE, ...declarations.flat(), ...(exportAll ? exports : [])]);

const text = (tokens: fc.Arbitrary<Tokens>): fc.Arbitrary<string> =>
  fc.tuple(tokens, fc.array(gap, { minLength: 1, maxLength: 40 }), fc.boolean()).map(([all, gaps, named]) =>
    (named ? '# 1 "main.c"\n' : "") + all.map((token, at) => token + gaps[at % gaps.length]).join("")
  );

/** The same as text. */
export const wholeSource: fc.Arbitrary<string> = text(wholeTokens);

/** Sources with some tokens removed, repeated or put in. */
export const damagedSource: fc.Arbitrary<string> = text(
  fc.tuple(wholeTokens, fc.array(damage, { minLength: 1, maxLength: 4 })).map(([tokens, damages]) =>
    damages.reduce(damaged, tokens)
  ),
);
