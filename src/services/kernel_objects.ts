// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's own memory, as far as it is known: its exported variables, and objects that a module gets pointers to, such as the current
 * task. A byte that nobody has said anything about is not modelled, so that no code goes on with a value that was made up.
 *
 * @module
 */

import { Page, READ, WRITE } from "../cpu/bus.ts";
import { align } from "../elf/word.ts";
import { PAGE_SIZE } from "../kernel/execmem.ts";

/** The last megabyte of the linear map holds the objects, and behind them the stack. */
const ROOM = 1 << 20;
const STACK_ROOM = 16 * PAGE_SIZE;
/** Objects are aligned as kmalloc()'s. */
const ALIGNMENT = 64;

interface KnownPage {
  readonly page: Page;
  /** 1 for a byte that is known. */
  readonly known: Uint8Array;
}

/** An object that has no address of its own in a profile. */
interface Reserved {
  readonly name: string;
  readonly address: number;
  /** Bytes. */
  readonly size: number;
}

export class KernelObjects {
  readonly #pages = new Map<number, KnownPage>();
  readonly #reserved: Reserved[] = [];
  #next: number;

  /** @param kernelEnd the end of the linear map */
  constructor(kernelEnd: number) {
    this.#next = kernelEnd - ROOM;
    this.#end = kernelEnd - STACK_ROOM;
  }

  readonly #end: number;

  /**
   * An address for an object of the kernel; nothing in it is known.
   *
   * @param name for messages: `struct task_struct`
   */
  reserve(name: string, size: number): number {
    const address = this.#next;
    if (address + size > this.#end) {
      throw new RangeError(`Cannot reserve ${size} bytes for ${name}: the room for objects is full`);
    }
    this.#reserved.push({ name, address, size });
    this.#next = align(address + size, ALIGNMENT);
    return address;
  }

  /** From now on these bytes of the kernel are known; code reads and writes them. */
  know(address: number, bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) {
      const { page, known } = this.#knownPage(address + i);
      const offset = (address + i) % PAGE_SIZE;
      page.bytes[offset] = bytes[i];
      known[offset] = 1;
    }
  }

  /** As {@link know}, for a word of 32 bits. */
  know32(address: number, value: number): void {
    this.know(address, [value, value >>> 8, value >>> 16, value >>> 24].map((byte) => byte & 255));
  }

  /** The page of a byte that is known. */
  page(address: number): Page | undefined {
    const found = this.#pages.get(address - address % PAGE_SIZE);
    return found?.known[address % PAGE_SIZE] === 1 ? found.page : undefined;
  }

  /** `struct task_struct+0x18`: the object that an address lies in. */
  nameAt(address: number): string | undefined {
    const found = this.#reserved.find((each) => address >= each.address && address < each.address + each.size);
    return found && `${found.name}+0x${(address - found.address).toString(16)}`;
  }

  #knownPage(address: number): KnownPage {
    const base = address - address % PAGE_SIZE;
    const found = this.#pages.get(base);
    if (found !== undefined) return found;
    const made = { page: new Page(new Uint8Array(PAGE_SIZE), READ | WRITE), known: new Uint8Array(PAGE_SIZE) };
    this.#pages.set(base, made);
    return made;
  }
}
