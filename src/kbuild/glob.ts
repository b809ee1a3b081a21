// SPDX-License-Identifier: GPL-2.0-only
/**
 * Lists of shell patterns, as modpost matches the names of sections and symbols by.
 *
 * Models: match() of scripts/mod/modpost.c (fnmatch(3) without flags; of its signs modpost uses `*` alone).
 *
 * @module
 */

/** A list of patterns; answers are remembered, since few names are asked for often. */
export class Patterns {
  readonly #pattern: RegExp;
  readonly #known = new Map<string, boolean>();

  constructor(...patterns: readonly string[]) {
    const sources = patterns.map((each) => each.replace(/[.+^$()|[\]{}\\]/g, "\\$&").replaceAll("*", "[^]*"));
    this.#pattern = new RegExp(`^(?:${sources.join("|")})$`);
  }

  matches(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const answer = this.#pattern.test(name);
    this.#known.set(name, answer);
    return answer;
  }
}
