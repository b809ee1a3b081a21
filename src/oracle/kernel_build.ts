// SPDX-License-Identifier: GPL-2.0-only
/**
 * How a kernel is built, as the table `build` of its `kernel.toml` has it, and where its build lies in the cache.
 *
 *     [build]
 *     base = "allnoconfig"                             # what the configuration begins with: a target of the kernel's Makefile
 *     fragments = ["../virt.config", "kernel.config"]  # what it is to have, beside kernel.toml
 *     dtb = "nxp/imx/imx6ul-14x14-evk.dtb"             # a device tree to build too
 *     compiler = "arm-linux-gnueabihf-gcc ..."         # what built the image below
 *     [build.source]                                   # the Debian package that has the source
 *     [build.image]                                    # size and sha256 of the image that the profile is of
 *
 *     <cache>/build/<package>_<version>     the source, which no build writes to
 *     <cache>/build/<release>               the build of a kernel
 *
 * @module
 */

import type { DebianPackage } from "./packages/debian_package.ts";
import type { Facts } from "./kernel_facts.ts";
import type { FileFacts } from "./verify.ts";

export interface KernelBuild {
  /** uname -r. */
  release: string;
  base: string;
  fragments: readonly string[];
  dtb?: string;
  trustedKeys: readonly string[];
  source: DebianPackage;
  /** What the profile was made from; absent before there is one. */
  recorded?: { image: FileFacts; compiler: string };
}

/**
 * Reads the table.
 *
 * @throws {InputError} naming the key that is missing or wrong
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { Facts } from "./kernel_facts.ts";
 * import { parseBuild } from "./kernel_build.ts";
 * assertThrows(() => parseBuild(new Facts({ build: {} }, "6.12.0", "")), Error, "build.base must be a string");
 * ```
 */
export function parseBuild(facts: Facts): KernelBuild {
  const release = facts.whose;
  if (!facts.has("build")) facts.fail(`it has no table build; "deno task kernel:fetch --kernel ${release}" brings the image`);
  const own = facts.table("build");
  return {
    release,
    base: own.text("base"),
    fragments: own.texts("fragments"),
    ...(own.has("dtb") ? { dtb: own.text("dtb") } : {}),
    trustedKeys: facts.has("trusted_keys") ? facts.texts("trusted_keys") : [],
    source: own.table("source").package(),
    ...(own.has("image") ? { recorded: { image: own.table("image").file(), compiler: own.text("compiler") } } : {}),
  };
}

/** Where the source of a kernel is in the cache. */
export function sourceTree(cache: string, { name, version }: DebianPackage): string {
  return `${cache}/build/${name}_${version}`;
}

/** Where a kernel is built in the cache. */
export function buildTree(cache: string, release: string): string {
  return `${cache}/build/${release}`;
}

/**
 * Text of a PEM file with certificates.
 *
 * @param certificates in DER
 */
export function pemOf(certificates: readonly Uint8Array[]): string {
  return certificates.map((der) => {
    const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g) ?? [];
    return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
  }).join("");
}
