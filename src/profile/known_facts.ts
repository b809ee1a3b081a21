// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the sources that a kernel's user has tell of it: facts, any of which may be unknown, and facts of several sources together.
 *
 * @module
 */

import { hex32 } from "../elf/word.ts";
import type { AddressRange } from "../kernel/execmem.ts";
import type { FieldPlace } from "../kernel/profile.ts";

/** What is known of an export; undefined is unknown. */
export interface KnownExport {
  readonly address?: number;
  /** "none": the kernel has no CRCs. */
  readonly crc?: number | "none";
  readonly gpl?: boolean;
  readonly namespace?: string;
  /** Whether the kernel itself exports it; unknown where a module may. */
  readonly isKernels?: true;
}

/** The facts. Each may be unknown, which is undefined, or for the maps, empty. */
export interface KnownFacts {
  /** uname -r. */
  readonly release?: string;
  /** The whole string of vermagic=, with its last space. */
  readonly vermagic?: string;
  /** Options, and whether they are y. */
  readonly config: ReadonlyMap<string, boolean>;
  readonly pageOffset?: number;
  /** The first page behind the kernel's image. */
  readonly kernelEnd?: number;
  /** The per-CPU memory that is kept for modules; empty where there is none. */
  readonly percpuReserved?: AddressRange;
  /** Addresses of functions that the loader puts into modules. */
  readonly symbols: ReadonlyMap<string, number>;
  /** Bytes of struct module. */
  readonly structSize?: number;
  /** Places of fields of struct module. */
  readonly fields: ReadonlyMap<string, FieldPlace>;
  /** Exports by name. */
  readonly exports: ReadonlyMap<string, KnownExport>;
  /** Whether these are all that the kernel itself exports. */
  readonly hasAllExports: boolean;
  /** Certificates built into the kernel, in DER. */
  readonly trustedKeys?: readonly Uint8Array[];
}

/** Nothing is known. */
export const NO_FACTS: KnownFacts = {
  config: new Map(),
  symbols: new Map(),
  fields: new Map(),
  exports: new Map(),
  hasAllExports: false,
};

/** A fact on which two sources differ: they are of two kernels. */
export class FactsDiffer extends Error {
  override readonly name = "FactsDiffer";
}

function shown(value: unknown): string {
  if (value === undefined) return "unknown";
  return typeof value === "number" ? hex32(value) : JSON.stringify(value);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || typeof a === "object" && JSON.stringify(a) === JSON.stringify(b);
}

/** One value of two; throws {@link FactsDiffer} where both are known and differ. */
function same<T>(what: string, a: T | undefined, b: T | undefined): T | undefined {
  if (a !== undefined && b !== undefined && !isSame(a, b)) throw new FactsDiffer(`${what} is ${shown(a)} and ${shown(b)}`);
  return a ?? b;
}

/** An object without the properties that are undefined. */
function known<T extends object>(values: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function joinMaps<T>(what: string, a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): Map<string, T> {
  const joined = new Map(a);
  for (const [name, value] of b) joined.set(name, same(`${what}${name}`, a.get(name), value)!);
  return joined;
}

function joinExport(name: string, a: KnownExport, b: KnownExport): KnownExport {
  return known<KnownExport>({
    address: same(`the address of ${name}`, a.address, b.address),
    crc: same(`the CRC of ${name}`, a.crc, b.crc),
    gpl: same(`whether ${name} is for the GPL only`, a.gpl, b.gpl),
    namespace: same(`the namespace of ${name}`, a.namespace, b.namespace),
    isKernels: a.isKernels ?? b.isKernels,
  });
}

/** Exports of two sources. Where one has all of the kernel's own, others are not the kernel's. */
function joinExports(a: KnownFacts, b: KnownFacts): Map<string, KnownExport> {
  const joined = new Map<string, KnownExport>();
  for (const name of new Set([...a.exports.keys(), ...b.exports.keys()])) {
    const [ofA, ofB] = [a.exports.get(name), b.exports.get(name)];
    const isMissed = ofA === undefined && a.hasAllExports || ofB === undefined && b.hasAllExports;
    if (isMissed && (ofA ?? ofB)?.isKernels) throw new FactsDiffer(`${name} is exported in one and not in the other`);
    if (!isMissed) joined.set(name, joinExport(name, ofA ?? {}, ofB ?? {}));
  }
  return joined;
}

/**
 * Facts of two sources together.
 *
 * @throws {FactsDiffer} where they contradict each other
 */
export function join(a: KnownFacts, b: KnownFacts): KnownFacts {
  return known<KnownFacts>({
    release: same("release", a.release, b.release),
    vermagic: same("vermagic", a.vermagic, b.vermagic),
    config: joinMaps("CONFIG_", a.config, b.config),
    pageOffset: same("PAGE_OFFSET", a.pageOffset, b.pageOffset),
    kernelEnd: same("the kernel's end", a.kernelEnd, b.kernelEnd),
    percpuReserved: same("the per-CPU memory for modules", a.percpuReserved, b.percpuReserved),
    symbols: joinMaps("the address of ", a.symbols, b.symbols),
    structSize: same("the size of struct module", a.structSize, b.structSize),
    fields: joinMaps("the place of struct module's ", a.fields, b.fields),
    exports: joinExports(a, b),
    hasAllExports: a.hasAllExports || b.hasAllExports,
    trustedKeys: a.trustedKeys ?? b.trustedKeys,
  });
}
