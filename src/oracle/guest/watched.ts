// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's functions that a guest is stopped at. Their addresses come from the booted kernel itself: its agent looks them up in
 * /proc/kallsyms before the snapshot is made (the files `watch` and `addresses`, see agent/agent.c). For a kernel without
 * CONFIG_KALLSYMS they are those of its profile, the table `symbols` of kernel.toml.
 *
 * @module
 */

import { InputError } from "../../suite/input_error.ts";

/** By what a stop there means. `placed` and `beforeInit` have the struct module in r0. */
const WATCHED = {
  /** The module has its place in the list of modules, and its regions. */
  placed: "mod_tree_insert",
  /** What is left is to run the module's init. */
  beforeInit: "do_init_module",
  /** Where panic() ends, with `panic=-1` on the command line. */
  panicked: "emergency_restart",
} as const;

/** Addresses as unsigned 32-bit numbers; a function that the compiler has made a part of another has none. */
export interface WatchedAddresses {
  placed?: number;
  beforeInit: number;
  panicked?: number;
}

/** The text of `watch`: one name a line. */
export const WATCH_TEXT = Object.values(WATCHED).map((name) => `${name}\n`).join("");

/**
 * Reads the text of `addresses`: name and address in hex, one function a line.
 *
 * @param known the addresses of the profile, where the text has none
 * @throws {InputError} where neither gives the one address that nothing can be watched without
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAddresses } from "./watched.ts";
 * assertEquals(parseAddresses("do_init_module c03e6f58\n", new Map()), { beforeInit: 0xc03e6f58 });
 * assertEquals(parseAddresses("", new Map([["do_init_module", 0xc03e6f58]])), { beforeInit: 0xc03e6f58 });
 * ```
 */
export function parseAddresses(text: string, known: ReadonlyMap<string, number>): WatchedAddresses {
  const found = new Map<string, number>();
  for (const line of text.trim().split("\n")) {
    const [name, address] = line.split(" ");
    if (!found.has(name)) found.set(name, parseInt(address, 16));
  }
  const addressOf = (name: string) => found.get(name) ?? known.get(name);
  const beforeInit = addressOf(WATCHED.beforeInit);
  if (!beforeInit) {
    throw new InputError(
      `Cannot watch the guest: neither its /proc/kallsyms nor kernel.toml's table symbols has ${WATCHED.beforeInit}`,
    );
  }
  const placed = addressOf(WATCHED.placed);
  const panicked = addressOf(WATCHED.panicked);
  return { beforeInit, ...(placed ? { placed } : {}), ...(panicked ? { panicked } : {}) };
}
