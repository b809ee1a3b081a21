// SPDX-License-Identifier: GPL-2.0-only
/**
 * The part of the kernel's virtual address space that a module meets: what vmalloc() and execmem_alloc() handed out, byte for byte.
 * Memory of the kernel image itself is not there; an access to it is not modelled, an access to nothing is a fault.
 *
 * @module
 */

import { latin1 } from "../elf/latin1.ts";
import { u32 } from "../elf/word.ts";
import { NotModelled, pageFault } from "./fault.ts";
import { Name } from "./name.ts";
import { PagePool, type Pages } from "./page_pool.ts";

/** One mapped run of pages. */
export interface MappedArea extends Pages {
  /** First address. */
  readonly base: number;
  /** Whether a write is a fault by now. */
  readOnly?: boolean;
}

const PAGE_SHIFT = 12;
const BLOCK_SHIFT = 20;
const BLOCK_SIZE = 1 << BLOCK_SHIFT;

/** The areas of a megabyte of addresses, as an entry of ARM's first-level page table spans it, by page. */
type Block = (MappedArea | undefined)[];

export class AddressSpace {
  readonly #blocks: (Block | undefined)[] = [];
  readonly #pool = new PagePool();

  /** @param kernelStart first address of the kernel image and the linear map (PAGE_OFFSET) */
  constructor(readonly kernelStart: number, readonly kernelEnd: number) {}

  /** Maps zeroed memory, whole pages. The caller has made sure that the range is free. */
  map(base: number, size: number): MappedArea {
    return this.mapPages(base, this.#pool.take(size));
  }

  /** Maps memory of the caller's own. */
  mapPages(base: number, { bytes, view }: Pages): MappedArea {
    const area = { base, bytes, view, readOnly: false };
    this.#setPages(area, area);
    return area;
  }

  /** From here on the area's memory may be used for others. */
  unmap(area: MappedArea): void {
    this.unmapPages(area);
    this.#pool.give(area);
  }

  /** As {@link unmap}; the memory is the caller's own again. */
  unmapPages(area: MappedArea): void {
    this.#setPages(area, undefined);
  }

  /** The area that holds an address, if any does. */
  find(address: number): MappedArea | undefined {
    return this.#blocks[address >>> BLOCK_SHIFT]?.[(address & (BLOCK_SIZE - 1)) >>> PAGE_SHIFT];
  }

  /** Whether there has ever been a page in the two megabytes around an address, so that they have a table of pages. */
  hasTable(address: number): boolean {
    const block = address >>> BLOCK_SHIFT;
    return this.#blocks[block & ~1] !== undefined || this.#blocks[block | 1] !== undefined;
  }

  #setPages({ base, bytes }: MappedArea, area: MappedArea | undefined): void {
    const end = base + bytes.length;
    for (let page = base; page < end; page += 1 << PAGE_SHIFT) {
      const block = this.#blocks[page >>> BLOCK_SHIFT] ??= new Array(BLOCK_SIZE >> PAGE_SHIFT).fill(undefined);
      block[(page & (BLOCK_SIZE - 1)) >>> PAGE_SHIFT] = area;
    }
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

  /** patch_map(): writes an instruction through a mapping of its own, read-only memory or not. */
  patch16(address: number, value: number): void {
    const area = this.#demand(address, 2, "read");
    area.view.setUint16(address - area.base, value, true);
  }

  /** As {@link patch16}, for a word. */
  patch32(address: number, value: number): void {
    const area = this.#demand(address, 4, "read");
    area.view.setUint32(address - area.base, value, true);
  }

  /**
   * Reads a string up to its NUL, as latin-1.
   *
   * @param limit gives up after this many bytes, as strnlen() does
   */
  cstring(address: number, limit = Infinity): string {
    let text = "";
    let at = u32(address);
    while (text.length < limit) {
      const { base, bytes } = this.#demand(at, 1, "read");
      const nul = bytes.indexOf(0, at - base);
      const end = Math.min(nul < 0 ? bytes.length : nul, at - base + limit - text.length);
      text += latin1(bytes, at - base, end);
      if (end === nul) break;
      at = base + end;
    }
    return text;
  }

  /** As {@link cstring}, where it stands. */
  name(address: number): Name {
    const { base, bytes } = this.#demand(address, 1, "read");
    const name = new Name(bytes, address - base);
    return name.end < bytes.length ? name : Name.of(this.cstring(address));
  }

  /** Whether an address lies in the kernel image or in the linear map. */
  isKernel(address: number): boolean {
    return address >= this.kernelStart && address < this.kernelEnd;
  }

  /** The area that holds all of `size` bytes from `address` on, or the fault of an access there. */
  #demand(address: number, size: number, access: "read" | "write"): MappedArea {
    const area = this.find(address);
    if (area !== undefined && address - area.base + size <= area.bytes.length) {
      if (access === "write" && area.readOnly) throw pageFault(address, "write");
      return area;
    }
    if (area === undefined && this.isKernel(address)) {
      throw new NotModelled(`${access} of the kernel's own memory at ${address.toString(16)}`);
    }
    throw pageFault(area === undefined ? address : area.base + area.bytes.length, access);
  }
}
