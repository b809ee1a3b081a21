// SPDX-License-Identifier: GPL-2.0-only
/**
 * The second level of the lexer: what a token is to the grammar. Attributes, assembler, brackets, function bodies and
 * initializers become one token each, a phrase; every basic token goes into the list that the parser works on.
 *
 * Models: yylex() of scripts/genksyms/lex.l.
 *
 * @module
 */

import type { AtomTable } from "./atoms.ts";
import { SYM, TokenNode } from "./node.ts";
import { NOT_ASCII, Scanner } from "./scan.ts";
import { TOKEN } from "./tokens.ts";

const { IDENT, TYPE, FILENAME } = TOKEN;
const OPEN = TOKEN["("],
  CLOSE = TOKEN[")"],
  COMMA = TOKEN[","],
  COLON = TOKEN[":"],
  SEMICOLON = TOKEN[";"],
  EQUALS = TOKEN["="];
const BRACKET = TOKEN["["], BRACKET_END = TOKEN["]"], BRACE = TOKEN["{"], BRACE_END = TOKEN["}"];

/** A phrase: its token, and the brackets that are counted to find its end. */
interface Phrase {
  readonly token: number;
  readonly open: number;
  readonly close: number;
}

const BRACKET_PHRASE: Phrase = { token: TOKEN.BRACKET_PHRASE, open: BRACKET, close: BRACKET_END };
const BRACE_PHRASE: Phrase = { token: TOKEN.BRACE_PHRASE, open: BRACE, close: BRACE_END };

/** Phrases that begin with a keyword. */
const KEYWORD_PHRASES: ReadonlyMap<number, Phrase> = new Map([
  [TOKEN.ATTRIBUTE_KEYW, { token: TOKEN.ATTRIBUTE_PHRASE, open: OPEN, close: CLOSE }],
  [TOKEN.ASM_KEYW, { token: TOKEN.ASM_PHRASE, open: OPEN, close: CLOSE }],
  [TOKEN.STATIC_ASSERT_KEYW, { token: TOKEN.STATIC_ASSERT_PHRASE, open: OPEN, close: CLOSE }],
]);

/** Reads tokens for the parser. */
export class Lexer {
  readonly scanner: Scanner;
  /** Whether the parser would take this token next. */
  accepts: (token: number) => boolean = () => false;
  readonly #source: Uint8Array;
  readonly #atoms: AtomTable;
  /** The node that the next token will fill; its `next` is the slot of the last one. */
  #free: TokenNode;
  /** An initializer, a bit-field's width or an enumerator's value is next. */
  #inExpression = false;
  /** typeof was followed by a type: its parenthesis, which was read, is a token of its own. */
  #parenthesisIsNext = false;
  /** So many tokens on, names are not looked up as types. */
  #suppressTypeLookup = 0;
  /** So many tokens on, `{` begins members and not a function's body. */
  #dontWantBracePhrase = 0;
  #sourceFile: string | undefined = undefined;
  #inSourceFile = false;

  constructor(source: Uint8Array, atoms: AtomTable) {
    this.#source = source;
    this.#atoms = atoms;
    this.scanner = new Scanner(source);
    this.#free = new TokenNode(atoms.of(""), undefined);
  }

  /** yylval: the slot of the last token. */
  get slot(): TokenNode {
    return this.#free;
  }

  /** yylex(): the next token's number. */
  next(): number {
    const token = this.#inExpression ? this.#expression() : this.#parenthesisIsNext ? this.#parenthesis() : this.#normal();
    if (this.#suppressTypeLookup > 0) this.#suppressTypeLookup--;
    if (this.#dontWantBracePhrase > 0) this.#dontWantBracePhrase--;
    return token === NOT_ASCII ? TOKEN.$end : token;
  }

  /** The next basic token, past line markers. */
  #basic(): number {
    const { scanner } = this;
    for (;;) {
      const token = scanner.next();
      if (token !== FILENAME) return token;
      this.#enterFile();
    }
  }

  #enterFile(): void {
    const { filename } = this.scanner;
    this.#sourceFile ??= filename;
    this.#inSourceFile = filename !== undefined && filename === this.#sourceFile;
  }

  /** APP: fills the free node with the token, and makes the next free one. */
  #append(atom = this.#atoms.intern(this.#source, this.scanner.start, this.scanner.end)): TokenNode {
    const node = this.#free;
    node.atom = atom;
    const { ordinary } = atom;
    if (ordinary !== undefined && ordinary.type === SYM.ENUM_CONST && ordinary.isDeclared) node.tag = SYM.ENUM_CONST;
    node.inSourceFile = this.#inSourceFile;
    this.#free = new TokenNode(atom, node);
    return node;
  }

  #normal(): number {
    const token = this.#basic();
    if (token === TOKEN.$end) return token;
    const { atom } = this.#append();
    switch (token) {
      case IDENT:
        return this.#identifier(atom.keyword < 0 ? IDENT : atom.keyword, isTypedef(atom));
      case BRACKET:
        return this.#phrase(BRACKET_PHRASE, 1);
      case BRACE:
        return this.#dontWantBracePhrase > 0 ? token : this.#braces();
      case EQUALS:
      case COLON:
        this.#inExpression = true;
        return token;
      default:
        return token;
    }
  }

  #identifier(token: number, isType: boolean): number {
    const phrase = KEYWORD_PHRASES.get(token);
    if (phrase !== undefined) return this.#phrase(phrase, 0);
    switch (token) {
      case TOKEN.TYPEOF_KEYW:
        return this.#typeof();
      case TOKEN.STRUCT_KEYW:
      case TOKEN.UNION_KEYW:
      case TOKEN.ENUM_KEYW:
        this.#dontWantBracePhrase = 3;
        this.#suppressTypeLookup = 2;
        return token;
      case TOKEN.EXPORT_SYMBOL_KEYW:
        return token;
      default:
        return isType && this.#suppressTypeLookup === 0 ? TYPE : token;
    }
  }

  /** Everything up to the bracket that closes the phrase. */
  #phrase({ token, open, close }: Phrase, depth: number): number {
    for (;;) {
      const part = this.#basic();
      if (part === TOKEN.$end) return part;
      this.#append();
      if (part === open) depth++;
      else if (part === close && --depth === 0) return token;
    }
  }

  /** A phrase in braces. That of a function is dropped by the parser, and so is not kept here either. */
  #braces(): number {
    if (!this.accepts(BRACE_PHRASE.token)) return this.#phrase(BRACE_PHRASE, 1);
    const isClosed = this.scanner.skipBraces();
    this.#enterFile();
    return isClosed ? BRACE_PHRASE.token : TOKEN.$end;
  }

  /** typeof: of a type, which the parser reads, or of an expression, which is a phrase without its first parenthesis. */
  #typeof(): number {
    let depth = 0;
    let first = false;
    for (;;) {
      const token = this.#basic();
      if (token === TOKEN.$end) return token;
      if (first && token === IDENT) {
        const atom = this.#atoms.intern(this.#source, this.scanner.start, this.scanner.end);
        if (atom.keyword >= 0 || isTypedef(atom)) {
          this.scanner.putBack();
          this.#parenthesisIsNext = true;
          return TOKEN.TYPEOF_KEYW;
        }
        this.#append(this.#atoms.of("("));
      }
      first = token === OPEN && ++depth === 1;
      if (first) continue;
      this.#append();
      if (token === CLOSE && --depth === 0) return TOKEN.TYPEOF_PHRASE;
    }
  }

  #parenthesis(): number {
    this.#parenthesisIsNext = false;
    this.#append(this.#atoms.of("("));
    return OPEN;
  }

  /** Everything up to the comma, semicolon or brace behind an expression, which is left. */
  #expression(): number {
    let depth = 0;
    for (;;) {
      const token = this.#basic();
      if (token === TOKEN.$end) return token;
      if (depth === 0 && (token === BRACE_END || token === COMMA || token === SEMICOLON)) {
        this.scanner.putBack();
        this.#inExpression = false;
        return TOKEN.EXPRESSION_PHRASE;
      }
      this.#append();
      if (token === OPEN || token === BRACKET || token === BRACE) depth++;
      else if (token === CLOSE || token === BRACKET_END || token === BRACE_END) depth--;
    }
  }
}

/** find_symbol(SYM_TYPEDEF, exact). */
function isTypedef({ ordinary }: { ordinary: { type: number; isDeclared: boolean } | undefined }): boolean {
  return ordinary !== undefined && ordinary.type === SYM.TYPEDEF && ordinary.isDeclared;
}
