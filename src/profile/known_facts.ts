// SPDX-License-Identifier: GPL-2.0-only
/**
 * What is known of a kernel that there is no full profile of: from its image, its headers, or one module that it is known to load. What no
 * source told stays unknown, and a check that needs it says so.
 *
 * Models: the checks of a module that need no more than these facts: same_magic(), the size of struct module, resolve_symbol() and
 * check_version() of kernel/module.
 *
 * @module
 */

import { hex32 } from "../elf/word.ts";
import type { ElfInfo } from "../kbuild/elf_info.ts";
import type { SymversEntry } from "../kbuild/symvers.ts";
import { moduleNeeds, moduleVersions } from "../kbuild/symvers_diff.ts";
import { sameMagic } from "../module/version.ts";
import type { Kconfig } from "./kconfig.ts";

/** An export of which all is known. */
export interface KnownExport {
  readonly crc: number | undefined;
  readonly gpl: boolean;
  readonly namespace: string;
}

/** The facts. Each may be unknown, which is undefined, or for the maps, empty. */
export interface KnownFacts {
  /** The whole string of vermagic=, with its last space. */
  vermagic?: string;
  /** Bytes of struct module. */
  structModuleSize?: number;
  /** CRCs by name, that of module_layout among them. */
  crcs: Map<string, number>;
  /** All exports; undefined where no source has all. */
  exports?: Map<string, KnownExport>;
}

const THIS_MODULE = ".gnu.linkonce.this_module";

/** Facts of a module that the kernel is known to load. */
export function factsOfModule(elf: ElfInfo): KnownFacts {
  const [vermagic] = elf.modinfo("vermagic");
  const section = elf.names.indexOf(THIS_MODULE);
  return {
    ...(vermagic === undefined ? {} : { vermagic }),
    ...(section < 0 ? {} : { structModuleSize: elf.sections[section].sh_size }),
    crcs: moduleVersions(elf),
  };
}

/** Facts of a list of exports. `complete`: what is not in it is exported by nobody. */
export function factsOfExports(entries: Iterable<SymversEntry>, complete: boolean): KnownFacts {
  const exports = new Map<string, KnownExport>();
  const crcs = new Map<string, number>();
  let isFull = complete;
  for (const { name, crc, gpl, namespace } of entries) {
    crcs.set(name, crc);
    if (gpl === undefined || namespace === undefined) isFull = false;
    else exports.set(name, { crc, gpl, namespace });
  }
  return { crcs, ...(isFull ? { exports } : {}) };
}

/** The version magic that a configuration gives: VERMAGIC_STRING of include/linux/vermagic.h with that of arch/arm. */
export function vermagicOf(release: string, config: Kconfig): string {
  const isSet = (name: string) => config.get(name) === "y";
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

/** The version magic in a kernel's image, which has it as a string of its own. */
export function vermagicIn(image: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(image);
  return /\0(\d+\.\d+[!-~]* (?:[a-z_A-Z0-9]+ )*ARMv\d (?:thumb2 )?(?:p2v8 )?)\0/.exec(text)?.[1];
}

/** A fact on which two sources differ: they are of two kernels. */
export class FactsDiffer extends Error {
  override readonly name = "FactsDiffer";
}

/**
 * Facts of two sources together.
 *
 * @throws {FactsDiffer} where they contradict each other
 */
export function join(a: KnownFacts, b: KnownFacts): KnownFacts {
  for (const key of ["vermagic", "structModuleSize"] as const) {
    if (a[key] !== undefined && b[key] !== undefined && a[key] !== b[key]) {
      throw new FactsDiffer(`${key} is ${JSON.stringify(a[key])} and ${JSON.stringify(b[key])}`);
    }
  }
  for (const [name, crc] of b.crcs) {
    const known = a.crcs.get(name);
    if (known !== undefined && known !== crc) throw new FactsDiffer(`the CRC of ${name} is ${hex32(known)} and ${hex32(crc)}`);
  }
  return { ...a, ...b, crcs: new Map([...a.crcs, ...b.crcs]) };
}

/** What the facts say of a module: what refuses it, and what cannot be told. */
export interface FactsVerdict {
  readonly refused: readonly string[];
  readonly unknown: readonly string[];
}

/** Checks a module against the facts. */
export function checkByFacts(elf: ElfInfo, facts: KnownFacts): FactsVerdict {
  const refused: string[] = [];
  const unknown: string[] = [];
  const versions = moduleVersions(elf);
  const [vermagic = ""] = elf.modinfo("vermagic");
  if (facts.vermagic === undefined) unknown.push("the kernel's version magic is not known");
  else if (!sameMagic(vermagic, facts.vermagic, versions.size > 0)) {
    refused.push(`version magic '${vermagic}' should be '${facts.vermagic}'`);
  }
  const section = elf.names.indexOf(THIS_MODULE);
  const size = section < 0 ? undefined : elf.sections[section].sh_size;
  if (facts.structModuleSize === undefined) unknown.push("the size of struct module is not known");
  else if (size !== facts.structModuleSize) {
    refused.push(`struct module has ${size ?? "no"} bytes in it and ${facts.structModuleSize} in the kernel`);
  }
  for (const [name, crc] of versions) {
    const known = facts.crcs.get(name);
    if (known !== undefined && known !== crc) {
      refused.push(`disagrees about version of symbol ${name}: expects ${hex32(crc)}, the kernel has ${hex32(known)}`);
    }
  }
  checkImports(elf, facts, refused, unknown);
  return { refused, unknown };
}

function checkImports(elf: ElfInfo, { crcs, exports }: KnownFacts, refused: string[], unknown: string[]): void {
  const needs = moduleNeeds(elf);
  const untold: string[] = [];
  for (const name of needs.imports) {
    const known = exports?.get(name);
    if (exports === undefined) {
      if (!crcs.has(name)) untold.push(name);
    } else if (known === undefined) refused.push(`Unknown symbol ${name}: the kernel does not export it; a module may`);
    else if (known.gpl && !needs.isGplCompatible) refused.push(`Unknown symbol ${name}: it is for the GPL only`);
    else if (known.namespace !== "" && !needs.importedNamespaces.has(known.namespace)) {
      refused.push(`uses symbol ${name} from namespace ${known.namespace}, but does not import it`);
    }
  }
  if (untold.length > 0) unknown.push(`whether the kernel exports ${untold.join(", ")} is not known`);
}

/** The facts as JSON values. */
export function factsToJson({ crcs, exports, ...rest }: KnownFacts): Record<string, unknown> {
  return {
    ...rest,
    crcs: Object.fromEntries([...crcs].map(([name, crc]) => [name, hex32(crc)])),
    ...(exports === undefined ? {} : {
      exports: Object.fromEntries([...exports].map(([name, { gpl, namespace }]) => [name, { gpl, namespace }])),
    }),
  };
}

/**
 * The facts of JSON values.
 *
 * @throws {Error} naming what is not as {@link factsToJson} writes it
 */
export function factsFromJson(value: unknown): KnownFacts {
  const fail = (what: string): never => {
    throw new Error(`${what} is not as "profile make" writes it`);
  };
  const isRecord = (each: unknown): each is Record<string, unknown> => typeof each === "object" && each !== null;
  if (!isRecord(value) || !isRecord(value.crcs)) return fail("crcs");
  const crcs = new Map(
    Object.entries(value.crcs).map(([name, crc]) => {
      if (typeof crc !== "string" || !/^0x[0-9a-f]{8}$/.test(crc)) fail(`crcs.${name}`);
      return [name, Number(crc)] as const;
    }),
  );
  const facts: KnownFacts = { crcs };
  if (typeof value.vermagic === "string") facts.vermagic = value.vermagic;
  if (typeof value.structModuleSize === "number") facts.structModuleSize = value.structModuleSize;
  if (!isRecord(value.exports)) return facts;
  facts.exports = new Map(
    Object.entries(value.exports).map(([name, each]) => {
      if (!isRecord(each) || typeof each.gpl !== "boolean" || typeof each.namespace !== "string") {
        return fail(`exports.${name}`);
      }
      return [name, { crc: crcs.get(name), gpl: each.gpl, namespace: each.namespace }] as const;
    }),
  );
  return facts;
}
