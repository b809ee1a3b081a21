// SPDX-License-Identifier: GPL-2.0-only
/**
 * Writes the text of a profile's `kernel.toml`: what a person has decided about the kernel, and what its build and its boot tell.
 *
 * @module
 */

import type { AddressRange } from "../kernel/execmem.ts";
import type { FieldPlace } from "../kernel/profile.ts";
import { MASKED_FIELDS, type ModuleFacts } from "./struct_module.ts";

/** A value of TOML that a profile has. */
export type TomlValue = string | number | boolean | readonly string[] | { readonly [key: string]: TomlValue };
export type TomlTable = Readonly<Record<string, TomlValue>>;

/** What the build tree tells. */
export interface BuiltFacts extends ModuleFacts {
  /** uname -r. */
  release: string;
  /** The options that are y and that the loader asks for. */
  config: readonly string[];
  pageOffset: number;
  /** The first page behind the kernel's image. */
  kernelEnd: number;
  /** The reserved per-CPU chunk; undefined for a kernel that has none. */
  percpuReserved: AddressRange | undefined;
  /** Addresses of functions. */
  symbols: ReadonlyMap<string, number>;
  /** CRC-32 of the text of exports.tsv. */
  exportsCrc32: number;
}

/** What the booted kernel tells. */
export interface BootedFacts {
  smp: boolean;
  /** PHYS_OFFSET - PAGE_OFFSET; undefined for a kernel that does not patch itself for it. */
  pvOffset: number | undefined;
  freePages: number;
  vmalloc: AddressRange;
  vmallocTaken: readonly AddressRange[];
  staticKeysOn: readonly number[];
  staticKeysOff: readonly number[];
  builtinModules: readonly string[];
}

/** What a person has decided. */
export interface DecidedFacts {
  alias: string;
  trustedKeys: readonly string[];
  /** The table `qemu`. */
  qemu: TomlTable;
  /** The table `build`. */
  build: TomlTable;
  /** The table `variables`: bytes of exported variables, read from the booted guest's memory. */
  variables?: TomlTable;
  /** The tables `nondeterministic`. */
  nondeterministic: readonly TomlTable[];
}

const VARIABLES_COMMENT =
  "# Exported variables that modules' code reads, as boot leaves them: bytes, read from the booted guest's memory.\n";

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function inline(value: TomlValue): string {
  if (Array.isArray(value)) return `[${value.map((each) => JSON.stringify(each)).join(", ")}]`;
  return JSON.stringify(value);
}

/** A list in brackets, so many to a line. */
export function list(items: readonly string[], perLine: number): string {
  if (items.length === 0) return "[]";
  let text = "[\n";
  for (let at = 0; at < items.length; at += perLine) text += `  ${items.slice(at, at + perLine).join(", ")},\n`;
  return `${text}]`;
}

/** Texts in quotes. */
export const quoted = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text));
/** A pair of addresses. */
export const range = ({ start, end }: AddressRange) => `["${hex(start)}", "${hex(end)}"]`;

/** A table with its inner tables behind it. */
function table(path: string, values: TomlTable): string {
  const isTable = (value: TomlValue): value is TomlTable => typeof value === "object" && !Array.isArray(value);
  const entries = Object.entries(values);
  const own = entries.flatMap(([key, value]) => isTable(value) ? [] : [`${key} = ${inline(value)}\n`]).join("");
  const inner = entries.flatMap(([key, value]) => isTable(value) ? [`\n${table(`${path}.${key}`, value)}`] : []).join("");
  return `[${path}]\n${own}${inner}`;
}

function maskedFields(fields: ReadonlyMap<string, FieldPlace>): string {
  const known = new Set([...fields.keys()].map((name) => name.replace(/\[\d+\]/, "[]")));
  const lines = MASKED_FIELDS.flatMap(([names, why]) => {
    const present = names.split(" ").filter((name) => known.has(name));
    return present.length === 0 ? [] : [`  ${`${quoted(present).join(", ")},`.padEnd(36)} # ${why}\n`];
  });
  return `[\n${lines.join("")}]`;
}

/** The line of a field. */
export function place(name: string, [offset, size]: FieldPlace): string {
  return `${/^\w+$/.test(name) ? name : JSON.stringify(name)} = [${offset}, ${size}]\n`;
}

/** The text of `kernel.toml`. */
export function kernelToml(decided: DecidedFacts, built: BuiltFacts, booted: BootedFacts): string {
  const places = [...built.fields];
  const isPart = (name: string) => /[.[]/.test(name);
  const keys = (addresses: readonly number[]) => list(quoted(addresses.map(hex)), 6);
  return `# Facts of one kernel. Made by \`deno task kernel:profile\` from the kernel as it was built and booted, but for alias, trusted_keys,
# qemu and build; not edited by hand.

release = ${inline(built.release)}
alias = ${inline(decided.alias)}
vermagic = ${inline(built.vermagic)}
origin = "recorded"

# Options that are y and that the loader asks for.
config = ${list(quoted(built.config), 5)}

# CRC-32 of the text in exports.tsv.gz, as \`gzip -lv\` shows it.
exports_crc32 = ${hex(built.exportsCrc32)}

# Certificates built into the kernel, beside this file.
trusted_keys = ${inline(decided.trustedKeys)}

# The board that QEMU gives it.
${table("qemu", decided.qemu)}
# How \`deno task kernel:build\` makes it: the package that its source is in, and the image that came of it.
${table("build", decided.build)}
# MODULES_VADDR and MODULES_END follow from page_offset and the configuration.
[memory]
page_offset = ${hex(built.pageOffset)}
# The first page behind the kernel's image; kmalloc()'s memory lies above.
kernel_end = ${hex(built.kernelEnd)}
vmalloc = ${range(booted.vmalloc)}

[machine]
# is_smp().
smp = ${booted.smp}
# PHYS_OFFSET - PAGE_OFFSET, where the kernel patches itself for it.
${booted.pvOffset === undefined ? "" : `pv_offset = ${booted.pvOffset}\n`}free_pages = ${booted.freePages}
# Per-CPU pointers of the chunk that is reserved for modules; empty where there is none.
percpu_reserved = ${range(built.percpuReserved ?? { start: 0, end: 0 })}
# Exported static keys that boot has switched.
static_keys_on = ${keys(booted.staticKeysOn)}
static_keys_off = ${keys(booted.staticKeysOff)}
# Names that /sys/module has without any module: what is built in.
builtin_modules = ${list(quoted(booted.builtinModules), 6)}
# Areas of vmalloc space that the booted kernel holds, guard pages included.
vmalloc_taken = ${list(booted.vmallocTaken.map(range), 4)}

# Addresses of functions: those that the loader itself puts into a module, and those that recording stops at.
[symbols]
${[...built.symbols].map(([name, address]) => `${name} = ${hex(address)}\n`).join("")}
# Offset and size in bytes of each field.
[struct_module]
size = ${built.size}
# Fields (and parts of them, see below) whose values just before init are not compared: they tell of the kernel's heap and of its own lists.
masked_fields = ${maskedFields(built.fields)}

[struct_module.fields]
${places.filter(([name]) => !isPart(name)).map(([name, at]) => place(name, at)).join("")}# Parts of fields.
${places.filter(([name]) => isPart(name)).map(([name, at]) => place(name, at)).join("")}${
    decided.variables === undefined ? "" : `\n${VARIABLES_COMMENT}${table("variables", decided.variables)}`
  }${decided.nondeterministic.map((each) => `\n[${table("nondeterministic", each).replace("]", "]]")}`).join("")}`;
}
