// SPDX-License-Identifier: GPL-2.0-only
/**
 * Learns facts of a kernel from one source: a module that it loads, its Module.symvers, configuration, System.map, or image.
 *
 * @module
 */

import { REL } from "../elf/records.ts";
import type { ElfInfo } from "../kbuild/elf_info.ts";
import type { KernelExport } from "../kbuild/kernel_exports.ts";
import type { SymversEntry } from "../kbuild/symvers.ts";
import { moduleNeeds } from "../kbuild/symvers_diff.ts";
import type { FieldPlace } from "../kernel/profile.ts";
import { addressFacts } from "./build_tree.ts";
import { type Kconfig, LOADER_OPTIONS } from "./kconfig.ts";
import { type KnownExport, type KnownFacts, NO_FACTS } from "./known_facts.ts";

export const THIS_MODULE = ".gnu.linkonce.this_module";

/** The first fields of struct module, before which no option puts anything. */
const FIRST_FIELDS: readonly (readonly [string, FieldPlace])[] = [["state", [0, 4]], ["list", [4, 8]], ["name", [12, 60]]];

/** Size of struct module, and its pointers to the functions that are relocated there. */
export function structFacts(elf: ElfInfo): Pick<KnownFacts, "structSize" | "fields"> {
  const section = elf.names.indexOf(THIS_MODULE);
  if (section < 0) return { fields: new Map() };
  const fields = new Map<string, FieldPlace>(FIRST_FIELDS);
  const relocations = elf.names.indexOf(`.rel${THIS_MODULE}`);
  const data = relocations < 0 ? new Uint8Array() : elf.dataOf(relocations);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at + REL.size <= data.length; at += REL.size) {
    const name = elf.symbolName(view.getUint32(at + 4, true) >>> 8);
    const place: FieldPlace = [view.getUint32(at, true), 4];
    if (name === "init_module") fields.set("init", place);
    if (name === "cleanup_module") fields.set("exit", place);
  }
  return { structSize: elf.sections[section].sh_size, fields };
}

/** Options that a version magic names, and others that it would name. */
export function optionsOf(vermagic: string): Map<string, boolean> {
  const words = new Set(vermagic.split(" ").slice(1));
  const options = new Map([["MODULES", true], ["SMP", words.has("SMP")], ["MODULE_UNLOAD", words.has("mod_unload")]]);
  options.set("MODVERSIONS", words.has("modversions"));
  options.set("THUMB2_KERNEL", words.has("thumb2"));
  options.set("ARM_PATCH_PHYS_VIRT", words.has("p2v8"));
  // CONFIG_PREEMPT_BUILD, which CONFIG_PREEMPT selects, is not that.
  if (!words.has("preempt")) options.set("PREEMPT", false);
  return options;
}

/** A version magic, and what it says besides. */
function magicFacts(vermagic: string | undefined): Partial<KnownFacts> {
  if (vermagic === undefined) return {};
  return { vermagic, release: vermagic.split(" ")[0], config: optionsOf(vermagic) };
}

/**
 * Facts of a module that the kernel is known to load. Whose its imports are is only known where it depends on no other module, and that they
 * are not for the GPL only, where it could not use them otherwise.
 */
export function factsOfModule(elf: ElfInfo): KnownFacts {
  const [vermagic] = elf.modinfo("vermagic");
  const { imports, versions, isGplCompatible } = moduleNeeds(elf);
  const isAlone = elf.modinfo("depends").join("") === "";
  const hasVersions = vermagic?.split(" ").includes("modversions");
  const exports = new Map<string, KnownExport>();
  for (const name of new Set([...versions.keys(), ...imports])) {
    // A kernel that has no versions does not look at the module's.
    const crc = hasVersions === false ? "none" : versions.get(name);
    if (hasVersions === false && !imports.includes(name)) continue;
    exports.set(name, {
      ...(crc === undefined ? {} : { crc }),
      ...(isGplCompatible || name === "module_layout" ? {} : { gpl: false }),
      ...(isAlone || name === "module_layout" ? { isKernels: true } : {}),
    });
  }
  return { ...NO_FACTS, ...structFacts(elf), ...magicFacts(vermagic), exports };
}

/** Facts of the lines of a Module.symvers. A kernel without CRCs has zeros there. */
export function factsOfSymvers(entries: readonly SymversEntry[]): KnownFacts {
  const own = entries.filter(({ module }) => module === "vmlinux");
  const hasCrcs = own.some(({ crc }) => crc !== 0);
  const exports = own.map(({ name, crc, gpl, namespace }): [string, KnownExport] => [name, {
    crc: hasCrcs ? crc : "none",
    ...(gpl === undefined ? {} : { gpl }),
    ...(namespace === undefined ? {} : { namespace }),
    isKernels: true,
  }]);
  return { ...NO_FACTS, exports: new Map(exports), hasAllExports: own.length > 0 };
}

/** The version magic that a configuration gives: VERMAGIC_STRING of include/linux/vermagic.h with that of arch/arm. */
export function vermagicOf(release: string, config: Kconfig): string | undefined {
  const isSet = (name: string) => config.get(name) === "y";
  // It names a number that the build made up.
  if (isSet("RANDSTRUCT")) return undefined;
  const words = [
    release,
    ...(isSet("SMP") ? ["SMP"] : []),
    ...(isSet("PREEMPT_BUILD") ? ["preempt"] : isSet("PREEMPT_RT") ? ["preempt_rt"] : []),
    ...(isSet("MODULE_UNLOAD") ? ["mod_unload"] : []),
    ...(isSet("MODVERSIONS") ? ["modversions"] : []),
    isSet("CPU_V6") || isSet("CPU_V6K") ? "ARMv6" : "ARMv7",
    ...(isSet("THUMB2_KERNEL") ? ["thumb2"] : []),
    ...(isSet("ARM_PATCH_PHYS_VIRT") ? ["p2v8"] : []),
  ];
  return words.map((word) => `${word} `).join("");
}

/** Facts of a whole configuration. */
export function factsOfConfig(config: Kconfig): KnownFacts {
  const pageOffset = Number(config.get("PAGE_OFFSET"));
  return {
    ...NO_FACTS,
    config: new Map(LOADER_OPTIONS.map((name) => [name, config.get(name) === "y"])),
    ...(pageOffset > 0 ? { pageOffset } : {}),
    ...(config.get("MODULE_SIG") === "y" ? {} : { trustedKeys: [] }),
  };
}

/** Facts of a release and its configuration. */
export function factsOfRelease(release: string, config: Kconfig): KnownFacts {
  const vermagic = vermagicOf(release, config);
  return { ...NO_FACTS, release, ...(vermagic === undefined ? {} : { vermagic }) };
}

/** The version magic in a kernel's image, which has it as a string of its own. */
export function vermagicIn(image: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(image);
  return /\0(\d+\.\d+[!-~]* (?:[a-z_A-Z0-9]+ )*ARMv\d (?:thumb2 )?(?:p2v8 )?)\0/.exec(text)?.[1];
}

/** Facts of a kernel's image: its exports, and its version magic. */
export function factsOfImage(exports: readonly KernelExport[], image: Uint8Array): KnownFacts {
  const known = exports.map(({ name, value, crc, gpl, namespace }): [string, KnownExport] => [
    name,
    { address: value, crc: crc ?? "none", gpl, namespace, isKernels: true },
  ]);
  return { ...NO_FACTS, ...magicFacts(vermagicIn(image)), exports: new Map(known), hasAllExports: true };
}

const MAP_LINE = /^([0-9a-f]{8}) (\w) (\S+)$/;

/**
 * Facts of a System.map: addresses, also of the exports that a Module.symvers names.
 *
 * @throws {Error} naming the line that is none
 */
export function factsOfSystemMap(text: string, config: Kconfig, { exports }: KnownFacts): KnownFacts {
  const addresses = new Map<string, number>();
  for (const [index, line] of text.trimEnd().split("\n").entries()) {
    const match = MAP_LINE.exec(line);
    if (match === null) throw new Error(`line ${index + 1}: "${line.slice(0, 60)}" is no address, letter and name`);
    const [, address, letter, name] = match;
    // Of two with one name, the one with more than local binding.
    if (!addresses.has(name) || letter !== letter.toLowerCase()) addresses.set(name, parseInt(address, 16));
  }
  // It does not say which symbols are Thumb functions, whose addresses are odd.
  const isThumb = config.get("THUMB2_KERNEL") === "y";
  const placed = [...exports].flatMap(([name, known]): [string, KnownExport][] => {
    const address = addresses.get(name);
    return isThumb || address === undefined ? [] : [[name, { ...known, address }]];
  });
  return { ...NO_FACTS, ...addressFacts((name) => addresses.get(name), config), exports: new Map(placed) };
}

/** Whether an object is a module: it has a struct module. */
export function isModule(elf: ElfInfo): boolean {
  return elf.names.includes(THIS_MODULE);
}
