// SPDX-License-Identifier: GPL-2.0-only
/**
 * A line of /proc/modules, read.
 *
 * @module
 */

import type { ModuleEntry } from "./outcome.ts";

const MODULE_LINE = /^(.*) (\d+) (-?\d+|-) (\S+) (Live|Loading|Unloading) (0x[0-9a-f]+)(?: \((.*)\))?$/;

/**
 * Reads one line; undefined for one that has not its form. A damaged module's name can hold any byte; of one with a newline the part
 * after it is what is left.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseModuleLine } from "./module_line.ts";
 * assertEquals(parseModuleLine("mc 53248 1 videodev, Live 0xbf000000"), {
 *   name: "mc", size: 53248, refcount: 1, usedBy: ["videodev"], state: "Live", address: "0xbf000000", taints: "",
 * });
 * assertEquals(parseModuleLine("mc 53248 - - Live 0xbf000000")?.refcount, null);
 * ```
 */
export function parseModuleLine(line: string): ModuleEntry | undefined {
  const found = MODULE_LINE.exec(line);
  if (!found) return undefined;
  const [, name, size, refcount, users, state, address, taints = ""] = found;
  return {
    name,
    size: Number(size),
    refcount: refcount === "-" ? null : Number(refcount),
    usedBy: users === "-" ? [] : users.split(",").filter((user) => user),
    state: state as ModuleEntry["state"],
    address,
    taints,
  };
}
