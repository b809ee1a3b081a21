// SPDX-License-Identifier: GPL-2.0-only
/**
 * The parser: runs the grammar's tables over the tokens, and goes on behind what does not parse as Bison's parsers do.
 *
 * Models: yyparse() as Bison makes it from scripts/genksyms/parse.y.
 *
 * @module
 */

import { type Declaration, GRAMMAR, type Slot } from "./grammar.ts";
import { buildTables, type Tables } from "./lalr.ts";
import type { Lexer } from "./lex.ts";
import { TERMINALS, TOKEN } from "./tokens.ts";

let tables: Tables | undefined;

/** So many tokens must be shifted after an error before a further one is reported, or a token that is not understood is left. */
const TOKENS_AFTER_ERROR = 3;

/**
 * Parses a source to its end.
 *
 * @param syntaxError is called where the source does not parse, before the parser looks for a place to go on
 * @returns whether the end was reached: false where the source ends within something that does not parse
 */
export function parse(lexer: Lexer, declaration: Declaration, syntaxError: () => void): boolean {
  tables ??= buildTables(TERMINALS, GRAMMAR, "error");
  const { action, defaultReduction, consistent, goto, final, terminals, nonterminals, left, length } = tables;
  const states: number[] = [0];
  const values: Slot[] = [undefined];
  /** The top of both stacks. */
  let top = 0;
  /** The next token, or -1: none has been read. */
  let token = -1;
  let errorStatus = 0;

  const push = (state: number, value: Slot) => {
    states[++top] = state;
    values[top] = value;
  };
  /** The state behind a reduction, from the one under what is reduced. */
  const behind = (rule: number, state: number) => goto[state * nonterminals + left[rule]];
  lexer.accepts = (wanted) => {
    const trial = states.slice(0, top + 1);
    for (;;) {
      const state = trial[trial.length - 1];
      const next = action[state * terminals + wanted];
      if (next > 0) return true;
      const rule = (next < 0 ? -next : defaultReduction[state]) - 1;
      if (rule < 0) return false;
      trial.length -= length[rule];
      trial.push(behind(rule, trial[trial.length - 1]));
    }
  };
  /** Leaves states until one shifts the error. */
  const recover = (): boolean => {
    if (errorStatus === 0) syntaxError();
    if (errorStatus === TOKENS_AFTER_ERROR) {
      if (token === TOKEN.$end) return false;
      token = -1;
    }
    errorStatus = TOKENS_AFTER_ERROR;
    while (action[states[top] * terminals + TOKEN.error] <= 0) if (--top < 0) return false;
    push(action[states[top] * terminals + TOKEN.error] - 1, lexer.slot);
    return true;
  };

  while (states[top] !== final) {
    const state = states[top];
    let next = 0;
    if (consistent[state] === 0) {
      if (token < 0) token = lexer.next();
      next = action[state * terminals + token];
    }
    if (next > 0) {
      if (errorStatus > 0) errorStatus--;
      push(next - 1, lexer.slot);
      token = -1;
      continue;
    }
    const rule = (next < 0 ? -next : defaultReduction[state]) - 1;
    if (rule < 0) {
      if (!recover()) return false;
      continue;
    }
    const under = top - length[rule];
    const value = GRAMMAR[rule].action(declaration, values, under);
    top = under;
    push(behind(rule, states[top]), value);
  }
  return true;
}
