// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module as the loader sees it: loaded in the engine, with each section's place and its bytes after relocation.
 *
 * @module
 */

import { SHN, STT, symbolType } from "../../src/elf/constants.ts";
import { readImage } from "../../src/elf/image.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { exportsOf } from "../../src/report/inspect_linkage.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import { asModule } from "../../src/suite/module_files.ts";

/** What two links of one module are to agree on. */
export interface Loaded {
  readonly rc: number | undefined;
  readonly log: readonly string[];
  /** By name: region, address, size, and bytes in hex where they are to be the same. */
  readonly sections: Readonly<Record<string, string>>;
  /** Names, licences, CRCs and namespaces. */
  readonly exports: readonly string[];
  /** Symbols but those of sections, files and mapping symbols: name, value, size, type and binding, section. Sorted, since their order means nothing. */
  readonly symbols: readonly string[];
}

/** Sections whose bytes go by the number and order of symbols, or identify the file; struct module counts the symbols. */
const WITHOUT_BYTES = [".note.gnu.build-id", ".gnu.linkonce.this_module"];
/** Tables of symbols, which are compared by their entries. */
const SYMBOL_TABLES = [".symtab", ".strtab"];

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Loads modules in their order into one kernel; the last one is shown. */
export async function loaded(profile: KernelProfile, modules: readonly Uint8Array[]): Promise<Loaded> {
  const target = new ModelTarget(profile, { regions: true, read: async (path) => await asModule(modules[Number(path)]) });
  const steps = modules.map((_, i) => ({ insmod: String(i), params: "" }));
  let shown: Loaded | undefined;
  for await (const { outcome, images } of target.run({ cmdline: "", steps })) {
    const image = readImage(modules[outcome.step]);
    const placed = Object.entries(outcome.sections ?? {}).filter(([name]) => !SYMBOL_TABLES.includes(name));
    const places = placed.map(([name, { address, size, region }]) => {
      const at = Number(address);
      const memory = images.find(({ base, bytes }) => at >= base && at < base + bytes.length);
      const bytes = memory === undefined || WITHOUT_BYTES.includes(name)
        ? ""
        : hexOf(memory.bytes.subarray(at - memory.base, at - memory.base + size));
      return [name, `${region} ${address} ${size} ${bytes}`];
    });
    const sectionName = (shndx: number) => shndx >= SHN.LORESERVE ? String(shndx) : image.sections[shndx]?.name ?? "";
    shown = {
      rc: outcome.rc,
      log: outcome.log.map(({ text }) => text),
      sections: Object.fromEntries(places),
      exports: exportsOf({ image }).map((each) => JSON.stringify(each)),
      symbols: image.symbols.filter(({ name, record }) =>
        name !== "" && !name.startsWith("$") && symbolType(record.st_info) !== STT.FILE
      ).map(({ name, record }) =>
        [name, record.st_value, record.st_size, record.st_info, sectionName(record.st_shndx)].join(" ")
      ).sort(),
    };
  }
  if (shown === undefined) throw new Error("no module was loaded");
  return shown;
}
