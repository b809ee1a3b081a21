// SPDX-License-Identifier: GPL-2.0-only
/**
 * The names that the source declares.
 *
 * Models: struct symbol, find_symbol() and __add_symbol() of scripts/genksyms/genksyms.c. Quirks kept: enum constants are
 * counted in the order in which declarations are complete, and a name that is declared twice in different ways keeps the first.
 *
 * @module
 */

import type { Atom, AtomTable } from "./atoms.ts";
import type { Part } from "./expand.ts";
import { copyListRange, equalList, inOrder, listOf, listText, SYM, SYMBOL_TYPES, type SymbolType, TokenNode } from "./node.ts";
import type { Messages } from "./messages.ts";

/** How a symbol stands to the reference file: as there (or not there at all), only named there, or different. */
export type Status = "unchanged" | "defined" | "modified";

/** A declared name. */
export class GenksymsSymbol {
  /** Met in the expansion that is under way. */
  isInTrail = false;
  /** Met in any expansion: it goes into the dump of types. */
  isVisited = false;
  /** In the reference file, marked to keep its version. */
  isOverride = false;
  /** The definition, made ready for its checksum. */
  parts: readonly Part[] | undefined = undefined;

  constructor(
    readonly name: Atom,
    readonly type: SymbolType,
    readonly definition: TokenNode | undefined,
    readonly isExtern: boolean,
    /** The source declares it; else only the reference file does. */
    public isDeclared: boolean,
    readonly status: Status,
  ) {}

  /** print_type_name(). */
  get description(): string {
    const { name } = SYMBOL_TYPES[this.type];
    return name === "" ? this.name.text : `${name} ${this.name.text}`;
  }
}

/** map_to_ns(): structs, unions and enums share one name space, all other names another. */
function isTag(type: SymbolType): boolean {
  return type === SYM.STRUCT || type === SYM.UNION || type === SYM.ENUM;
}

/** All symbols of a run. */
export class SymbolTable {
  /** How many there are. */
  count = 0;
  readonly #atoms: AtomTable;
  readonly #messages: Messages;
  readonly #options: { readonly preserve?: boolean; readonly debug?: boolean };
  /** The value that the next enum constant without one has, counted from the last that has one. */
  #enumCounter = 0;
  #lastEnumExpression: TokenNode | undefined = undefined;
  readonly #unknown: readonly Atom[];

  constructor(atoms: AtomTable, messages: Messages, options: { readonly preserve?: boolean; readonly debug?: boolean }) {
    this.#atoms = atoms;
    this.#messages = messages;
    this.#options = options;
    this.#unknown = ["{", "UNKNOWN", "}"].map((text) => atoms.of(text));
  }

  /** find_symbol(), not exact: the declared symbol of this name, of any type in the same name space. */
  find(name: Atom, type: SymbolType): GenksymsSymbol | undefined {
    const symbol = isTag(type) ? name.tag : name.ordinary;
    return symbol?.isDeclared ? symbol : undefined;
  }

  /** add_symbol(). */
  add(name: Atom, type: SymbolType, definition: TokenNode | undefined, isExtern: boolean): void {
    const [old, complete] = this.#prepare(name, type, definition);
    let status: Status = "unchanged";
    if (old !== undefined) {
      const kept = this.#keepsOld(old, type, complete);
      if (kept) return;
      status = this.#isUnknown(old) ? "defined" : "modified";
    }
    this.#replace(old, new GenksymsSymbol(name, type, complete, isExtern, true, status));
  }

  /** add_symbol() of an enum without a name: its constants are complete, and the next one's begin at 0. */
  endEnum(): void {
    this.#lastEnumExpression = undefined;
    this.#enumCounter = 0;
  }

  /** add_reference_symbol(). */
  addReference(name: Atom, type: SymbolType, definition: TokenNode | undefined, isExtern: boolean, isOverride: boolean): void {
    const [old, complete] = this.#prepare(name, type, definition);
    const symbol = new GenksymsSymbol(name, type, complete, isExtern, false, "unchanged");
    symbol.isOverride = isOverride;
    this.#replace(old, symbol);
  }

  /** Adds a struct, union or enum of which only the name is known. */
  addUnknown(name: Atom, type: SymbolType): GenksymsSymbol {
    this.add(name, type, listOf([this.#atoms.of(SYMBOL_TYPES[type].name), name, ...this.#unknown]), false);
    return name.tag!;
  }

  #prepare(
    name: Atom,
    type: SymbolType,
    definition: TokenNode | undefined,
  ): [GenksymsSymbol | undefined, TokenNode | undefined] {
    if (type === SYM.ENUM) this.endEnum();
    return [isTag(type) ? name.tag : name.ordinary, type === SYM.ENUM_CONST ? this.#enumConstant(definition) : definition];
  }

  /** An enum constant's value: its own expression, or how far it is from the last that has one. */
  #enumConstant(expression: TokenNode | undefined): TokenNode | undefined {
    if (expression !== undefined) {
      this.#lastEnumExpression = copyListRange(expression, undefined);
      this.#enumCounter = 1;
      return expression;
    }
    const count = this.#atoms.of(String(this.#enumCounter++));
    if (this.#lastEnumExpression === undefined) return listOf([count]);
    let list = listOf([this.#atoms.of("(")]);
    for (const { atom, tag } of inOrder(this.#lastEnumExpression)) {
      list = new TokenNode(atom, list);
      list.tag = tag;
    }
    for (const atom of [this.#atoms.of(")"), this.#atoms.of("+"), count]) list = new TokenNode(atom, list);
    return list;
  }

  /** The name has a meaning: whether that stays, because it is the same, is to be preserved, or was declared first. */
  #keepsOld(old: GenksymsSymbol, type: SymbolType, definition: TokenNode | undefined): boolean {
    const described = new GenksymsSymbol(old.name, type, undefined, false, true, "unchanged").description;
    if (old.type === type && equalList(old.definition, definition)) {
      if (!old.isDeclared && old.isOverride) this.#messages.located(`${described} modversion is unchanged`);
      old.isDeclared = true;
      return true;
    }
    if (old.isDeclared) {
      this.#messages.error(`redefinition of ${old.name.text}`);
      return true;
    }
    if (!old.isOverride || !this.#options.preserve) return false;
    this.#messages.located(`ignoring ${described} modversion change`);
    old.isDeclared = true;
    return true;
  }

  /** is_unknown_symbol(): the reference file knows no more than the name. */
  #isUnknown({ type, definition }: GenksymsSymbol): boolean {
    if (!isTag(type)) return false;
    let node = definition;
    for (const atom of this.#unknown.toReversed()) {
      if (node === undefined || node.tag !== SYM.NORMAL || node.atom !== atom) return false;
      node = node.next;
    }
    return true;
  }

  #replace(old: GenksymsSymbol | undefined, symbol: GenksymsSymbol): void {
    if (old === undefined) this.count++;
    if (isTag(symbol.type)) symbol.name.tag = symbol;
    else symbol.name.ordinary = symbol;
    if (!this.#options.debug) return;
    const kind = SYMBOL_TYPES[symbol.type].name || `type${symbol.type}`;
    const extern = symbol.isExtern ? "extern " : "";
    this.#messages.text(`Defn for ${kind} ${symbol.name.text} == <${extern}${listText(symbol.definition)}>\n`);
  }
}
