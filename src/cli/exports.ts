// SPDX-License-Identifier: GPL-2.0-only
/**
 * `insmodel exports`: what a kernel or a module exports, and what a module needs, with who has it.
 *
 * @module
 */

import { ET } from "../elf/constants.ts";
import { ElfError, readImage } from "../elf/image.ts";
import { hex32 } from "../elf/word.ts";
import type { ExportedSymbol } from "../kernel/exports.ts";
import { UnknownFact } from "../kernel/fault.ts";
import { encodeName } from "../elf/writer.ts";
import { symversLine } from "../kbuild/symvers.ts";
import { KernelImageError } from "../profile/kernel_image.ts";
import { kernelExports } from "../profile/vmlinux_exports.ts";
import { exportsOf, importsOf } from "../report/inspect_linkage.ts";
import { InputError } from "../suite/input_error.ts";
import { asModule } from "../suite/module_files.ts";
import { readInput } from "./inputs.ts";
import type { CommandIo } from "./io.ts";
import { openProfile } from "./kernel_option.ts";
import { readOptions, UsageError } from "./options.ts";
import { readSymvers } from "./symvers_file.ts";

/** An export, as it is printed. */
interface ExportRow {
  name: string;
  /** The address in a kernel, absent in a module, which has none yet. */
  value?: string;
  gpl: boolean;
  namespace: string;
  crc?: string;
}

/** An undefined symbol, as it is printed. */
interface ImportRow {
  name: string;
  weak: boolean;
  /** The CRC that __versions expects. */
  crc?: string;
  /** Those that export it. */
  providers: { module: string; crc: string | undefined; gpl?: boolean }[];
  /** The fact that is not known of the kernel, where that is why no provider is named. */
  unknown?: string;
}

interface Tables {
  exports: ExportRow[];
  /** Of a module. */
  imports?: ImportRow[];
}

/** Exports by name, of the kernel and of the modules in files of Module.symvers. */
type Providers = (name: string) => Pick<ImportRow, "providers" | "unknown">;

async function providersOf(kernel: string | undefined, files: readonly string[], io: CommandIo): Promise<Providers> {
  const profile = files.length > 0 && kernel === undefined ? undefined : await openProfile(kernel, io);
  const listed = new Map<string, ImportRow["providers"]>();
  for (const { name, module, crc, gpl = false } of files.flatMap((path) => readSymvers(path, io))) {
    const provider = { module, crc: hex32(crc), gpl };
    listed.set(name, [...listed.get(name) ?? [], provider]);
  }
  return (name) => {
    const others = listed.get(name) ?? [];
    try {
      const found = profile?.exports.find(name);
      const crc = found?.crc === undefined ? undefined : hex32(found.crc);
      const own = found === undefined ? [] : [{ module: "vmlinux", crc, ...licenceOf(found) }];
      return { providers: [...own, ...others] };
    } catch (error) {
      if (!(error instanceof UnknownFact)) throw error;
      return { providers: others, ...(others.length > 0 ? {} : { unknown: error.what }) };
    }
  };
}

/** Whether an export is for the GPL only, where that is known. */
function licenceOf(symbol: ExportedSymbol): { gpl?: boolean } {
  try {
    return { gpl: symbol.gplOnly };
  } catch (error) {
    if (error instanceof UnknownFact) return {};
    throw error;
  }
}

function moduleTables(bytes: Uint8Array, providers: Providers): Tables {
  const subject = { image: readImage(bytes) };
  return {
    exports: exportsOf(subject).map(({ name, gplOnly, namespace, crc }) => ({
      name,
      gpl: gplOnly,
      namespace,
      ...(crc === undefined ? {} : { crc }),
    })),
    imports: importsOf(subject).symbols.map((symbol) => ({ ...symbol, ...providers(symbol.name) })),
  };
}

async function kernelTables(bytes: Uint8Array): Promise<Tables> {
  const exports = await kernelExports(bytes);
  return {
    exports: exports.map(({ name, value, gpl, namespace, crc }) => ({
      name,
      value: hex32(value),
      gpl,
      namespace,
      ...(crc === undefined ? {} : { crc: hex32(crc) }),
    })),
  };
}

function exportLine({ name, value, gpl, namespace, crc }: ExportRow): string {
  const place = value === undefined ? "" : `${value}  `;
  const licence = `EXPORT_SYMBOL${gpl ? "_GPL" : ""}`.padEnd("EXPORT_SYMBOL_GPL".length);
  return `${place}${crc ?? "no CRC    "}  ${licence}  ${name}${namespace === "" ? "" : `  namespace ${namespace}`}\n`;
}

function importLine({ name, weak, crc, providers, unknown }: ImportRow): string {
  const found = providers.map((each) => {
    const differs = crc !== undefined && each.crc !== undefined && each.crc !== crc;
    return `${each.module}${each.gpl === undefined ? " (GPL or not is unknown)" : each.gpl ? " (GPL)" : ""}${
      differs ? ` with another CRC: ${each.crc}` : ""
    }`;
  });
  const owner = found.length > 0 ? found.join(", ") : unknown ?? "nobody";
  return `${crc ?? "no CRC    "}  ${name}${weak ? " (weak)" : ""}  from ${owner}\n`;
}

function text({ exports, imports }: Tables): string {
  const given = exports.map(exportLine).join("");
  if (imports === undefined) return given;
  return `exports: ${exports.length}\n${given}imports: ${imports.length}\n${imports.map(importLine).join("")}`;
}

/** @returns the exit code: 0, or 1 where nobody exports what a module needs, or exports it with another CRC */
export async function exportsCommand(args: readonly string[], io: CommandIo): Promise<number> {
  const { options, rest } = readOptions(args, {
    kernel: "string",
    symvers: "strings",
    json: "boolean",
    "as-symvers": "boolean",
  });
  if (rest.length !== 1) {
    throw new UsageError(rest.length === 0 ? "no file is named" : `one file at a time, not ${rest.length}`);
  }
  const [path] = rest;
  const file = readInput(io.resolve(path), "file");
  const { plain, compression } = await asModule(file);
  const bytes = plain.length > 0 ? plain : file;
  let tables: Tables;
  try {
    const isModule = readableType(bytes) === ET.REL;
    tables = isModule
      ? moduleTables(bytes, await providersOf(options.kernel, options.symvers ?? [], io))
      : await kernelTables(compression === undefined ? file : bytes);
  } catch (error) {
    if (!(error instanceof ElfError) && !(error instanceof KernelImageError)) throw error;
    throw new InputError(`Cannot read "${path}": ${error.message}`);
  }
  if (options.json) io.out(`${JSON.stringify(tables, undefined, 2)}\n`);
  else if (options["as-symvers"]) io.out(symversText(tables, path));
  else io.out(text(tables));
  const isMissing = ({ weak, crc, providers, unknown }: ImportRow) =>
    !weak && unknown === undefined &&
    !providers.some((each) => crc === undefined || each.crc === undefined || each.crc === crc);
  return (tables.imports ?? []).some(isMissing) ? 1 : 0;
}

/** e_type; undefined of what is no ELF file. */
function readableType(bytes: Uint8Array): number | undefined {
  return encodeName("\x7fELF").every((byte, i) => bytes[i] === byte) ? bytes[16] | bytes[17] << 8 : undefined;
}

function symversText({ exports, imports }: Tables, path: string): string {
  const module = imports === undefined ? "vmlinux" : path.slice(path.lastIndexOf("/") + 1).replace(/\.ko.*$/, "");
  return exports.map(({ name, crc = "0", gpl, namespace }) =>
    symversLine({ name, module, crc: parseInt(crc, 16), gpl, namespace })
  ).join("");
}
