// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files of types (`.symtypes`): a line for each symbol, its definition behind its name, names of types marked by a letter.
 *
 * Models: read_node() and read_reference() of scripts/genksyms/genksyms.c, and the dump of types in its main().
 *
 * @module
 */

import { inOrder, prefix, SYM, SYMBOL_TYPES, type SymbolType } from "./node.ts";
import type { GenksymsSymbol } from "./symbol_table.ts";

/** A token, or the name of a type. */
export interface TypeToken {
  readonly type: SymbolType;
  readonly text: string;
}

/** One line. */
export interface TypeLine extends TypeToken {
  readonly isOverride: boolean;
  readonly isExtern: boolean;
  /** The definition, in the order of reading. */
  readonly definition: readonly TypeToken[];
}

/** A file of types that cannot be read. */
export class SymtypesError extends Error {
  override name = "SymtypesError";

  /** @param problem what genksyms says before it ends, exit code 1 */
  constructor(readonly line: number, readonly problem: string) {
    super(`line ${line}: ${problem}`);
  }
}

/** Tokens end at blanks that stand outside of quotes. */
const TOKENS = /(?:"[^"]*(?:"|$)|[^ "])+/g;
/** A token's longest length, in bytes. */
const LONGEST = 255;

/**
 * Reads a file of types.
 *
 * @param text the file, one character for each byte
 * @throws {SymtypesError} for a token that is too long, or a letter that is none
 */
export function readSymtypes(text: string): TypeLine[] {
  return text.split("\n").flatMap((line, index) => {
    const tokens = (line.match(TOKENS) ?? []).map((token) => readToken(token, index + 1));
    const take = (word: string) => tokens[0]?.type === SYM.NORMAL && tokens[0].text === word && tokens.shift() !== undefined;
    const isOverride = take("override");
    const name = tokens.shift();
    if (name === undefined) return [];
    const isExtern = take("extern");
    return [{ ...name, isOverride, isExtern, definition: tokens }];
  });
}

function readToken(token: string, line: number): TypeToken {
  if (token.length > LONGEST) throw new SymtypesError(line, "Token too long");
  if (token[1] !== "#") return { type: SYM.NORMAL, text: token };
  const type = SYMBOL_TYPES.findIndex(({ letter }) => letter === token[0]);
  if (type < 0) throw new SymtypesError(line, `Unknown type ${token[0]}`);
  return { type: type as SymbolType, text: token.slice(2) };
}

/** The line of a symbol. */
export function typeLine({ name, type, isOverride, isExtern, definition }: GenksymsSymbol): TypeLine {
  const tokens = inOrder(definition).map(({ tag, atom }): TypeToken => ({ type: tag, text: atom.text }));
  return { type, text: name.text, isOverride, isExtern, definition: tokens };
}

/** The file of types: a line for each symbol, in their order. */
export function symtypesText(lines: readonly TypeLine[]): string {
  const written = ({ type, text }: TypeToken) => `${prefix(type)}${text} `;
  return lines.map((line) =>
    `${line.isOverride ? "override " : ""}${written(line)}${line.isExtern ? "extern " : ""}${
      line.definition.map(written).join("")
    }\n`
  ).join("");
}
