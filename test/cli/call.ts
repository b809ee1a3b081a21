// SPDX-License-Identifier: GPL-2.0-only
/**
 * Commands as a user calls them, with what they print.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../src/cli/main.ts";

/** Calls `insmodel ARGS`. */
export async function call(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const code = await main(args, {
    out: (text) => out += text,
    err: (text) => err += text,
    resolve: (path) => path,
    input: () => Promise.resolve(""),
  });
  return { code, out, err };
}

/** Bad input: one line, exit code 2, and nothing on standard output. */
export async function refuses(args: string[], ...said: string[]): Promise<void> {
  const { code, out, err } = await call(...args);
  assertEquals([code, out, err.trimEnd().split("\n").length], [2, "", 1]);
  for (const each of said) assertStringIncludes(err, each);
}
