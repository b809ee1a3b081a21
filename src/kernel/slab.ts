// SPDX-License-Identifier: GPL-2.0-only
/**
 * kmalloc() and kfree(), for what the loader itself allocates and a module can see.
 *
 * Models: the sizes of the kmalloc caches of mm/slab_common.c with ARM's ARCH_DMA_MINALIGN of 64 bytes, and whole pages above
 * them. The addresses are the model's own: they lie in the linear map and repeat from run to run, a real kernel's differ from
 * boot to boot. Memory is zeroed (CONFIG_INIT_ON_ALLOC_DEFAULT_ON) and stays readable after kfree(), as the linear map does.
 *
 * @module
 */

import { align } from "../elf/word.ts";
import { PAGE_SIZE } from "./execmem.ts";
import { NotModelled } from "./fault.ts";
import type { AddressSpace } from "./memory.ts";

/** What kmalloc(0) returns. */
export const ZERO_SIZE_PTR = 16;

/** Bytes per object of the kmalloc caches, KMALLOC_MIN_SIZE to KMALLOC_MAX_CACHE_SIZE. */
const CACHE_SIZES = [64, 128, 192, 256, 512, 1024, 2048, 4096, 8192];
const KMALLOC_MAX_SIZE = 4 << 20;
/** Bytes of pages that the model has at the most, for all objects together. */
const ROOM = 64 << 20;

export class Slab {
  #nextPage: number;
  /** Free objects by their size, the last freed at the end: it is the next to be handed out. */
  #free = new Map<number, number[]>();
  /** Sizes of the objects in use, by address. */
  #used = new Map<number, number>();
  /** Bytes of the objects that each page belongs to, by its address. */
  #objectSizes = new Map<number, number>();

  readonly #end: number;

  /** @param firstAddress where the model's heap begins: a page of the linear map above the kernel image */
  constructor(readonly space: AddressSpace, firstAddress: number) {
    this.#nextPage = align(firstAddress, PAGE_SIZE);
    this.#end = Math.min(space.kernelEnd, this.#nextPage + ROOM);
  }

  /**
   * kmalloc() and kzalloc().
   *
   * @param size bytes
   * @returns the address, aligned to 64 bytes at least, or 0 where there is no such run of pages
   */
  kmalloc(size: number): number {
    if (size === 0) return ZERO_SIZE_PTR;
    if (size > KMALLOC_MAX_SIZE) return 0;
    const objectSize = CACHE_SIZES.find((each) => size <= each) ?? 2 ** Math.ceil(Math.log2(size));
    const address = this.#free.get(objectSize)?.pop() ?? this.#grow(objectSize);
    if (address === 0) return 0;
    const area = this.space.find(address);
    if (area === undefined) throw new Error(`Slab object at ${address.toString(16)} is not mapped`);
    area.bytes.fill(0, address - area.base, address - area.base + objectSize);
    this.#used.set(address, objectSize);
    return address;
  }

  /** kfree(). NULL and the result of kmalloc(0) are passed over. */
  kfree(address: number): void {
    if (address === 0 || address === ZERO_SIZE_PTR) return;
    const objectSize = this.#used.get(address);
    if (objectSize === undefined) throw new NotModelled(`kfree() of ${address.toString(16)}, which is not allocated`);
    this.#used.delete(address);
    this.#free.get(objectSize)?.push(address);
  }

  /** Whether an address lies in memory that was handed out and not yet given back. */
  isAllocated(address: number): boolean {
    const objectSize = this.#objectSizes.get(address - address % PAGE_SIZE);
    if (objectSize === undefined) return false;
    const base = objectSize > PAGE_SIZE ? address - address % objectSize : address - address % PAGE_SIZE;
    return this.#used.has(base + Math.floor((address - base) / objectSize) * objectSize);
  }

  /** ksize(): bytes of the object at an address, or 0 where none is allocated. */
  ksize(address: number): number {
    return this.#used.get(address) ?? 0;
  }

  /** Maps pages for objects of one size and returns the first of them; the others become free. */
  #grow(objectSize: number): number {
    const bytes = Math.max(objectSize, PAGE_SIZE);
    const base = align(this.#nextPage, bytes);
    if (base + bytes > this.#end) return 0;
    this.#nextPage = base + bytes;
    this.space.map(base, bytes);
    for (let page = base; page < base + bytes; page += PAGE_SIZE) this.#objectSizes.set(page, objectSize);
    const free = [];
    for (let at = base + objectSize; at + objectSize <= base + bytes; at += objectSize) free.push(at);
    this.#free.set(objectSize, [...(this.#free.get(objectSize) ?? []), ...free.reverse()]);
    return base;
  }
}
