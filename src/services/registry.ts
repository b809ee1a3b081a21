// SPDX-License-Identifier: GPL-2.0-only
/**
 * What modules have registered with a subsystem: the lists, hash tables and arrays by number that the kernel keeps of the structs of modules.
 *
 * The links between the structs are the kernel's own affair and are not written. An entry goes when its module goes: a real module that
 * leaves one behind leaves the kernel a pointer into freed memory, which nothing here follows.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { KernelModule } from "../kernel/module.ts";
import type { Call } from "./service.ts";

/** One struct that was registered. */
export interface Entry {
  /** Of the struct. */
  readonly address: number;
  /** Its name or number, by which it is found; several may have the same. */
  readonly key: string;
  /** The module that the struct is in, or whose code registered it. */
  readonly owner: KernelModule | undefined;
}

/** The module that a struct belongs to: the first of these places that lies in one, or else the caller. */
export function ownerOf({ kernel, cpu }: Call, ...places: number[]): KernelModule | undefined {
  const holders = [...places, u32(cpu.r[14])].map((at) => kernel.modules.find((mod) => mod.within(at)));
  return holders.find((holder) => holder !== undefined);
}

/** Structs in the order of their registration. Each kind of struct has a class of its own, so that `Call.state()` tells them apart. */
export class Registry {
  #entries: Entry[] = [];

  add(call: Call, address: number, key = ""): void {
    this.#entries.push({ address, key, owner: ownerOf(call, address) });
  }

  /** Takes a struct off. @returns whether it was there */
  remove(call: Call, address: number): boolean {
    const known = this.has(call, address);
    this.#entries = this.#entries.filter((entry) => entry.address !== address);
    return known;
  }

  /** Takes one entry off, and leaves others of the same struct. */
  drop(entry: Entry): void {
    this.#entries = this.#entries.filter((each) => each !== entry);
  }

  has(call: Call, address: number): boolean {
    return this.entries(call).some((entry) => entry.address === address);
  }

  /** The first of a key. */
  find(call: Call, key: string): Entry | undefined {
    return this.entries(call).find((entry) => entry.key === key);
  }

  entries({ kernel }: Call): readonly Entry[] {
    this.#entries = this.#entries.filter(({ owner }) => owner === undefined || kernel.modules.includes(owner));
    return this.#entries;
  }
}

/**
 * The names or numbers under which the kernel itself has registered structs of a kind.
 *
 * @param kind a key of `[machine.registered]` in `kernel.toml`
 * @throws NotModelled where the profile does not tell
 */
export function builtin({ kernel }: Call, kind: string): ReadonlySet<string> {
  const names = kernel.profile.machine.registered.get(kind);
  if (names === undefined) throw new NotModelled(`${kind} of the kernel itself: the profile does not tell them`);
  return names;
}

/** How structs of one kind are told apart. */
export interface Kind {
  /** Where they are kept. */
  readonly type: new () => Registry;
  /** A key of `[machine.registered]`; without it the kernel itself has none. */
  readonly builtin?: string;
  /** The errno for a name or number that is taken. */
  readonly taken: number;
}

/** Registers a struct under a key that nothing else may have. @returns 0 or minus an errno */
export function registerUnique(call: Call, { type, builtin: kind, taken }: Kind, address: number, key: string): number {
  const registry = call.state(type);
  const isTaken = registry.find(call, key) !== undefined || (kind !== undefined && builtin(call, kind).has(key));
  if (isTaken) return -taken;
  registry.add(call, address, key);
  return 0;
}
