// SPDX-License-Identifier: GPL-2.0-only
/**
 * What two kernels export differently, and which modules feel it.
 *
 * Models: the reasons for which resolve_symbol() of kernel/module/main.c refuses a symbol: absent, for the GPL only, in a namespace that is
 * not imported, of another CRC.
 *
 * @module
 */

import { SHN, STB } from "../elf/constants.ts";
import { hex32 } from "../elf/word.ts";
import { GPL_COMPATIBLE } from "../module/taints.ts";
import { type ElfInfo, stringAt } from "./elf_info.ts";
import type { SymversEntry } from "./symvers.ts";

/** How an export differs. A fact that one of the two files has no column for is none that changed. */
export interface ExportChange {
  readonly name: string;
  readonly old: SymversEntry;
  /** Undefined where it vanished. */
  readonly new: SymversEntry | undefined;
  readonly crc: boolean;
  /** It is for the GPL only now. */
  readonly toGpl: boolean;
  readonly namespace: boolean;
}

/** All differences of two lists of exports. */
export interface SymversDiff {
  /** In the order of the old list. */
  readonly changed: readonly ExportChange[];
  /** Exports that the old list has not. */
  readonly added: readonly SymversEntry[];
}

function byName(entries: readonly SymversEntry[]): Map<string, SymversEntry> {
  const map = new Map<string, SymversEntry>();
  for (const entry of entries) if (!map.has(entry.name)) map.set(entry.name, entry);
  return map;
}

function differ<T>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** Compares two lists by the symbols' names. */
export function diffSymvers(before: readonly SymversEntry[], after: readonly SymversEntry[]): SymversDiff {
  const old = byName(before);
  const fresh = byName(after);
  const changed = [...old.values()].map((entry): ExportChange => {
    const now = fresh.get(entry.name);
    return {
      name: entry.name,
      old: entry,
      new: now,
      crc: differ(entry.crc, now?.crc),
      toGpl: entry.gpl === false && now?.gpl === true,
      namespace: differ(entry.namespace, now?.namespace),
    };
  });
  return {
    changed: changed.filter((each) => each.new === undefined || each.crc || each.toGpl || each.namespace),
    added: [...fresh.values()].filter(({ name }) => !old.has(name)),
  };
}

/** One difference in words. */
export function changeTexts({ old, new: now, crc, toGpl, namespace }: ExportChange): string[] {
  if (now === undefined) return [`vanished from ${old.module}`];
  return [
    ...(crc ? [`CRC ${hex32(old.crc)} became ${hex32(now.crc)}`] : []),
    ...(toGpl ? ["is for the GPL only now"] : []),
    ...(namespace ? [`namespace ${JSON.stringify(old.namespace)} became ${JSON.stringify(now.namespace)}`] : []),
  ];
}

/** What a module asks of the kernel that it is loaded into. */
export interface ModuleNeeds {
  /** Undefined symbols that are not weak. */
  readonly imports: readonly string[];
  /** The CRCs of __versions, with that of module_layout. */
  readonly versions: ReadonlyMap<string, number>;
  readonly isGplCompatible: boolean;
  readonly importedNamespaces: ReadonlySet<string>;
}

/** struct modversion_info. */
const MODVERSION_INFO_SIZE = 64;

/** The CRCs that a module expects, by name. */
export function moduleVersions(elf: ElfInfo): Map<string, number> {
  const versions = new Map<string, number>();
  const section = elf.names.indexOf("__versions");
  if (section < 0) return versions;
  const data = elf.dataOf(section);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + MODVERSION_INFO_SIZE <= data.length; at += MODVERSION_INFO_SIZE) {
    versions.set(stringAt(data, at + 4, at + MODVERSION_INFO_SIZE), view.getUint32(at, true));
  }
  return versions;
}

/** Reads what a module needs. */
export function moduleNeeds(elf: ElfInfo): ModuleNeeds {
  const imports: string[] = [];
  for (let symbol = 1; symbol < elf.symbolCount; symbol++) {
    const isImport = elf.symbolShndx(symbol) === SHN.UNDEF && elf.symbolBinding(symbol) === STB.GLOBAL;
    if (isImport) imports.push(elf.symbolName(symbol));
  }
  return {
    imports,
    versions: moduleVersions(elf),
    isGplCompatible: elf.modinfo("license").every((license) => GPL_COMPATIBLE.has(license)),
    importedNamespaces: new Set(elf.modinfo("import_ns")),
  };
}

/**
 * Why a module that the old kernel takes is refused by the new one, by the changes alone: one sentence for each symbol.
 *
 * A module that was built for the new CRCs already is not broken by them.
 */
export function whatBreaks(needs: ModuleNeeds, diff: SymversDiff): string[] {
  const changes = new Map(diff.changed.map((change) => [change.name, change]));
  const asked = new Set([...needs.imports, ...needs.versions.keys()]);
  return [...asked].flatMap((name) => {
    const change = changes.get(name);
    if (change === undefined) return [];
    const { new: now, crc, toGpl, namespace } = change;
    if (now === undefined) return [`${name} vanished`];
    const expected = needs.versions.get(name);
    const isImport = needs.imports.includes(name);
    return [
      ...(crc && expected !== undefined && expected !== now.crc ? [`${name} has another CRC`] : []),
      ...(toGpl && isImport && !needs.isGplCompatible ? [`${name} is for the GPL only`] : []),
      ...(namespace && isImport && now.namespace !== undefined && now.namespace !== "" &&
          !needs.importedNamespaces.has(now.namespace)
        ? [`${name} is in namespace ${now.namespace}, which is not imported`]
        : []),
    ];
  });
}
