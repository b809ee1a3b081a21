// SPDX-License-Identifier: GPL-2.0-only
/**
 * A TOML table whose keys are asked for one by one: a value of the wrong kind and a key that nobody asked for are errors that
 * name their place.
 *
 * @module
 */

import { evaluate, fit, type Scope } from "./number.ts";

/** A recipe that cannot be built: one line with file, place, value and what to do. */
export class RecipeError extends Error {
  override readonly name = "RecipeError";
}

export class Table {
  readonly #asked = new Set<string>();

  /**
   * @param place file and table, as `x.ko.toml: edit 2`
   * @param values what the TOML parser gave
   */
  constructor(readonly place: string, readonly values: Readonly<Record<string, unknown>>) {}

  /** Throws a {@link RecipeError}. */
  fail(problem: string, key?: string): never {
    const given = key !== undefined && this.values[key] !== undefined;
    const value = given ? `${key} = ${JSON.stringify(this.values[key])}: ` : "";
    throw new RecipeError(`Cannot build ${this.place}: ${value}${problem}`);
  }

  /** Runs `action`; an error without a place that it throws gets this one. */
  within<T>(action: () => T, key?: string): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof RecipeError || !(error instanceof Error)) throw error;
      return this.fail(error.message, key);
    }
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined;
  }

  raw(key: string): unknown {
    this.#asked.add(key);
    return this.values[key];
  }

  string(key: string, fallback?: string): string {
    const value = this.raw(key) ?? fallback;
    if (value === undefined) return this.fail(`the key ${key} is missing`);
    return typeof value === "string" ? value : this.fail("is no string", key);
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.raw(key) ?? fallback;
    return typeof value === "boolean" ? value : this.fail("is neither true nor false", key);
  }

  /** A name, or an index: what sections and symbols are called by. */
  reference(key: string, fallback?: number | string): number | string {
    const value = this.raw(key) ?? fallback;
    if (value === undefined) return this.fail(`the key ${key} is missing`);
    if (typeof value === "string") return value;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    return this.fail("is neither a name nor an index", key);
  }

  /** A number as an unsigned one of `bytes` bytes; `scope` gives the words that it may be made of. */
  number(key: string, fallback?: number, bytes = 4, scope?: Scope): number {
    const value = this.raw(key) ?? fallback;
    if (value === undefined) return this.fail(`the key ${key} is missing`);
    return this.within(() => {
      if (typeof value === "number") return fit(value, bytes);
      if (typeof value === "string") return fit(evaluate(value, scope), bytes);
      throw new Error("is no number");
    }, key);
  }

  /** A number, or undefined where the value is `false`. */
  numberOrNot(key: string, fallback?: number): number | undefined {
    return this.raw(key) === false ? undefined : this.number(key, fallback);
  }

  /** A string, or undefined where the value is `false` or, without a fallback, missing. */
  stringOrNot(key: string, fallback?: string): string | undefined {
    const value = this.raw(key) ?? fallback;
    return value === undefined || value === false ? undefined : this.string(key, fallback);
  }

  array(key: string): unknown[] {
    const value = this.raw(key) ?? [];
    return Array.isArray(value) ? value : this.fail("is no array", key);
  }

  strings(key: string): string[] {
    return this.array(key).map((each) => typeof each === "string" ? each : this.fail("is no array of strings", key));
  }

  table(key: string): Table {
    return this.#child(this.raw(key) ?? {}, key, `${this.place}, ${key}`);
  }

  tables(key: string): Table[] {
    return this.array(key).map((each, i) => this.#child(each, key, `${this.place}, ${key} ${i + 1}`));
  }

  #child(value: unknown, key: string, place: string): Table {
    const isTable = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
    return isTable ? new Table(place, value as Record<string, unknown>) : this.fail("is no table", key);
  }

  /** All keys have been asked for: any other one is an error. */
  done(): void {
    for (const key of Object.keys(this.values)) {
      if (!this.#asked.has(key)) this.fail(`unknown key ${key}; known here: ${[...this.#asked].join(", ")}`);
    }
  }
}
