// SPDX-License-Identifier: GPL-2.0-only
/**
 * The part of the kernel's virtual address space that a module meets: what vmalloc() and execmem_alloc() handed out, byte for byte.
 * Memory of the kernel image itself is not there; an access to it is not modelled, an access to nothing is a fault.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { NotModelled, pageFault } from "./fault.ts";

/** One mapped run of pages. */
export interface MappedArea {
  /** First address. */
  readonly base: number;
  /** The bytes; a multiple of the page size. */
  readonly bytes: Uint8Array;
  /** The same bytes, for words. */
  readonly view: DataView;
}

export class AddressSpace {
  /** By address. */
  #areas: MappedArea[] = [];
  #last: MappedArea | undefined;

  /** @param kernelStart first address of the kernel image and the linear map (PAGE_OFFSET) */
  constructor(readonly kernelStart: number, readonly kernelEnd: number) {}

  /** Maps zeroed memory. The caller has made sure that the range is free. */
  map(base: number, size: number): MappedArea {
    const bytes = new Uint8Array(size);
    const area = { base, bytes, view: new DataView(bytes.buffer) };
    this.#areas.splice(this.#above(base), 0, area);
    return area;
  }

  unmap(area: MappedArea): void {
    if (this.#last === area) this.#last = undefined;
    const at = this.#above(area.base) - 1;
    if (this.#areas[at] === area) this.#areas.splice(at, 1);
  }

  /** The area that holds an address, if any does. */
  find(address: number): MappedArea | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.base && address - last.base < last.bytes.length) return last;
    const area = this.#areas[this.#above(address) - 1];
    return area !== undefined && address - area.base < area.bytes.length ? this.#last = area : undefined;
  }

  /** Index of the first area whose base is above an address. */
  #above(address: number): number {
    let low = 0;
    let high = this.#areas.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#areas[middle].base > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  read8(address: number): number {
    const area = this.#demand(address, 1, "read");
    return area.bytes[address - area.base];
  }

  read16(address: number): number {
    const area = this.#demand(address, 2, "read");
    return area.view.getUint16(address - area.base, true);
  }

  /** Reads a 32-bit word, at any alignment. */
  read32(address: number): number {
    const area = this.#demand(address, 4, "read");
    return area.view.getUint32(address - area.base, true);
  }

  write8(address: number, value: number): void {
    const area = this.#demand(address, 1, "write");
    area.bytes[address - area.base] = value;
  }

  write16(address: number, value: number): void {
    const area = this.#demand(address, 2, "write");
    area.view.setUint16(address - area.base, value, true);
  }

  /** Writes a 32-bit word, at any alignment. */
  write32(address: number, value: number): void {
    const area = this.#demand(address, 4, "write");
    area.view.setUint32(address - area.base, value, true);
  }

  /**
   * Reads a string up to its NUL, as latin-1.
   *
   * @param limit gives up after this many bytes, as strnlen() does
   */
  cstring(address: number, limit = Infinity): string {
    let text = "";
    for (let at = u32(address); text.length < limit; at++) {
      const byte = this.read8(at);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** Whether an address lies in the kernel image or in the linear map. */
  isKernel(address: number): boolean {
    return address >= this.kernelStart && address < this.kernelEnd;
  }

  /** The area that holds all of `size` bytes from `address` on, or the fault of an access there. */
  #demand(address: number, size: number, access: "read" | "write"): MappedArea {
    const area = this.find(address);
    if (area !== undefined && address - area.base + size <= area.bytes.length) return area;
    if (area === undefined && this.isKernel(address)) {
      throw new NotModelled(`${access} of the kernel's own memory at ${address.toString(16)}`);
    }
    throw pageFault(area === undefined ? address : area.base + area.bytes.length, access);
  }
}
