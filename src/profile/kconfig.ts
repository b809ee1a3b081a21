// SPDX-License-Identifier: GPL-2.0-only
/**
 * Kernel configurations: `.config` files, and fragments of them that say what a kernel is to have.
 *
 * Source of the format: Documentation/kbuild/kconfig.rst and scripts/kconfig/confdata.c.
 *
 * @module
 */

/** Options by name, without CONFIG_. The value is as the file has it, quotes included; "n" where the option is not set. */
export type Kconfig = ReadonlyMap<string, string>;

const SET = /^CONFIG_(\w+)=(.+)$/;
const NOT_SET = /^# CONFIG_(\w+) is not set$/;

/**
 * Reads the text of a `.config` or of a fragment. Of two lines for one option the last counts; comments are passed over.
 *
 * @throws {Error} naming the line that is neither an option nor a comment
 */
export function readKconfig(text: string): Kconfig {
  const options = new Map<string, string>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const set = SET.exec(line);
    const name = set?.[1] ?? NOT_SET.exec(line)?.[1];
    if (name === undefined) {
      if (line === "" || line.startsWith("#")) continue;
      throw new Error(`line ${index + 1}: "${line}" is neither CONFIG_NAME=value nor a comment`);
    }
    options.delete(name);
    options.set(name, set?.[2] ?? "n");
  }
  return options;
}

/** The text that {@link readKconfig} reads. */
export function writeKconfig(options: Kconfig): string {
  return [...options].map(([name, value]) => `${value === "n" ? `# CONFIG_${name} is not set` : `CONFIG_${name}=${value}`}\n`)
    .join("");
}

/**
 * One configuration from several: where two have an option, the later one counts.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mergeFragments, readKconfig, writeKconfig } from "./kconfig.ts";
 * const common = readKconfig("CONFIG_SMP=y\nCONFIG_MODULES=y\n");
 * const own = readKconfig("# One processor.\n# CONFIG_SMP is not set\n");
 * assertEquals(writeKconfig(mergeFragments([common, own])), "CONFIG_MODULES=y\n# CONFIG_SMP is not set\n");
 * ```
 */
export function mergeFragments(fragments: readonly Kconfig[]): Kconfig {
  const merged = new Map<string, string>();
  for (const [name, value] of fragments.flatMap((fragment) => [...fragment])) {
    merged.delete(name);
    merged.set(name, value);
  }
  return merged;
}

/** What of a fragment the configuration made from it does not have: another option that it depends on is missing. */
export function notHonoured(fragment: Kconfig, made: Kconfig): string[] {
  return [...fragment].filter(([name, value]) => (made.get(name) ?? "n") !== value).map(([name, value]) =>
    `CONFIG_${name}=${value}`
  );
}

/** The options that the model asks for, in the order in which a profile lists them. */
export const LOADER_OPTIONS: readonly string[] = [
  "MODULES",
  "MODULE_SIG",
  "MODULE_SIG_FORCE",
  "MODULE_UNLOAD",
  "MODULE_FORCE_UNLOAD",
  "MODULE_UNLOAD_TAINT_TRACKING",
  "MODULE_FORCE_LOAD",
  "MODVERSIONS",
  "MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS",
  "MODULE_DECOMPRESS",
  "MODULE_COMPRESS_GZIP",
  "MODULE_COMPRESS_XZ",
  "MODULE_COMPRESS_ZSTD",
  "KALLSYMS",
  "KALLSYMS_ALL",
  "STRICT_MODULE_RWX",
  "LIVEPATCH",
  "CONSTRUCTORS",
  "SYSFS",
  "PREEMPT",
  "SMP",
  "SMP_ON_UP",
  "THUMB2_KERNEL",
  "CPU_ENDIAN_BE8",
  "XIP_KERNEL",
  "HIGHMEM",
  "ARM_LPAE",
  "ARM_MODULE_PLTS",
  "ARM_HAS_GROUP_RELOCS",
  "ARM_PATCH_PHYS_VIRT",
  "ARM_UNWIND",
  "GENERIC_BUG",
  "DEBUG_BUGVERBOSE",
  "DYNAMIC_FTRACE",
  "FTRACE_MCOUNT_RECORD",
  "EVENT_TRACING",
  "TRACING",
  "TRACEPOINTS",
  "TREE_SRCU",
  "BPF_EVENTS",
  "JUMP_LABEL",
  "KPROBES",
  "DYNAMIC_DEBUG_CORE",
  "INTEGRITY_PLATFORM_KEYRING",
  "FORTIFY_SOURCE",
  "SECURITY_LOCKDOWN_LSM",
  "HZ_100",
  "HZ_200",
  "HZ_250",
  "HZ_300",
  "HZ_500",
  "HZ_1000",
];

/** Those options of a kernel that are `y` and that the model asks for. */
export function loaderOptions(config: Kconfig): string[] {
  return LOADER_OPTIONS.filter((name) => config.get(name) === "y");
}
