// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a definition is made of: members of structs and unions, constants of enums, parameters of functions, by name and type.
 *
 * @module
 */

import { SYM, SYMBOL_TYPES } from "./node.ts";
import type { TypeToken } from "./symtypes.ts";
import { KEYWORDS } from "./tokens.ts";

/** A member, an enum's constant or a parameter. */
export interface Member {
  /** `a.b` for a member of a member that has its type in place; `(anonymous union)` where there is no name. */
  readonly name: string;
  /** Its type, or its value, as text. */
  readonly text: string;
  readonly tokens: readonly TypeToken[];
}

const OPEN = new Set(["(", "[", "{"]);
const CLOSE = new Set([")", "]", "}"]);
const BODY: TypeToken = { type: SYM.NORMAL, text: "{...}" };

/** Tokens as C has them: `int (*)(struct foo *, char)`. */
export function tokensText(tokens: readonly TypeToken[]): string {
  const words = tokens.map(({ type, text }) =>
    type === SYM.STRUCT || type === SYM.UNION || type === SYM.ENUM ? `${SYMBOL_TYPES[type].name} ${text}` : text
  );
  return words.join(" ").replace(/([([]) /g, "$1").replace(/ ([)\],;])/g, "$1").replace(/(\)|__attribute__) \(/g, "$1(")
    .replace(/(\w|\]) \[/g, "$1[").replace(/\* (?=[*)[])/g, "*");
}

/** The place of the bracket that closes the one at a place, or the end. */
function closing(tokens: readonly TypeToken[], at: number): number {
  let depth = 0;
  for (; at < tokens.length; at++) {
    if (OPEN.has(tokens[at].text)) depth++;
    else if (CLOSE.has(tokens[at].text) && --depth <= 0) break;
  }
  return at;
}

/** Splits at a separator that stands in no bracket. Nothing behind the last one is no part. */
function split(tokens: readonly TypeToken[], separator: string): TypeToken[][] {
  const parts: TypeToken[][] = [[]];
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at].text === separator) {
      parts.push([]);
    } else {
      const end = OPEN.has(tokens[at].text) ? closing(tokens, at) : at;
      parts.at(-1)!.push(...tokens.slice(at, end + 1));
      at = end;
    }
  }
  return parts.filter((part) => part.length > 0);
}

function isName({ type, text }: TypeToken): boolean {
  return (type === SYM.NORMAL || type === SYM.ENUM_CONST) && /^[A-Za-z_$]/.test(text) && !KEYWORDS.has(text);
}

/** The place of the name that a declarator declares, or -1. */
function nameAt(tokens: readonly TypeToken[], from = 0, to = tokens.length): number {
  let name = -1;
  for (let at = from; at < to && tokens[at].text !== ":"; at++) {
    const { text } = tokens[at];
    const token = KEYWORDS.get(text);
    if (isName(tokens[at])) {
      name = at;
    } else if (token === "ATTRIBUTE_KEYW" || token === "TYPEOF_KEYW") {
      if (tokens[at + 1]?.text === "(") at = closing(tokens, at + 1);
    } else if (text === "(") {
      const end = closing(tokens, at);
      const inner = name < 0 ? nameAt(tokens, at + 1, end) : -1;
      if (inner >= 0) return inner;
      at = end;
    } else if (OPEN.has(text)) {
      at = closing(tokens, at);
    }
  }
  return name;
}

/** A declaration without its name. */
function withoutName(tokens: readonly TypeToken[]): TypeToken[] {
  const name = nameAt(tokens);
  return name < 0 ? [...tokens] : tokens.toSpliced(name, 1);
}

/** The names that a member's declaration has, each with its type. */
function declarators(tokens: readonly TypeToken[], prefix: string): Member[] {
  const [first, ...more] = split(tokens, ",");
  const name = nameAt(first);
  const pointer = first.findIndex(({ text }) => text === "*" || text === "(");
  const specifiers = first.slice(0, Math.min(...[name, pointer].filter((at) => at >= 0), first.length));
  return [first, ...more.map((part) => [...specifiers, ...part])].map((part) => {
    const at = nameAt(part);
    const type = withoutName(part);
    const kind = part.find(({ text }) => text === "struct" || text === "union")?.text;
    const own = at >= 0 ? part[at].text : kind === undefined ? "(unnamed)" : `(anonymous ${kind})`;
    return { name: prefix + own, text: tokensText(type), tokens: type };
  });
}

/** A member's declaration; of a struct or union in place, its members too. */
function declared(tokens: readonly TypeToken[], prefix: string): Member[] {
  const open = tokens.findIndex(({ text }) => text === "{");
  if (open < 1 || !["struct", "union"].includes(tokens[open - 1].text)) return declarators(tokens, prefix);
  const close = closing(tokens, open);
  const outer = declarators([...tokens.slice(0, open), BODY, ...tokens.slice(close + 1)], prefix);
  const inside = outer[0].name.endsWith(")") ? prefix : `${outer[0].name}.`;
  return [...outer, ...split(tokens.slice(open + 1, close), ";").flatMap((each) => declared(each, inside))];
}

/** Gives members of the same name, which anonymous ones have, different ones. */
function numbered(members: readonly Member[]): Member[] {
  const seen = new Map<string, number>();
  return members.map((member) => {
    const count = (seen.get(member.name) ?? 0) + 1;
    seen.set(member.name, count);
    return count === 1 ? member : { ...member, name: `${member.name} ${count}` };
  });
}

/** The members of a struct or union. */
export function structMembers(definition: readonly TypeToken[]): Member[] {
  const open = definition.findIndex(({ text }) => text === "{");
  const body = open < 0 ? [] : definition.slice(open + 1, closing(definition, open));
  return numbered(split(body, ";").flatMap((tokens) => declared(tokens, "")));
}

/** The constants of an enum; the text of one without a value is empty. */
export function enumMembers(definition: readonly TypeToken[]): Member[] {
  const open = definition.findIndex(({ text }) => text === "{");
  return split(definition.slice(open + 1, closing(definition, open)), ",").map(([name, , ...value]) => ({
    name: name.text,
    text: tokensText(value),
    tokens: value,
  }));
}

/** A function's or variable's declaration, or a typedef's. */
export interface Shape {
  /** What a function returns; else the whole type. */
  readonly type: string;
  /** Of a function. */
  readonly parameters: readonly string[] | undefined;
}

export function shapeOf(definition: readonly TypeToken[]): Shape {
  const tokens = definition[0]?.text === "typedef" ? definition.slice(1) : definition;
  const name = nameAt(tokens);
  const open = name + 1;
  if (name < 0 || tokens[open]?.text !== "(") return { type: tokensText(withoutName(tokens)), parameters: undefined };
  const close = closing(tokens, open);
  return {
    type: tokensText([...tokens.slice(0, name), ...tokens.slice(close + 1)]),
    parameters: split(tokens.slice(open + 1, close), ",").map(tokensText),
  };
}
