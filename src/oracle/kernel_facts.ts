// SPDX-License-Identifier: GPL-2.0-only
/**
 * What `kernel.toml` says of where a kernel comes from, read with messages that name the key that is wrong.
 *
 * @module
 */

import { parse } from "smol-toml";
import { findRelease, GOLDEN_DIR } from "../profile/load_profile.ts";
import { firstLine, InputError } from "../suite/input_error.ts";
import type { DebianPackage } from "./packages/debian_package.ts";
import type { FileFacts } from "./verify.ts";

/** The values of a table of `kernel.toml`, asked for by key. */
export class Facts {
  /**
   * @param whose the release
   * @param path the table's name, empty for the whole file
   */
  constructor(readonly values: Readonly<Record<string, unknown>>, readonly whose: string, readonly path: string) {}

  fail(what: string): never {
    throw new InputError(`Cannot use golden/${this.whose}/kernel.toml: ${what}`);
  }

  #name(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  table(key: string): Facts {
    const value = this.values[key];
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.fail(`${this.#name(key)} must be a table`);
    return new Facts({ ...value }, this.whose, this.#name(key));
  }

  text(key: string): string {
    const value = this.values[key];
    return typeof value === "string" && value !== "" ? value : this.fail(`${this.#name(key)} must be a string`);
  }

  texts(key: string): string[] {
    const value = this.values[key];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    return this.fail(`${this.#name(key)} must be a list of strings`);
  }

  /** Size and hash of a file. */
  file(): FileFacts {
    const { size } = this.values;
    const sha256 = this.text("sha256");
    if (typeof size !== "number") return this.fail(`${this.#name("size")} must be a number of bytes`);
    return /^[0-9a-f]{64}$/.test(sha256)
      ? { size, sha256 }
      : this.fail(`${this.#name("sha256")} must have 64 hexadecimal digits`);
  }

  /** A Debian package. */
  package(): DebianPackage {
    const [suite, architecture, name, version] = ["suite", "architecture", "name", "version"].map((key) => this.text(key));
    return { suite, architecture, name, version, ...this.file() };
  }
}

/**
 * The values of the `kernel.toml` of a kernel under `golden/`.
 *
 * @param id a release (uname -r) or an alias
 * @throws {InputError} where the file is not there, or is no TOML
 */
export async function readFacts(id: string): Promise<Facts> {
  const release = await findRelease(id);
  try {
    return new Facts(parse(await Deno.readTextFile(new URL(`${release}/kernel.toml`, GOLDEN_DIR))), release, "");
  } catch (error) {
    throw new InputError(`Cannot use golden/${release}/kernel.toml: ${firstLine(error)}`);
  }
}
