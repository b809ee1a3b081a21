// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's functions that a guest is stopped at. Their addresses come from the booted kernel itself: its agent looks them up in
 * /proc/kallsyms before the snapshot is made (the files `watch` and `addresses`, see agent/agent.c).
 *
 * @module
 */

/** By what a stop there means. `placed` and `beforeInit` have the struct module in r0. */
export const WATCHED = {
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
 * @throws where the kernel does not tell the one address that nothing can be watched without
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAddresses } from "./watched.ts";
 * assertEquals(parseAddresses("do_init_module c03e6f58\n"), { beforeInit: 0xc03e6f58 });
 * ```
 */
export function parseAddresses(text: string): WatchedAddresses {
  const found = new Map<string, number>();
  for (const line of text.trim().split("\n")) {
    const [name, address] = line.split(" ");
    if (!found.has(name)) found.set(name, parseInt(address, 16));
  }
  const beforeInit = found.get(WATCHED.beforeInit);
  if (!beforeInit) throw new Error(`Cannot watch the guest: its /proc/kallsyms gives no address of ${WATCHED.beforeInit}`);
  const placed = found.get(WATCHED.placed);
  const panicked = found.get(WATCHED.panicked);
  return { beforeInit, ...(placed ? { placed } : {}), ...(panicked ? { panicked } : {}) };
}
