// SPDX-License-Identifier: GPL-2.0-only
/**
 * The host of the command line, which is fetched only when something has to be hashed or verified.
 *
 * @module
 */

import type { Host } from "../kernel/host.ts";

/** node_host.ts, when it is needed. */
export async function nodeHostLazily(): Promise<Host> {
  return (await import("./node_host.ts")).nodeHost;
}
