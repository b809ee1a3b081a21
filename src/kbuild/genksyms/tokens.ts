// SPDX-License-Identifier: GPL-2.0-only
/**
 * The tokens of genksyms, by number, and its keywords.
 *
 * Models: the %token list of scripts/genksyms/parse.y and scripts/genksyms/keywords.c.
 *
 * @module
 */

/** The terminals of the grammar. The first is the end of the input. Those that stand in no rule are errors wherever they come. */
export const TERMINALS = [
  "$end",
  "error",
  "$undefined",
  "ASM_KEYW",
  "ATTRIBUTE_KEYW",
  "AUTO_KEYW",
  "BOOL_KEYW",
  "BUILTIN_INT_KEYW",
  "CHAR_KEYW",
  "CONST_KEYW",
  "DOUBLE_KEYW",
  "ENUM_KEYW",
  "EXTERN_KEYW",
  "EXTENSION_KEYW",
  "FLOAT_KEYW",
  "INLINE_KEYW",
  "INT_KEYW",
  "LONG_KEYW",
  "REGISTER_KEYW",
  "RESTRICT_KEYW",
  "SHORT_KEYW",
  "SIGNED_KEYW",
  "STATIC_KEYW",
  "STATIC_ASSERT_KEYW",
  "STRUCT_KEYW",
  "TYPEDEF_KEYW",
  "UNION_KEYW",
  "UNSIGNED_KEYW",
  "VOID_KEYW",
  "VOLATILE_KEYW",
  "TYPEOF_KEYW",
  "VA_LIST_KEYW",
  "EXPORT_SYMBOL_KEYW",
  "ASM_PHRASE",
  "ATTRIBUTE_PHRASE",
  "TYPEOF_PHRASE",
  "BRACE_PHRASE",
  "BRACKET_PHRASE",
  "EXPRESSION_PHRASE",
  "STATIC_ASSERT_PHRASE",
  "CHAR",
  "DOTS",
  "IDENT",
  "INT",
  "REAL",
  "STRING",
  "TYPE",
  "OTHER",
  "FILENAME",
  "(",
  ")",
  "*",
  ",",
  ":",
  ";",
  "=",
  "[",
  "]",
  "{",
  "}",
] as const;

export type Terminal = typeof TERMINALS[number];

/** The number of each terminal. */
export const TOKEN = Object.fromEntries(TERMINALS.map((name, index) => [name, index])) as Readonly<Record<Terminal, number>>;

/** The keywords: what each spelling is to the grammar. */
export const KEYWORDS: ReadonlyMap<string, Terminal> = new Map<string, Terminal>([
  ["__GENKSYMS_EXPORT_SYMBOL", "EXPORT_SYMBOL_KEYW"],
  ...spellings("ASM_KEYW", "asm", "__asm", "__asm__"),
  ...spellings("ATTRIBUTE_KEYW", "__attribute", "__attribute__"),
  ...spellings("CONST_KEYW", "const", "__const", "__const__"),
  ...spellings("EXTENSION_KEYW", "__extension__"),
  ...spellings("INLINE_KEYW", "inline", "__inline", "__inline__"),
  ...spellings("SIGNED_KEYW", "signed", "__signed", "__signed__"),
  ...spellings("TYPEOF_KEYW", "typeof", "__typeof", "__typeof__"),
  ...spellings("VOLATILE_KEYW", "volatile", "__volatile", "__volatile__"),
  ...spellings("VA_LIST_KEYW", "__builtin_va_list"),
  ...spellings("BUILTIN_INT_KEYW", "__int128", "__int128_t", "__uint128_t"),
  ...spellings("BOOL_KEYW", "_Bool"),
  ...spellings("RESTRICT_KEYW", "restrict", "__restrict", "__restrict__"),
  ...spellings("STATIC_ASSERT_KEYW", "_Static_assert"),
  ...spellings("AUTO_KEYW", "auto"),
  ...spellings("CHAR_KEYW", "char"),
  ...spellings("DOUBLE_KEYW", "double"),
  ...spellings("ENUM_KEYW", "enum"),
  ...spellings("EXTERN_KEYW", "extern"),
  ...spellings("FLOAT_KEYW", "float"),
  ...spellings("INT_KEYW", "int"),
  ...spellings("LONG_KEYW", "long"),
  ...spellings("REGISTER_KEYW", "register"),
  ...spellings("SHORT_KEYW", "short"),
  ...spellings("STATIC_KEYW", "static"),
  ...spellings("STRUCT_KEYW", "struct"),
  ...spellings("TYPEDEF_KEYW", "typedef"),
  ...spellings("UNION_KEYW", "union"),
  ...spellings("UNSIGNED_KEYW", "unsigned"),
  ...spellings("VOID_KEYW", "void"),
]);

function spellings(token: Terminal, ...names: readonly string[]): [string, Terminal][] {
  return names.map((name) => [name, token]);
}
