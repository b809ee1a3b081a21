// SPDX-License-Identifier: GPL-2.0-only
/**
 * The grammar of declarations, and what each rule does to the list of tokens.
 *
 * A declaration's tokens stand in one list. Rules take out what is no part of the interface (storage classes, parameters'
 * names, initializers), mark the names of types, and move complete structs, unions and enums out, so that the name alone
 * stays. Values are slots: `$$ = $3` says which token is the phrase's last.
 *
 * Models: scripts/genksyms/parse.y, rule by rule and in its order, which decides between rules that could both apply.
 *
 * @module
 */

import type { Atom } from "./atoms.ts";
import { copyListRange, copyNode, holds, removeList, removeNode, SYM, type SymbolType, TokenNode } from "./node.ts";
import type { SymbolTable } from "./symbol_table.ts";

/** The declaration that is being read. */
export interface Declaration {
  readonly symbols: SymbolTable;
  isTypedef: boolean;
  isExtern: boolean;
  currentName: Atom | undefined;
  /** The specifiers, kept for further declarators. */
  specifiers: TokenNode | undefined;
  exportSymbol(name: Atom): void;
}

/** A token's or phrase's value: its last token's slot. */
export type Slot = TokenNode | undefined;

/** What a rule does. Its parts' values are `$[at + 1]`, `$[at + 2]`, ...; it returns its own. */
export type Action = (declaration: Declaration, $: readonly Slot[], at: number) => Slot;

/** One rule of the grammar. */
export interface GrammarRule {
  readonly left: string;
  readonly right: readonly string[];
  readonly action: Action;
}

/** The value of the n-th part, for rules that do no more. */
const part = (n: number): Action => (_, $, at) => $[at + n];
const nothing: Action = () => undefined;
const first = part(1);
const second = part(2);
const third = part(3);
const fourth = part(4);

/** The value of the last of these parts that has one. */
const lastOf = (...parts: readonly number[]): Action => (_, $, at) => {
  for (const n of parts.toReversed()) if ($[at + n] !== undefined) return $[at + n];
};

/** Takes the token out of the list. */
const drop: Action = (_, $, at) => {
  removeNode($[at + 1]!);
  return $[at + 1];
};

/** Cuts the list off: what it holds up to the slot is the definition of the name that is declared. */
const define = ({ symbols, currentName, isExtern }: Declaration, type: SymbolType, slot: TokenNode) => {
  const definition = slot.next;
  slot.next = undefined;
  symbols.add(currentName!, type, definition, isExtern);
};

/** A declarator of a list. Further ones get specifiers of their own. */
const defineDeclarator = (declaration: Declaration, slot: TokenNode) => {
  declaration.specifiers = copyListRange(declaration.specifiers, undefined);
  define(declaration, declaration.isTypedef ? SYM.TYPEDEF : SYM.NORMAL, slot);
  declaration.currentName = undefined;
};

/**
 * A declaration on which genksyms never ends. The specifiers of a declarator's parameters or members take the place of the
 * declaration's own; where that declarator is not the first, as in `int a, f(int);`, the list is made to lead back into itself.
 */
export class NeverEnds extends Error {
  override name = "NeverEnds";
}

const beginTypedef: Action = (declaration) => {
  declaration.isTypedef = true;
  return undefined;
};

const nameDeclared: Action = (declaration, $, at) => {
  declaration.currentName = $[at + 1]!.next!.atom;
  return $[at + 1];
};

const setExtern = (isExtern: boolean): Action => (declaration, $, at) => {
  declaration.isExtern = isExtern;
  return $[at + 1];
};

/** A struct, union or enum that is only named: the keyword goes, the name says what it is. */
const reference = (type: SymbolType): Action => (_, $, at) => {
  removeNode($[at + 1]!);
  $[at + 2]!.next!.tag = type;
  return $[at + 2];
};

/** record_compound(). One that the compiled file itself defines is no part of any interface: its name alone counts. */
const compound = (type: SymbolType): Action => ({ symbols, isExtern }, $, at) => {
  const [keyword, name, body] = [$[at + 1]!, $[at + 2]!, $[at + 3]!];
  const ident = name.next!;
  if (ident.inSourceFile) {
    removeNode(keyword);
    name.next!.tag = type;
    removeList(body, name);
    return body;
  }
  const named = copyNode(ident);
  named.tag = type;
  named.next = keyword.next!.next;
  const definition = body.next;
  body.next = named;
  keyword.next!.next = undefined;
  symbols.add(ident.atom, type, definition, isExtern);
  return body;
};

function rule(left: string, right: string, action: Action = first): GrammarRule {
  return { left, right: right === "" ? [] : right.split(" "), action };
}

/** The rules. A name with @ is a place within another rule where something is done. */
export const GRAMMAR: readonly GrammarRule[] = [
  rule("declaration_seq", "declaration"),
  rule("declaration_seq", "declaration_seq declaration"),

  rule("@declaration", "", (declaration) => {
    declaration.isTypedef = declaration.isExtern = false;
    declaration.currentName = declaration.specifiers = undefined;
    return undefined;
  }),
  rule("declaration", "@declaration declaration1", (_, $, at) => {
    $[at + 2]!.next = undefined;
    return $[at + 1];
  }),

  rule("@extension_typedef", "", beginTypedef),
  rule("declaration1", "EXTENSION_KEYW TYPEDEF_KEYW @extension_typedef simple_declaration", fourth),
  rule("@typedef", "", beginTypedef),
  rule("declaration1", "TYPEDEF_KEYW @typedef simple_declaration", third),
  rule("declaration1", "simple_declaration"),
  rule("declaration1", "function_definition"),
  rule("declaration1", "asm_definition"),
  rule("declaration1", "export_definition"),
  rule("declaration1", "static_assert"),
  rule("declaration1", "error ;", second),
  rule("declaration1", "error }", second),

  rule("simple_declaration", "decl_specifier_seq_opt init_declarator_list_opt ;", third),

  rule("init_declarator_list_opt", "", nothing),
  rule("init_declarator_list_opt", "init_declarator_list"),

  rule("init_declarator_list", "init_declarator", (declaration, $, at) => {
    defineDeclarator(declaration, $[at + 1]!);
    return $[at + 1];
  }),
  rule("init_declarator_list", "init_declarator_list , init_declarator", (declaration, $, at) => {
    const comma = $[at + 2]!;
    if (holds(declaration.specifiers, comma)) throw new NeverEnds();
    comma.next = declaration.specifiers;
    defineDeclarator(declaration, $[at + 3]!);
    return $[at + 3];
  }),
  rule("init_declarator", "declarator asm_phrase_opt attribute_opt initializer_opt", lastOf(1, 2, 3, 4)),

  rule("decl_specifier_seq_opt", "", (declaration) => {
    declaration.specifiers = undefined;
    return undefined;
  }),
  rule("decl_specifier_seq_opt", "decl_specifier_seq"),
  rule("decl_specifier_seq", "decl_specifier", (declaration, $, at) => {
    declaration.specifiers = $[at + 1]!.next;
    return $[at + 1];
  }),
  rule("decl_specifier_seq", "decl_specifier_seq decl_specifier", (declaration, $, at) => {
    declaration.specifiers = $[at + 2]!.next;
    return $[at + 1];
  }),
  rule("decl_specifier", "storage_class_specifier", drop),
  rule("decl_specifier", "type_specifier"),

  rule("storage_class_specifier", "AUTO_KEYW"),
  rule("storage_class_specifier", "REGISTER_KEYW"),
  rule("storage_class_specifier", "STATIC_KEYW"),
  rule("storage_class_specifier", "EXTERN_KEYW", setExtern(true)),
  rule("storage_class_specifier", "INLINE_KEYW", setExtern(false)),

  rule("type_specifier", "simple_type_specifier"),
  rule("type_specifier", "cvar_qualifier"),
  rule("type_specifier", "TYPEOF_KEYW ( parameter_declaration )"),
  rule("type_specifier", "TYPEOF_PHRASE"),
  rule("type_specifier", "STRUCT_KEYW IDENT", reference(SYM.STRUCT)),
  rule("type_specifier", "UNION_KEYW IDENT", reference(SYM.UNION)),
  rule("type_specifier", "ENUM_KEYW IDENT", reference(SYM.ENUM)),
  rule("type_specifier", "STRUCT_KEYW IDENT class_body", compound(SYM.STRUCT)),
  rule("type_specifier", "UNION_KEYW IDENT class_body", compound(SYM.UNION)),
  rule("type_specifier", "ENUM_KEYW IDENT enum_body", compound(SYM.ENUM)),
  rule("type_specifier", "ENUM_KEYW enum_body", ({ symbols }, $, at) => {
    symbols.endEnum();
    return $[at + 2];
  }),
  rule("type_specifier", "STRUCT_KEYW class_body", second),
  rule("type_specifier", "UNION_KEYW class_body", second),

  rule("simple_type_specifier", "CHAR_KEYW"),
  rule("simple_type_specifier", "SHORT_KEYW"),
  rule("simple_type_specifier", "INT_KEYW"),
  rule("simple_type_specifier", "LONG_KEYW"),
  rule("simple_type_specifier", "SIGNED_KEYW"),
  rule("simple_type_specifier", "UNSIGNED_KEYW"),
  rule("simple_type_specifier", "FLOAT_KEYW"),
  rule("simple_type_specifier", "DOUBLE_KEYW"),
  rule("simple_type_specifier", "VOID_KEYW"),
  rule("simple_type_specifier", "BOOL_KEYW"),
  rule("simple_type_specifier", "VA_LIST_KEYW"),
  rule("simple_type_specifier", "BUILTIN_INT_KEYW"),
  rule("simple_type_specifier", "TYPE", (_, $, at) => {
    $[at + 1]!.next!.tag = SYM.TYPEDEF;
    return $[at + 1];
  }),

  rule("ptr_operator", "* cvar_qualifier_seq_opt", lastOf(1, 2)),
  rule("cvar_qualifier_seq_opt", "", nothing),
  rule("cvar_qualifier_seq_opt", "cvar_qualifier_seq"),
  rule("cvar_qualifier_seq", "cvar_qualifier"),
  rule("cvar_qualifier_seq", "cvar_qualifier_seq cvar_qualifier", second),
  rule("cvar_qualifier", "CONST_KEYW"),
  rule("cvar_qualifier", "VOLATILE_KEYW"),
  rule("cvar_qualifier", "ATTRIBUTE_PHRASE"),
  rule("cvar_qualifier", "RESTRICT_KEYW", drop),

  rule("declarator", "ptr_operator declarator", second),
  rule("declarator", "direct_declarator"),
  rule("direct_declarator", "IDENT", nameDeclared),
  rule("direct_declarator", "TYPE", nameDeclared),
  rule("direct_declarator", "direct_declarator ( parameter_declaration_clause )", fourth),
  rule("direct_declarator", "direct_declarator ( error )", fourth),
  rule("direct_declarator", "direct_declarator BRACKET_PHRASE", second),
  rule("direct_declarator", "( declarator )", third),

  rule("nested_declarator", "ptr_operator nested_declarator", second),
  rule("nested_declarator", "direct_nested_declarator"),
  rule("direct_nested_declarator", "IDENT"),
  rule("direct_nested_declarator", "TYPE"),
  rule("direct_nested_declarator", "direct_nested_declarator ( parameter_declaration_clause )", fourth),
  rule("direct_nested_declarator", "direct_nested_declarator ( error )", fourth),
  rule("direct_nested_declarator", "direct_nested_declarator BRACKET_PHRASE", second),
  rule("direct_nested_declarator", "( nested_declarator )", third),
  rule("direct_nested_declarator", "( error )", third),

  rule("parameter_declaration_clause", "parameter_declaration_list_opt DOTS", second),
  rule("parameter_declaration_clause", "parameter_declaration_list_opt"),
  rule("parameter_declaration_clause", "parameter_declaration_list , DOTS", third),
  rule("parameter_declaration_list_opt", "", nothing),
  rule("parameter_declaration_list_opt", "parameter_declaration_list"),
  rule("parameter_declaration_list", "parameter_declaration"),
  rule("parameter_declaration_list", "parameter_declaration_list , parameter_declaration", third),
  rule("parameter_declaration", "decl_specifier_seq m_abstract_declarator", lastOf(1, 2)),

  rule("m_abstract_declarator", "ptr_operator m_abstract_declarator", lastOf(1, 2)),
  rule("m_abstract_declarator", "direct_m_abstract_declarator"),
  rule("direct_m_abstract_declarator", "", nothing),
  rule("direct_m_abstract_declarator", "IDENT", drop),
  rule("direct_m_abstract_declarator", "TYPE", drop),
  rule("direct_m_abstract_declarator", "direct_m_abstract_declarator ( parameter_declaration_clause )", fourth),
  rule("direct_m_abstract_declarator", "direct_m_abstract_declarator ( error )", fourth),
  rule("direct_m_abstract_declarator", "direct_m_abstract_declarator BRACKET_PHRASE", second),
  rule("direct_m_abstract_declarator", "( m_abstract_declarator )", third),
  rule("direct_m_abstract_declarator", "( error )", third),

  rule("function_definition", "decl_specifier_seq_opt declarator BRACE_PHRASE", (declaration, $, at) => {
    define(declaration, SYM.NORMAL, $[at + 2]!);
    return $[at + 3];
  }),

  rule("initializer_opt", "", nothing),
  rule("initializer_opt", "initializer"),
  rule("initializer", "= EXPRESSION_PHRASE", (_, $, at) => {
    removeList($[at + 2]!, $[at + 1]!.next!);
    return $[at + 2];
  }),

  rule("class_body", "{ member_specification_opt }", third),
  rule("class_body", "{ error }", third),
  rule("member_specification_opt", "", nothing),
  rule("member_specification_opt", "member_specification"),
  rule("member_specification", "member_declaration"),
  rule("member_specification", "member_specification member_declaration", second),
  rule("member_declaration", "decl_specifier_seq_opt member_declarator_list_opt ;", third),
  rule("member_declaration", "error ;", second),
  rule("member_declarator_list_opt", "", nothing),
  rule("member_declarator_list_opt", "member_declarator_list"),
  rule("member_declarator_list", "member_declarator"),
  rule("member_declarator_list", "member_declarator_list , member_declarator", third),
  rule("member_declarator", "nested_declarator attribute_opt", lastOf(1, 2)),
  rule("member_declarator", "IDENT member_bitfield_declarator", second),
  rule("member_declarator", "member_bitfield_declarator"),
  rule("member_bitfield_declarator", ": EXPRESSION_PHRASE", second),
  rule("attribute_opt", "", nothing),
  rule("attribute_opt", "attribute_opt ATTRIBUTE_PHRASE"),

  rule("enum_body", "{ enumerator_list }", third),
  rule("enum_body", "{ enumerator_list , }", fourth),
  rule("enumerator_list", "enumerator"),
  rule("enumerator_list", "enumerator_list , enumerator"),
  rule("enumerator", "IDENT", ({ symbols }, $, at) => {
    symbols.add($[at + 1]!.next!.atom, SYM.ENUM_CONST, undefined, false);
    return $[at + 1];
  }),
  rule("enumerator", "IDENT = EXPRESSION_PHRASE", ({ symbols }, $, at) => {
    const value = copyListRange($[at + 3]!.next, $[at + 2]!.next);
    symbols.add($[at + 1]!.next!.atom, SYM.ENUM_CONST, value, false);
    return $[at + 1];
  }),

  rule("asm_definition", "ASM_PHRASE ;", second),
  rule("asm_phrase_opt", "", nothing),
  rule("asm_phrase_opt", "ASM_PHRASE"),
  rule("export_definition", "EXPORT_SYMBOL_KEYW ( IDENT ) ;", (declaration, $, at) => {
    declaration.exportSymbol($[at + 3]!.next!.atom);
    return $[at + 5];
  }),
  rule("static_assert", "STATIC_ASSERT_PHRASE ;", second),
];
