// SPDX-License-Identifier: GPL-2.0-only
/**
 * Symbol versions: a checksum over everything that an exported symbol's declaration means.
 *
 * Models: main() and export_symbol() of scripts/genksyms/genksyms.c, of Linux 6.12. The source is what the compiler's
 * preprocessor makes with `-E -D__GENKSYMS__`.
 *
 * @module
 */

import { decodeBytes } from "../../elf/text.ts";
import { type Atom, AtomTable } from "./atoms.ts";
import { Expander } from "./expand.ts";
import { type Declaration, NeverEnds } from "./grammar.ts";
import { Lexer } from "./lex.ts";
import { Messages } from "./messages.ts";
import { SYM, TokenNode } from "./node.ts";
import { parse } from "./parse.ts";
import { SymbolTable } from "./symbol_table.ts";
import { readSymtypes, type TypeLine, typeLine } from "./symtypes.ts";

export interface GenksymsOptions {
  /** -w: errors in the source are messages, and count. */
  readonly warnings?: boolean;
  /** -D: what goes into each checksum is a message. */
  readonly dump?: boolean;
  /** -d: each definition is a message. */
  readonly debug?: boolean;
  /** -p: versions marked `override` in the reference stay as they are; a symbol that changed is an error. */
  readonly preserve?: boolean;
  /** -r: a dump of types to compare with, its bytes. */
  readonly reference?: Uint8Array;
}

/** A place in the source. */
export interface SourcePlace {
  /** The original source's file and line, as the line markers have them. */
  readonly filename: string | undefined;
  readonly line: number;
  /** The token's first column in the preprocessed line, from 1. */
  readonly column: number;
  /** The token, or "" at the end of the input. */
  readonly token: string;
}

export interface GenksymsResult {
  /** The exported symbols, in their order. */
  readonly symvers: readonly { readonly name: string; readonly crc: number }[];
  /** What goes to standard error, one character for each byte. */
  readonly messages: string;
  /** -T: the types that went into the checksums, each once, behind those that it is made of. */
  readonly types: readonly TypeLine[];
  /** Errors that were messages. */
  readonly errors: number;
  /** Where the source did not parse. Behind each place the parser went on, but for the last one where `isComplete` is false. */
  readonly syntaxErrors: readonly SourcePlace[];
  /** The parser came to the end of the source. */
  readonly isComplete: boolean;
}

/** A declaration on which genksyms itself would never end. */
export class EndlessDeclaration extends Error {
  override name = "EndlessDeclaration";

  constructor(readonly place: SourcePlace) {
    super("genksyms never ends on a list in which a further declarator has parameters or members; declare it by itself");
  }
}

const HASH_BUCKETS = 4096;

/**
 * Computes the versions of a source's exported symbols.
 *
 * @param source preprocessed C
 * @throws {SymtypesError} for a reference that cannot be read
 * @throws {EndlessDeclaration} for a declaration that genksyms is known not to end on
 * @throws {DanglingReference} for a reference that names what nothing declares
 *
 * @example
 * ```ts
 * import { genksyms, symverLines } from "./genksyms.ts";
 * const source = "int add(int a, int b); __GENKSYMS_EXPORT_SYMBOL(add);";
 * if (symverLines(genksyms(new TextEncoder().encode(source))) !== "#SYMVER add 0x72f367e8\n") throw new Error("not as genksyms");
 * ```
 */
export function genksyms(source: Uint8Array, options: GenksymsOptions = {}): GenksymsResult {
  const atoms = new AtomTable();
  const messages = new Messages(options.warnings ?? false);
  const symbols = new SymbolTable(atoms, messages, options);
  if (options.reference !== undefined) addReferences(symbols, atoms, options.reference);

  const expander = new Expander(symbols, messages, options.dump ?? false);
  const lexer = new Lexer(source, atoms);
  const { scanner } = lexer;
  messages.location = scanner;
  const symvers: { name: string; crc: number }[] = [];
  const syntaxErrors: SourcePlace[] = [];
  const declaration: Declaration = {
    symbols,
    isTypedef: false,
    isExtern: false,
    currentName: undefined,
    specifiers: undefined,
    exportSymbol: (name) => {
      const crc = exportSymbol(name, symbols, expander, messages, options);
      if (crc !== undefined) symvers.push({ name: name.text, crc });
    },
  };
  const place = (): SourcePlace => {
    const { filename, line, start, end, lineStart } = scanner;
    return { filename, line, column: start - lineStart + 1, token: decodeBytes(source.subarray(start, end)) };
  };
  let isComplete: boolean;
  try {
    isComplete = parse(lexer, declaration, () => {
      syntaxErrors.push(place());
      messages.error("syntax error");
    });
  } catch (error) {
    throw error instanceof NeverEnds ? new EndlessDeclaration(place()) : error;
  }
  if (options.debug) messages.text(occupancy(symbols.count));
  return {
    symvers,
    messages: messages.toString(),
    get types() {
      return expander.visited.map(typeLine);
    },
    errors: messages.errors,
    syntaxErrors,
    isComplete,
  };
}

/** The lines that modpost reads. */
export function symverLines({ symvers }: GenksymsResult): string {
  return symvers.map(({ name, crc }) => `#SYMVER ${name} 0x${crc.toString(16).padStart(8, "0")}\n`).join("");
}

function addReferences(symbols: SymbolTable, atoms: AtomTable, reference: Uint8Array): void {
  for (const { text, type, isExtern, isOverride, definition } of readSymtypes(decodeBytes(reference))) {
    const list = definition.reduce<TokenNode | undefined>((next, token) => {
      const node = new TokenNode(atoms.of(token.text), next);
      node.tag = token.type;
      return node;
    }, undefined);
    symbols.addReference(atoms.of(text), type, list, isExtern, isOverride);
  }
}

/** export_symbol(): the checksum, and a message where the reference had another. */
function exportSymbol(
  name: Atom,
  symbols: SymbolTable,
  expander: Expander,
  messages: Messages,
  { dump, preserve }: GenksymsOptions,
): number | undefined {
  const symbol = symbols.find(name, SYM.NORMAL);
  if (symbol === undefined) {
    messages.error(`export undefined symbol ${name.text}`);
    return undefined;
  }
  if (dump) messages.text(`Export ${name.text} == <`);
  const { crc, trail } = expander.checksum(symbol);
  const changed = trail.filter(({ status }) => status !== "unchanged");
  if (changed.length > 0) {
    const reasons = changed.map(({ description, status }) => description + (status === "defined" ? " (became defined)" : ""));
    messages.located(
      `${preserve ? "error" : "warning"}: ${name.text}: modversion changed because of changes in ${reasons.join(", ")}`,
    );
    if (preserve) messages.errors += changed.length;
  }
  if (dump) messages.text(">\n");
  return crc;
}

/** The line about the hash table that ends -d: the quotient in six digits, as %g has it, a half to the even digit. */
function occupancy(count: number): string {
  const quotient = count / HASH_BUCKETS;
  const scale = count === 0 ? 1 : 10 ** (5 - Math.floor(Math.log10(quotient)));
  const exact = quotient * scale;
  const floor = Math.floor(exact);
  const digits = exact - floor === 0.5 ? floor + floor % 2 : Math.round(exact);
  return `Hash table occupancy ${count}/${HASH_BUCKETS} = ${digits / scale}\n`;
}
