// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the driver core keeps for modules. An entry goes when its module goes: a real module that leaves one behind leaves the kernel a
 * pointer into freed memory, which nothing here follows.
 *
 * @module
 */

import type { KernelModule } from "../../kernel/module.ts";
import { ownerOf } from "../registry.ts";
import type { Call } from "../service.ts";

/** Entries in their order. */
export class Owned<T> {
  #entries: { readonly value: T; readonly owner: KernelModule | undefined }[] = [];

  /** @param places addresses, the first of which that lies in a module tells the owner; else it is the caller */
  add(call: Call, value: T, ...places: number[]): void {
    this.#entries.push({ value, owner: ownerOf(call, ...places) });
  }

  /** Those whose module is there. */
  all({ kernel }: Pick<Call, "kernel">): readonly T[] {
    this.#entries = this.#entries.filter(({ owner }) => owner === undefined || kernel.modules.includes(owner));
    return this.#entries.map(({ value }) => value);
  }

  /** @returns whether it was there */
  remove(value: T): boolean {
    const index = this.#entries.findIndex((entry) => entry.value === value);
    if (index >= 0) this.#entries.splice(index, 1);
    return index >= 0;
  }
}
