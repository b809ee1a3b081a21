// SPDX-License-Identifier: GPL-2.0-only
/**
 * Why versions differ: which types changed between two dumps of types, in which member, and by which way they are part of a
 * symbol.
 *
 * @module
 */

import { AtomTable } from "./atoms.ts";
import { Expander } from "./expand.ts";
import { enumMembers, type Member, shapeOf, structMembers, tokensText } from "./members.ts";
import { Messages } from "./messages.ts";
import { SYM, SYMBOL_TYPES, TokenNode } from "./node.ts";
import { SymbolTable } from "./symbol_table.ts";
import type { TypeLine, TypeToken } from "./symtypes.ts";

/** A symbol whose version is not the same. */
export interface Explanation {
  readonly symbol: string;
  /** The CRC; `undefined` where it is not exported. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** What changed, the nearest type first: `struct device.driver > struct bar: member baz changed from ...`. */
  readonly reasons: readonly string[];
}

/** A dump of types, by name. */
class TypeGraph {
  readonly lines: ReadonlyMap<string, TypeLine>;
  /** By symbol. */
  readonly versions: ReadonlyMap<string, number>;

  constructor(lines: readonly TypeLine[]) {
    this.lines = new Map(lines.map((line) => [keyOf(line), line]));
    this.versions = versionsOf(lines);
  }
}

/** Structs, unions and enums have a name space of their own. */
function keyOf({ type, text }: TypeToken): string {
  return (type === SYM.STRUCT || type === SYM.UNION || type === SYM.ENUM ? "tag " : "") + text;
}

function versionsOf(lines: readonly TypeLine[]): Map<string, number> {
  const atoms = new AtomTable();
  const messages = new Messages(false);
  const symbols = new SymbolTable(atoms, messages, {});
  for (const { type, text, definition, isExtern } of lines) {
    let list: TokenNode | undefined;
    for (const token of definition) {
      list = new TokenNode(atoms.of(token.text), list);
      list.tag = token.type;
    }
    symbols.add(atoms.of(text), type, list, isExtern);
  }
  const expander = new Expander(symbols, messages, false);
  const exported = lines.filter(({ type }) => type === SYM.NORMAL);
  return new Map(exported.map(({ text }) => [text, expander.checksum(symbols.find(atoms.of(text), SYM.NORMAL)!).crc]));
}

/**
 * Compares two dumps of types.
 *
 * @returns the symbols whose versions differ, or that only one has, in the order of their names
 * @throws {DanglingReference} where a dump names a type that it does not have
 */
export function explain(before: readonly TypeLine[], after: readonly TypeLine[]): Explanation[] {
  const old = new TypeGraph(before);
  const now = new TypeGraph(after);
  const changes = changedTypes(old, now);
  const symbols = [...new Set([...old.versions.keys(), ...now.versions.keys()])].sort();
  return symbols.map((symbol) => ({ symbol, before: old.versions.get(symbol), after: now.versions.get(symbol), reasons: [] }))
    .filter((each) => each.before !== each.after)
    .map((each) =>
      each.before === undefined || each.after === undefined
        ? each
        : { ...each, reasons: reasonsOf(each.symbol, old, now, changes) }
    );
}

/** What changed in each type that both have. */
function changedTypes(old: TypeGraph, now: TypeGraph): Map<string, readonly string[]> {
  const changes = new Map<string, readonly string[]>();
  for (const [key, line] of now.lines) {
    const other = old.lines.get(key);
    if (other === undefined || sameDefinition(line, other)) continue;
    changes.set(key, changesOf(other, line));
  }
  return changes;
}

function sameDefinition(a: TypeLine, b: TypeLine): boolean {
  return a.type === b.type && a.definition.length === b.definition.length &&
    a.definition.every(({ type, text }, at) => type === b.definition[at].type && text === b.definition[at].text);
}

/** All types that a symbol is made of, the nearest first, and how each that changed did. */
function reasonsOf(symbol: string, old: TypeGraph, now: TypeGraph, changes: ReadonlyMap<string, readonly string[]>): string[] {
  const parents = new Map<string, string | undefined>([[symbol, undefined]]);
  const reasons: string[] = [];
  for (const key of parents.keys()) {
    for (const change of changes.get(key) ?? []) reasons.push(pathTo(key, parents, now) + change);
    for (const graph of [now, old]) {
      for (const token of graph.lines.get(key)?.definition ?? []) {
        const child = keyOf(token);
        if (token.type !== SYM.NORMAL && !parents.has(child) && now.lines.has(child)) parents.set(child, key);
      }
    }
  }
  return reasons;
}

/** The way from a symbol, which is not named again, to a type. */
function pathTo(key: string, parents: ReadonlyMap<string, string | undefined>, now: TypeGraph): string {
  const steps: string[] = [];
  let child: string | undefined;
  for (let at: string | undefined = key; at !== undefined; child = at, at = parents.get(at)) {
    const line = now.lines.get(at);
    if (line === undefined || line.type === SYM.NORMAL) continue;
    const via = child === undefined ? undefined : memberNaming(line, child);
    steps.unshift(`${SYMBOL_TYPES[line.type].name} ${line.text}${via === undefined ? "" : `.${via}`}`);
  }
  return steps.length === 0 ? "" : `${steps.join(" > ")}: `;
}

/** The member by which a type comes to another. */
function memberNaming({ type, definition }: TypeLine, key: string): string | undefined {
  if (type !== SYM.STRUCT && type !== SYM.UNION) return undefined;
  return structMembers(definition).find(({ tokens }) =>
    tokens.some((token) => token.type !== SYM.NORMAL && keyOf(token) === key)
  )?.name;
}

function isUnknown({ definition }: TypeLine): boolean {
  return definition.slice(-3).map(({ text }) => text).join(" ") === "{ UNKNOWN }";
}

function fromTo(what: string, before: string, after: string): string {
  return `${what}changed from \`${before}\` to \`${after}\``;
}

function changesOf(before: TypeLine, after: TypeLine): string[] {
  if (before.type !== after.type) return [fromTo("", SYMBOL_TYPES[before.type].name, SYMBOL_TYPES[after.type].name)];
  if (isUnknown(before)) return ["its definition has become known"];
  if (isUnknown(after)) return ["its definition is not known any more"];
  const whole = [fromTo("", tokensText(before.definition), tokensText(after.definition))];
  switch (after.type) {
    case SYM.STRUCT:
    case SYM.UNION:
      return orElse(memberChanges("member", structMembers(before.definition), structMembers(after.definition)), whole);
    case SYM.ENUM:
      return orElse(memberChanges("constant", enumMembers(before.definition), enumMembers(after.definition)), whole);
    case SYM.ENUM_CONST:
      return whole;
    default:
      return orElse(shapeChanges(before.definition, after.definition), whole);
  }
}

function orElse(changes: readonly string[], whole: readonly string[]): string[] {
  return [...(changes.length > 0 ? changes : whole)];
}

function memberChanges(what: string, before: readonly Member[], after: readonly Member[]): string[] {
  const old = new Map(before.map((member) => [member.name, member]));
  const now = new Map(after.map((member) => [member.name, member]));
  const value = (text: string) => text === "" ? "no value of its own" : `\`${text}\``;
  const changes = after.flatMap(({ name, text }) => {
    const other = old.get(name);
    if (other === undefined) return [`${what} ${name} was added${what === "member" ? `, \`${text}\`` : ""}`];
    return other.text === text ? [] : [`${what} ${name} changed from ${value(other.text)} to ${value(text)}`];
  });
  for (const { name, text } of before) {
    if (!now.has(name)) changes.push(`${what} ${name} was removed${what === "member" ? `, \`${text}\`` : ""}`);
  }
  if (changes.length > 0) return changes;
  const moved = after.findIndex(({ name }, at) => name !== before[at].name);
  return moved < 0 ? [] : [`${what} ${after[moved].name} stands where ${before[moved].name} was`];
}

function shapeChanges(before: readonly TypeToken[], after: readonly TypeToken[]): string[] {
  const [old, now] = [shapeOf(before), shapeOf(after)];
  const type = old.type === now.type
    ? []
    : [fromTo(now.parameters === undefined ? "" : "what it returns ", old.type, now.type)];
  if (old.parameters === undefined || now.parameters === undefined) {
    return old.parameters === now.parameters ? type : [];
  }
  const added = now.parameters.slice(old.parameters.length).map((text, at) =>
    `parameter ${old.parameters!.length + at + 1} was added, \`${text}\``
  );
  const removed = old.parameters.slice(now.parameters.length).map((text, at) =>
    `parameter ${now.parameters!.length + at + 1} was removed, \`${text}\``
  );
  const changed = now.parameters.flatMap((text, at) => {
    const other = old.parameters![at];
    return other === undefined || other === text ? [] : [fromTo(`parameter ${at + 1} `, other, text)];
  });
  return [...type, ...changed, ...added, ...removed];
}

/** The explanations as text: a line with both CRCs, and one for each reason. */
export function explanationText(explanations: readonly Explanation[]): string {
  const hex = (crc: number) => `0x${crc.toString(16).padStart(8, "0")}`;
  return explanations.flatMap(({ symbol, before, after, reasons }) => {
    if (before === undefined) return [`symbol ${symbol}: added, ${hex(after!)}`];
    if (after === undefined) return [`symbol ${symbol}: removed, ${hex(before)}`];
    return [
      `symbol ${symbol}: CRC changed from ${hex(before)} to ${hex(after)}`,
      ...reasons.map((each) => `symbol ${symbol}: ${each}`),
    ];
  }).map((line) => `${line}\n`).join("");
}
