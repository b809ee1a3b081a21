// SPDX-License-Identifier: GPL-2.0-only
/**
 * LALR(1) tables from a grammar, as Bison makes them: which reductions are default reductions, and in which states no token is
 * read before reducing. Both can be seen from outside: they decide when the lexer is asked, and it knows the names declared by then.
 *
 * Lookahead sets are those of DeRemer and Pennello ("Efficient computation of LALR(1) look-ahead sets", 1982).
 *
 * @module
 */

/** One rule: a nonterminal and what it is made of, by names. */
export interface Rule {
  readonly left: string;
  readonly right: readonly string[];
}

/** Tables for a parser. States are numbered from 0, the first; rules as they were given. */
export interface Tables {
  /** By state and terminal: the state to shift to plus 1, minus (a rule plus 1), or 0 for the default. */
  readonly action: Int16Array;
  /** By state: the rule to reduce by default plus 1, or 0: it is an error. */
  readonly defaultReduction: Int16Array;
  /** By state: 1 where the default is taken without a look at the next token. */
  readonly consistent: Uint8Array;
  /** By state and nonterminal: the state after it. */
  readonly goto: Int16Array;
  /** The state after the end of the input. */
  readonly final: number;
  readonly terminals: number;
  readonly nonterminals: number;
  /** By rule: its nonterminal's number, and how many symbols it is made of. */
  readonly left: Int16Array;
  readonly length: Int16Array;
}

/** A state of the LR(0) automaton; an item is a rule's number times ITEM plus the dot's place. */
interface State {
  readonly items: readonly number[];
  /** By symbol, the state behind it. */
  readonly edges: Map<number, number>;
}

const ITEM = 64;

/** A transition over a nonterminal, and the terminals that can follow it there, as a set of bits. */
interface Transition {
  readonly from: number;
  readonly symbol: number;
  read: bigint;
  follow: bigint;
  readonly reads: Transition[];
  readonly includes: Transition[];
}

/** The grammar by numbers: terminals first, then nonterminals. The last rule is the one that begins it all. */
interface Numbered {
  readonly terminals: number;
  readonly symbols: number;
  readonly left: readonly number[];
  readonly right: readonly (readonly number[])[];
  /** By symbol, the rules that make it. */
  readonly rulesOf: readonly (readonly number[])[];
  readonly nullable: readonly boolean[];
}

/**
 * Makes the tables.
 *
 * @param terminals the terminals' names, in the order of their numbers; the first is the end of the input
 * @param rules the rules; the first one's nonterminal is the start. Of two that could reduce, the earlier wins; shifting wins over both
 * @param error the terminal that stands for what could not be parsed: a state that shifts it has no default
 */
export function buildTables(terminals: readonly string[], rules: readonly Rule[], error: string): Tables {
  const grammar = number(terminals, rules);
  const states = automaton(grammar);
  const transitions = followSets(grammar, states);
  return rows(grammar, states, transitions, terminals.indexOf(error));
}

function number(terminals: readonly string[], rules: readonly Rule[]): Numbered {
  const names = [...new Set([...terminals, ...rules.map(({ left }) => left)])];
  const numbers = new Map(names.map((name, index) => [name, index]));
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known === undefined) throw new Error(`Cannot build the tables: the grammar has no symbol "${name}"`);
    return known;
  };
  const accept = names.length;
  const left = [...rules.map((rule) => numberOf(rule.left)), accept];
  const right = [...rules.map((rule) => rule.right.map(numberOf)), [numberOf(rules[0].left), 0]];
  const rulesOf: number[][] = Array.from({ length: accept + 1 }, () => []);
  left.forEach((symbol, rule) => rulesOf[symbol].push(rule));
  const nullable: boolean[] = Array(accept + 1).fill(false);
  for (let changed = true; changed;) {
    changed = false;
    left.forEach((symbol, rule) => {
      if (nullable[symbol] || !right[rule].every((part) => nullable[part])) return;
      nullable[symbol] = changed = true;
    });
  }
  return { terminals: terminals.length, symbols: accept + 1, left, right, rulesOf, nullable };
}

/** All items of a state, from its kernel: with each nonterminal behind a dot come its rules. */
function closure({ terminals, right, rulesOf }: Numbered, kernel: readonly number[]): number[] {
  const items = [...kernel];
  const seen = new Set(items);
  for (let at = 0; at < items.length; at++) {
    const symbol = right[Math.floor(items[at] / ITEM)][items[at] % ITEM];
    if (symbol === undefined || symbol < terminals) continue;
    for (const rule of rulesOf[symbol]) {
      if (seen.has(rule * ITEM)) continue;
      seen.add(rule * ITEM);
      items.push(rule * ITEM);
    }
  }
  return items;
}

function automaton(grammar: Numbered): State[] {
  const { right } = grammar;
  const states: State[] = [];
  const byKernel = new Map<string, number>();
  const stateOf = (kernel: readonly number[]): number => {
    const key = kernel.join();
    const known = byKernel.get(key);
    if (known !== undefined) return known;
    byKernel.set(key, states.length);
    return states.push({ items: closure(grammar, kernel), edges: new Map() }) - 1;
  };
  stateOf([(right.length - 1) * ITEM]);
  for (let at = 0; at < states.length; at++) {
    const { items, edges } = states[at];
    const kernels = new Map<number, number[]>();
    for (const item of items) {
      const symbol = right[Math.floor(item / ITEM)][item % ITEM];
      if (symbol === undefined) continue;
      const kernel = kernels.get(symbol);
      if (kernel === undefined) kernels.set(symbol, [item + 1]);
      else kernel.push(item + 1);
    }
    for (const [symbol, kernel] of kernels) edges.set(symbol, stateOf(kernel.sort((a, b) => a - b)));
  }
  return states;
}

function followSets(grammar: Numbered, states: readonly State[]): Map<number, Transition> {
  const { terminals, symbols, right, rulesOf, nullable } = grammar;
  const transitions = new Map<number, Transition>();
  states.forEach(({ edges }, from) => {
    for (const [symbol, to] of edges) {
      if (symbol < terminals) continue;
      let read = 0n;
      for (const next of states[to].edges.keys()) if (next < terminals) read |= 1n << BigInt(next);
      transitions.set(from * symbols + symbol, { from, symbol, read, follow: 0n, reads: [], includes: [] });
    }
  });
  for (const transition of transitions.values()) {
    const { from, symbol } = transition;
    const to = states[from].edges.get(symbol)!;
    for (const next of states[to].edges.keys()) {
      if (next >= terminals && nullable[next]) transition.reads.push(transitions.get(to * symbols + next)!);
    }
    for (const rule of rulesOf[symbol]) {
      const parts = right[rule];
      let state = from;
      parts.forEach((part, place) => {
        if (part >= terminals && parts.slice(place + 1).every((rest) => nullable[rest])) {
          transitions.get(state * symbols + part)!.includes.push(transition);
        }
        state = states[state].edges.get(part)!;
      });
    }
  }
  const all = [...transitions.values()];
  settle(all, "read", ({ reads }) => reads);
  for (const transition of all) transition.follow = transition.read;
  settle(all, "follow", ({ includes }) => includes);
  return transitions;
}

/** Adds to each transition's set the sets of those it draws on, until nothing is new. */
function settle(all: readonly Transition[], set: "read" | "follow", sources: (of: Transition) => readonly Transition[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const transition of all) {
      let union = transition[set];
      for (const source of sources(transition)) union |= source[set];
      if (union === transition[set]) continue;
      transition[set] = union;
      changed = true;
    }
  }
}

/** By state, the rules that can reduce there, in their order, each with the terminals that may follow. */
function reductionsOf(
  grammar: Numbered,
  states: readonly State[],
  transitions: Map<number, Transition>,
): Map<number, bigint>[] {
  const { left, right, symbols } = grammar;
  const reductions = states.map(({ items }) => {
    const complete = items.filter((item) => item % ITEM === right[Math.floor(item / ITEM)].length);
    return new Map(complete.map((item) => Math.floor(item / ITEM)).sort((a, b) => a - b).map((rule) => [rule, 0n]));
  });
  for (const { from, symbol, follow } of transitions.values()) {
    for (const rule of grammar.rulesOf[symbol]) {
      const end = right[rule].reduce((state, part) => states[state].edges.get(part)!, from);
      reductions[end].set(rule, reductions[end].get(rule)! | follow);
    }
  }
  // The rule that begins it all ends behind the input's end, where nothing is read any more.
  for (const rules of reductions) rules.delete(left.indexOf(symbols - 1));
  return reductions;
}

function rows(grammar: Numbered, states: readonly State[], transitions: Map<number, Transition>, error: number): Tables {
  const { terminals, symbols, left, right } = grammar;
  const nonterminals = symbols - terminals;
  const action = new Int16Array(states.length * terminals);
  const goto = new Int16Array(states.length * nonterminals);
  const defaultReduction = new Int16Array(states.length);
  const consistent = new Uint8Array(states.length);
  reductionsOf(grammar, states, transitions).forEach((reductions, state) => {
    const row = action.subarray(state * terminals, (state + 1) * terminals);
    for (const [rule, follow] of [...reductions].reverse()) {
      for (let token = 0; token < terminals; token++) if (follow >> BigInt(token) & 1n) row[token] = -(rule + 1);
    }
    let shifts = false;
    for (const [symbol, to] of states[state].edges) {
      if (symbol >= terminals) goto[state * nonterminals + symbol - terminals] = to;
      else row[symbol] = to + 1;
      shifts ||= symbol < terminals;
    }
    if (row[error] <= 0) defaultReduction[state] = mostCommon(row, [...reductions.keys()], shifts);
    if (defaultReduction[state] !== 0) {
      for (let token = 0; token < terminals; token++) if (row[token] === -defaultReduction[state]) row[token] = 0;
    }
    consistent[state] = Number(row.every((entry) => entry === 0));
  });
  const seen = states[0].edges.get(right.at(-1)![0])!;
  return {
    action,
    defaultReduction,
    consistent,
    goto,
    final: states[seen].edges.get(0)!,
    terminals,
    nonterminals,
    left: Int16Array.from(left, (symbol) => symbol - terminals),
    length: Int16Array.from(right, (parts) => parts.length),
  };
}

/** The rule that is reduced most often in a row, plus 1; the earliest of several. The only one, where there is nothing else to do. */
function mostCommon(row: Int16Array, rules: readonly number[], shifts: boolean): number {
  if (rules.length === 1 && !shifts) return rules[0] + 1;
  let best = 0;
  let most = 0;
  for (const rule of rules) {
    const count = row.reduce((sum, entry) => sum + Number(entry === -(rule + 1)), 0);
    if (count > most) [most, best] = [count, rule + 1];
  }
  return best;
}
