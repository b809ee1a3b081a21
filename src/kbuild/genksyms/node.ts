// SPDX-License-Identifier: GPL-2.0-only
/**
 * Lists of tokens, the newest first: what a declaration is kept as.
 *
 * A slot is the `next` field of a node, which leads to a token's node: the parser's values are slots, so that a token can be
 * taken out of the list, or the list be cut there.
 *
 * Models: struct string_list of scripts/genksyms/genksyms.h and the functions on it.
 *
 * @module
 */

import type { Atom } from "./atoms.ts";

/** What a name in a definition refers to, and what a symbol is. */
export const SYM = { NORMAL: 0, TYPEDEF: 1, ENUM: 2, STRUCT: 3, UNION: 4, ENUM_CONST: 5 } as const;

export type SymbolType = typeof SYM[keyof typeof SYM];

/** By SymbolType: the letter in dumps, and the words in messages. */
export const SYMBOL_TYPES: readonly { readonly letter: string; readonly name: string }[] = [
  { letter: "", name: "" },
  { letter: "t", name: "typedef" },
  { letter: "e", name: "enum" },
  { letter: "s", name: "struct" },
  { letter: "u", name: "union" },
  { letter: "E", name: "enum constant" },
];

/** One token of a list. */
export class TokenNode {
  tag: SymbolType = SYM.NORMAL;
  /** It stands in the file that is compiled, not in one that it includes. */
  inSourceFile = false;

  constructor(public atom: Atom, public next: TokenNode | undefined) {}
}

/** Takes the slot's node out of the list. */
export function removeNode(slot: TokenNode): void {
  slot.next = slot.next!.next;
}

/** Takes out the nodes from one slot's up to, and without, another's. */
export function removeList(from: TokenNode, to: TokenNode): void {
  from.next = to.next;
}

export function copyNode(node: TokenNode): TokenNode {
  const copy = new TokenNode(node.atom, undefined);
  copy.tag = node.tag;
  return copy;
}

/** Copies the nodes from one up to, and without, another. */
export function copyListRange(from: TokenNode | undefined, to: TokenNode | undefined): TokenNode | undefined {
  if (from === to || from === undefined) return undefined;
  const first = copyNode(from);
  let last = first;
  for (let node = from.next; node !== to && node !== undefined; node = node.next) last = last.next = copyNode(node);
  return first;
}

/** Whether a node is in a list. */
export function holds(list: TokenNode | undefined, wanted: TokenNode): boolean {
  for (let node = list; node !== undefined; node = node.next) if (node === wanted) return true;
  return false;
}

export function equalList(a: TokenNode | undefined, b: TokenNode | undefined): boolean {
  while (a !== undefined && b !== undefined) {
    if (a.tag !== b.tag || a.atom !== b.atom) return false;
    a = a.next;
    b = b.next;
  }
  return a === b;
}

/** A list of plain tokens, given in the order of reading. */
export function listOf(atoms: readonly Atom[]): TokenNode | undefined {
  return atoms.reduce<TokenNode | undefined>((list, atom) => new TokenNode(atom, list), undefined);
}

/** The nodes in the order of reading. */
export function inOrder(list: TokenNode | undefined): TokenNode[] {
  const nodes = [];
  for (let node = list; node !== undefined; node = node.next) nodes.push(node);
  return nodes.reverse();
}

/** print_list(): the definition as dumps have it, a blank behind each token. */
export function listText(list: TokenNode | undefined): string {
  if (list === undefined) return "(nil)";
  return inOrder(list).map(({ tag, atom }) => `${prefix(tag)}${atom.text} `).join("");
}

/** The letter before a name in dumps, `s#` for a struct. */
export function prefix(type: SymbolType): string {
  const { letter } = SYMBOL_TYPES[type];
  return letter === "" ? "" : `${letter}#`;
}
