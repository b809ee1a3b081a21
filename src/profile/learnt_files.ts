// SPDX-License-Identifier: GPL-2.0-only
/**
 * Writes facts as the files of a profile: `kernel.toml`, `exports.tsv.gz` and certificates. A fact that is unknown has no key, or stands as
 * `?` in its column.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { hex32 } from "../elf/word.ts";
import { encodeName } from "../elf/writer.ts";
import { LOADER_OPTIONS } from "./kconfig.ts";
import type { KnownExport, KnownFacts } from "./known_facts.ts";
import { list, place, quoted, range } from "./kernel_toml.ts";

/** The text of exports.tsv. */
function exportsText(exports: ReadonlyMap<string, KnownExport>): string {
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  const rows = [...exports].sort(([a], [b]) => a < b ? -1 : 1);
  return rows.map(([name, { address, crc, gpl, namespace, isKernels }]) => {
    const columns = [
      name,
      address === undefined ? "?" : hex(address),
      crc === undefined ? "?" : crc === "none" ? "" : hex(crc),
      gpl === undefined ? "?" : gpl ? 1 : 0,
      namespace ?? "?",
      isKernels ? "vmlinux" : "?",
    ];
    return `${columns.join("\t")}\n`;
  }).join("");
}

/** A line of TOML for a fact, and nothing for one that is unknown. */
function line<T>(key: string, value: T | undefined, text: (value: T) => string): string {
  return value === undefined ? "" : `${key} = ${text(value)}\n`;
}

/** A part of the file under its comment; nothing where it has no lines. */
function part(heading: string, ...lines: readonly string[]): string {
  const text = lines.join("");
  return text === "" ? "" : `\n${heading}\n${text}`;
}

function kernelText(facts: KnownFacts, sources: readonly string[], exportsCrc32: number): string {
  const { release, vermagic, config, pageOffset, kernelEnd, percpuReserved, symbols, structSize, fields } = facts;
  const options = (isOn: boolean) => quoted(LOADER_OPTIONS.filter((name) => config.get(name) === isOn));
  const json = (value: string) => JSON.stringify(value);
  return `# Facts of one kernel, learnt from ${sources.join(", ")}. What is not here is not known.

origin = "learnt"
${line("release", release, json)}${line("vermagic", vermagic, json)}${
    part(
      "# Options that the loader asks for: those that are y, and those that are known not to be.",
      config.size === 0 ? "" : `config = ${list(options(true), 5)}\nconfig_off = ${list(options(false), 5)}\n`,
    )
  }
# Whether exports.tsv.gz has all that the kernel itself exports, and the CRC-32 of its text, as \`gzip -lv\` shows it.
all_exports = ${facts.hasAllExports}
exports_crc32 = ${hex32(exportsCrc32)}
${
    part(
      "# Certificates built into the kernel, beside this file.",
      line("trusted_keys", facts.trustedKeys, (keys) => `[${quoted(keys.map((_, i) => certificateName(i))).join(", ")}]`),
    )
  }${
    part(
      "# Where the kernel lies.\n[memory]",
      line("page_offset", pageOffset, hex32),
      line("kernel_end", kernelEnd, hex32),
    )
  }${part("[machine]", line("percpu_reserved", percpuReserved, range))}${
    part(
      "# Addresses of functions that the loader itself puts into a module.\n[symbols]",
      ...[...symbols].map(([name, address]) => `${name} = ${hex32(address)}\n`),
    )
  }${part("[struct_module]", line("size", structSize, String))}${
    part(
      "# Offset and size in bytes of the fields that are known.\n[struct_module.fields]",
      ...[...fields].map(([name, at]) => place(name, at)),
    )
  }`;
}

function certificateName(index: number): string {
  return `trusted-key-${index}.der`;
}

/**
 * The files of a profile.
 *
 * @param sources what the facts were learnt from, by name
 */
export function learntFiles(facts: KnownFacts, sources: readonly string[]): Map<string, Uint8Array> {
  const packed = gzipSync(encodeName(exportsText(facts.exports)), { level: 9 });
  const crc32 = new DataView(packed.buffer, packed.byteOffset).getUint32(packed.length - 8, true);
  return new Map<string, Uint8Array>([
    ...(facts.trustedKeys ?? []).map((key, i): [string, Uint8Array] => [certificateName(i), key]),
    ["exports.tsv.gz", packed],
    ["kernel.toml", new TextEncoder().encode(kernelText(facts, sources, crc32))],
  ]);
}
