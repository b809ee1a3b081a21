// SPDX-License-Identifier: GPL-2.0-only
/**
 * The Debian package that a kernel is in, as the table `package` of its `kernel.toml` has it.
 *
 * @module
 */

import { parse } from "smol-toml";
import { findRelease, GOLDEN_DIR } from "../profile/load_profile.ts";
import { InputError } from "../suite/input_error.ts";
import type { FileFacts } from "./verify.ts";

export interface KernelPackage extends FileFacts {
  /** uname -r. */
  release: string;
  /** Debian's name of the release that has the package. */
  suite: string;
  architecture: string;
  name: string;
  version: string;
  /** The file of the package that is booted, by its path there. */
  image: FileFacts & { path: string };
}

type Values = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the table.
 *
 * @throws {InputError} naming the key that is missing or wrong
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { parsePackage } from "./kernel_package.ts";
 * assertThrows(() => parsePackage("6.12.0", "[package]\nsuite = 1"), Error, "package.suite must be a string");
 * ```
 */
export function parsePackage(release: string, toml: string): KernelPackage {
  const fail = (what: string): never => {
    throw new InputError(`Cannot fetch ${release}: golden/${release}/kernel.toml: ${what}`);
  };
  const table = (values: Values, key: string, path: string): Values => {
    const value = values[key];
    return isTable(value) ? value : fail(`${path} must be a table`);
  };
  const text = (values: Values, key: string, path: string): string => {
    const value = values[key];
    return typeof value === "string" && value !== "" ? value : fail(`${path}.${key} must be a string`);
  };
  const facts = (values: Values, path: string): FileFacts => {
    const { size } = values;
    const sha256 = text(values, "sha256", path);
    if (typeof size !== "number") return fail(`${path}.size must be a number of bytes`);
    return /^[0-9a-f]{64}$/.test(sha256) ? { size, sha256 } : fail(`${path}.sha256 must have 64 hexadecimal digits`);
  };
  const own = table(parse(toml), "package", "package");
  const [suite, architecture, name, version] = ["suite", "architecture", "name", "version"].map((key) =>
    text(own, key, "package")
  );
  const image = table(own, "image", "package.image");
  return {
    release,
    suite,
    architecture,
    name,
    version,
    ...facts(own, "package"),
    image: { path: text(image, "path", "package.image"), ...facts(image, "package.image") },
  };
}

/**
 * The package of a kernel under `golden/`.
 *
 * @param id a release (uname -r) or an alias
 */
export async function readPackage(id: string): Promise<KernelPackage> {
  const release = findRelease(id);
  return parsePackage(release, await Deno.readTextFile(new URL(`${release}/kernel.toml`, GOLDEN_DIR)));
}
