// SPDX-License-Identifier: GPL-2.0-only
/**
 * The Debian package that a kernel is in, as the table `package` of its `kernel.toml` has it.
 *
 * @module
 */

import type { DebianPackage } from "./debian_package.ts";
import type { Facts } from "../kernel_facts.ts";
import type { FileFacts } from "../verify.ts";

export interface KernelPackage extends DebianPackage {
  /** uname -r. */
  release: string;
  /** Names of the packages of the same version that modules are built against. */
  headers: readonly string[];
  /** The file of the package that is booted, by its path there. */
  image: FileFacts & { path: string };
}

/**
 * Reads the table.
 *
 * @throws {InputError} naming the key that is missing or wrong
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Facts } from "../kernel_facts.ts";
 * import { parsePackage } from "./kernel_package.ts";
 * const facts = new Facts({ package: { suite: 1 } }, "6.12.0", "");
 * assertThrows(() => parsePackage(facts), Error, "package.suite must be a string");
 * ```
 */
export function parsePackage(facts: Facts): KernelPackage {
  const release = facts.whose;
  if (facts.has("build")) facts.fail(`no package has this kernel; "deno task kernel:build ${release}" builds it`);
  const own = facts.table("package");
  const debian = own.package();
  const image = own.table("image");
  const headers = own.has("headers") ? own.texts("headers") : [];
  return { release, ...debian, headers, image: { path: image.text("path"), ...image.file() } };
}
