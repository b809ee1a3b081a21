// SPDX-License-Identifier: GPL-2.0-only
/**
 * Types of the parts of the Deno standard library that are used here. The npm package that carries the library has none; with the library's
 * own packages (see CONTRIBUTING.md) this file and its mention in deno.json go.
 */

declare module "@std/assert" {
  /** A class, or something else with a prototype. */
  type ClassOf<T> = abstract new (...args: never[]) => T;
  export class AssertionError extends Error {}
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertLessOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertInstanceOf<T>(actual: unknown, expected: ClassOf<T>, message?: string): asserts actual is T;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, message?: string): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass?: ClassOf<E>,
    messageIncludes?: string,
    message?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass?: ClassOf<E>,
    messageIncludes?: string,
    message?: string,
  ): Promise<E>;
  export function fail(message?: string): never;
}

declare module "@std/path" {
  export function basename(path: string | URL, suffix?: string): string;
  export function dirname(path: string | URL): string;
  export function fromFileUrl(url: string | URL): string;
  export function isAbsolute(path: string): boolean;
  export function join(...paths: string[]): string;
  export function relative(from: string, to: string): string;
  export function resolve(...paths: string[]): string;
  export function toFileUrl(path: string): URL;
}

declare module "@std/testing" {
  /** Compares a value with the one stored in `__snapshots__/`. */
  export function assertSnapshot<T>(context: Deno.TestContext, actual: T, message?: string): Promise<void>;
}

declare module "@std/cli" {
  /** What `parseArgs` is told of the options. */
  export interface ParseOptions {
    readonly boolean?: readonly string[];
    readonly string?: readonly string[];
    readonly collect?: readonly string[];
    readonly alias?: Readonly<Record<string, string>>;
    readonly stopEarly?: boolean;
    /** Keeps what stands behind `--` under that name. */
    readonly "--"?: boolean;
    readonly unknown?: (argument: string, key?: string, value?: unknown) => unknown;
  }
  /** `_` are the arguments that are no options. */
  export function parseArgs(
    args: readonly string[],
    options?: ParseOptions,
  ): { _: (string | number)[] } & Record<string, unknown>;
}

declare module "@std/text" {
  /** The words, those that are most like the given one first. */
  export function wordSimilaritySort(givenWord: string, possibleWords: readonly string[]): string[];
}
