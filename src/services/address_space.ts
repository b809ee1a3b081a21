// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's address space as the module's code meets it: page by page, when it is first touched. What no module may touch in the model
 * stops the run by name; what a real kernel does not have there is a fault.
 *
 * Models: the permissions that kernel/module/strict_rwx.c gives a module's memory, and the linear map.
 *
 * @module
 */

import type { Access } from "../cpu/event.ts";
import { Bus, EXECUTE, Page, READ, WRITE } from "../cpu/bus.ts";
import { hex32 } from "../elf/word.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MappedArea } from "../kernel/memory.ts";
import { MOD_INIT_TEXT, MOD_RO_AFTER_INIT, MOD_TEXT, MODULE_STATE } from "../kernel/module.ts";
import { kernelExportNear } from "./kernel_exports.ts";
import type { KernelObjects } from "./kernel_objects.ts";
import { STACK_SIZE, stackOf } from "./oops.ts";

/** The permissions of an area: those of the module's memory that it is, or of data. */
function permissions({ modules, config }: Kernel, area: MappedArea): number {
  const owner = modules.find((mod) => mod.mem.some((memory) => memory.area === area));
  const type = owner?.mem.findIndex((memory) => memory.area === area);
  const isText = type === MOD_TEXT || type === MOD_INIT_TEXT;
  const isSealed = type === MOD_RO_AFTER_INIT && owner?.state !== MODULE_STATE.COMING && config("STRICT_MODULE_RWX");
  return READ | (area.readOnly || isSealed ? 0 : WRITE) | (isText ? EXECUTE : 0);
}

/** The memory of one call into a module, with an empty stack. */
export class KernelBus {
  readonly bus: Bus;
  /** Below it lies what catches an overflow. */
  readonly #stackBase: number;

  constructor(readonly kernel: Kernel, readonly objects: KernelObjects) {
    this.bus = new Bus((address, access) => this.#demand(address, access));
    this.#stackBase = stackOf(kernel).base;
    this.bus.map(this.#stackBase, new Uint8Array(STACK_SIZE), READ | WRITE);
  }

  #demand(address: number, access: Access): Page | undefined {
    const { space, slab, profile } = this.kernel;
    const base = address - address % PAGE_SIZE;
    if (address < this.#stackBase && address >= this.#stackBase - STACK_SIZE) return undefined;
    const area = space.find(address);
    if (area === undefined) {
      if (access !== "execute" && space.isKernel(address)) {
        const known = this.objects.page(address);
        if (known === undefined) throw this.#foreign(address, access);
        return known;
      }
      if (profile.machine.vmallocTaken.some(({ start, end }) => address >= start && address < end)) {
        throw this.#foreign(address, access);
      }
      return undefined;
    }
    const bytes = area.bytes.subarray(base - area.base, base - area.base + PAGE_SIZE);
    if (space.isKernel(address)) {
      // Looked at for each access, as one page holds objects in use and free ones.
      if (access !== "execute" && !slab.isAllocated(address)) {
        throw new NotModelled(`${access} of freed memory at ${hex32(address)}`);
      }
      return new Page(bytes, READ | WRITE);
    }
    this.bus.map(base, bytes, permissions(this.kernel, area));
    return this.bus.page(address);
  }

  #foreign(address: number, access: Access): Error {
    const near = this.objects.nameAt(address) ?? kernelExportNear(this.kernel, address);
    const name = near === undefined ? "" : ` (${near})`;
    return new NotModelled(`${access} of the kernel's own memory at ${hex32(address)}${name}`);
  }
}
