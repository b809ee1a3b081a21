// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the facts of a kernel say of a module, whatever the kernel would look at first: what refuses it, and what cannot be told.
 *
 * Models: the checks that need no more than facts: same_magic(), the size of struct module, resolve_symbol() and check_version() of
 * kernel/module.
 *
 * @module
 */

import { hex32 } from "../elf/word.ts";
import type { ElfInfo } from "../kbuild/elf_info.ts";
import { type ModuleNeeds, moduleNeeds } from "../kbuild/symvers_diff.ts";
import { UnknownFact } from "../kernel/fault.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { sameMagic } from "../module/version.ts";
import { THIS_MODULE } from "./learn.ts";

/** What the facts say of a module: what refuses it, and what cannot be told. */
export interface FactsVerdict {
  readonly refused: readonly string[];
  readonly unknown: readonly string[];
}

/** Checks a module against the facts of a kernel. */
export function checkModule(elf: ElfInfo, profile: KernelProfile): FactsVerdict {
  const refused: string[] = [];
  const unknown = new Map<string, UnknownFact[]>();
  /** A check that needs a fact. @returns why the module is refused */
  const check = (why: () => string | undefined) => {
    try {
      const reason = why();
      if (reason !== undefined) refused.push(reason);
    } catch (error) {
      if (!(error instanceof UnknownFact)) throw error;
      unknown.set(error.fact, [...unknown.get(error.fact) ?? [], error]);
    }
  };
  const needs = moduleNeeds(elf);
  const [vermagic = ""] = elf.modinfo("vermagic");
  check(() => {
    const hasCrcs = needs.versions.size > 0 && profile.config.has("MODVERSIONS");
    return sameMagic(vermagic, profile.vermagic, hasCrcs)
      ? undefined
      : `version magic '${vermagic}' should be '${profile.vermagic}'`;
  });
  const section = elf.names.indexOf(THIS_MODULE);
  const size = section < 0 ? "no" : elf.sections[section].sh_size;
  check(() => {
    const { size: expected } = profile.structModule;
    return size === expected ? undefined : `struct module has ${size} bytes in it and ${expected} in the kernel`;
  });
  for (const [name, crc] of needs.versions) check(() => differingCrc(name, crc, profile));
  for (const name of needs.imports) check(() => whyNotUsable(name, needs, profile));
  return { refused, unknown: [...unknown.values()].map(oneLineOf) };
}

/** One line for all symbols of which the same is not known. */
function oneLineOf(facts: readonly UnknownFact[]): string {
  const symbols = [...new Set(facts.map(({ symbol }) => symbol))].join(", ");
  return `${`${facts[0].fact} ${symbols}`.trimEnd()}; ${facts[0].source} tells it`;
}

function differingCrc(name: string, crc: number, profile: KernelProfile): string | undefined {
  const known = profile.exports.told(name)?.crc;
  if (known === undefined || known === crc || !profile.config.has("MODVERSIONS")) return undefined;
  return `disagrees about version of symbol ${name}: expects ${hex32(crc)}, the kernel has ${hex32(known)}`;
}

function whyNotUsable(name: string, needs: ModuleNeeds, profile: KernelProfile): string | undefined {
  const symbol = profile.exports.find(name);
  if (symbol === undefined) return `Unknown symbol ${name}: the kernel does not export it; a module may`;
  if (!needs.isGplCompatible && symbol.gplOnly) return `Unknown symbol ${name}: it is for the GPL only`;
  if (symbol.namespace === "" || needs.importedNamespaces.has(symbol.namespace)) return undefined;
  if (profile.config.has("MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS")) return undefined;
  return `uses symbol ${name} from namespace ${symbol.namespace}, but does not import it`;
}
