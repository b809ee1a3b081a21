// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module as the loader sees it: loaded in the engine, with each section's place and its bytes after relocation.
 *
 * @module
 */

import { SHN } from "../../src/elf/constants.ts";
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
  /** Symbols: name, value, size, type and binding, section. Sorted, since their order means nothing. */
  readonly symbols: readonly string[];
}

/** Sections whose bytes go by the order of symbols, or identify the file. */
const WITHOUT_BYTES = [".note.gnu.build-id", ".symtab", ".strtab"];

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What a link and the same link stripped are to agree on: all but names of files, mapping symbols and the size of the tables of symbols. */
export function asStripped({ sections, symbols, ...rest }: Loaded): Loaded {
  const { ".symtab": _symtab, ".strtab": _strtab, ".gnu.linkonce.this_module": _module, ...others } = sections;
  const isStripped = (symbol: string) => symbol.startsWith("$") || / 4 \d+$/.test(symbol);
  return { ...rest, sections: others, symbols: symbols.filter((each) => !each.startsWith(" ") && !isStripped(each)) };
}

/** Loads modules in their order into one kernel; the last one is shown. */
export async function loaded(profile: KernelProfile, modules: readonly Uint8Array[]): Promise<Loaded> {
  const read = async (path: string) => await asModule(modules[Number(path)]);
  const target = new ModelTarget(profile, { regions: true, running: "never", read });
  const steps = modules.map((_, i) => ({ insmod: String(i), params: "" }));
  let shown: Loaded | undefined;
  for await (const { outcome, images } of target.run({ cmdline: "", steps })) {
    const image = readImage(modules[outcome.step]);
    const placed = Object.entries(outcome.sections ?? {});
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
      symbols: image.symbols.map(({ name, record }) =>
        [name, record.st_value, record.st_size, record.st_info, sectionName(record.st_shndx)].join(" ")
      ).sort(),
    };
  }
  if (shown === undefined) throw new Error("no module was loaded");
  return shown;
}
