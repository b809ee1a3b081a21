// SPDX-License-Identifier: GPL-2.0-only
/**
 * Memory as the CPU sees it: pages with permissions, reached through a two-level table as the hardware's. Little-endian; loads and stores
 * may be unaligned (SCTLR.A is 0 in Linux). A page also holds the decoded instructions of its code, which a write to it drops.
 *
 * @module
 */

import { abort, type Access } from "./event.ts";
import type { Op } from "./state.ts";

export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;
/** What LDRT, STRT and their like may touch, too: user memory. */
export const USER = 8;
/** Instructions of this page are decoded: a write has to drop them. */
const DECODED = 16;

const PAGE_SIZE = 4096;
const OFFSET = PAGE_SIZE - 1;

/** The instruction sets' caches of a page. Inside an IT block a T32 word is another instruction: it sets no flags. */
export type CodeKind = "arm" | "thumb" | "thumbInIt";

/** The decoded instructions of a page, by their places: words of A32, halfwords of T32. */
export interface Code {
  /** Undefined where nothing is decoded yet. */
  readonly ops: (Op | undefined)[];
  /** Bytes of the instruction. */
  readonly sizes: Uint8Array;
}

/** A page of memory. */
export class Page {
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly #code = new Map<CodeKind, Code>();

  constructor(readonly bytes: Uint8Array, public access: number) {
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, PAGE_SIZE / 4);
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, PAGE_SIZE / 2);
  }

  /** The page's instructions of one kind, to be run. */
  code(kind: CodeKind): Code {
    let code = this.#code.get(kind);
    if (code === undefined) {
      const size = kind === "arm" ? PAGE_SIZE / 4 : PAGE_SIZE / 2;
      this.#code.set(kind, code = { ops: new Array(size).fill(undefined), sizes: new Uint8Array(size) });
    }
    return code;
  }

  /** Keeps a decoded instruction until the page is written to. */
  keep({ ops, sizes }: Code, index: number, op: Op, size: number): void {
    this.access |= DECODED;
    ops[index] = op;
    sizes[index] = size;
  }

  /** Forgets what was decoded. Who runs in this page sees it at once: the arrays stay, their entries go. */
  dropCode(): void {
    for (const { ops } of this.#code.values()) ops.fill(undefined);
    this.access &= ~DECODED;
  }
}

/**
 * The CPU's memory. Addresses may be signed or unsigned 32-bit numbers.
 *
 * @example
 * ```ts
 * import { Bus, READ, WRITE } from "./bus.ts";
 *
 * const bus = new Bus();
 * bus.map(0xbf000000, new Uint8Array(4096), READ | WRITE);
 * bus.write32(0xbf000002, 0x12345678);
 * if (bus.read16(0xbf000004) !== 0x1234) throw new Error("bytes are little-endian");
 * ```
 */
export class Bus {
  readonly #blocks: (Page | undefined)[][] = new Array(4096).fill([]);

  /**
   * @param demand asked for the page of an access where nothing is mapped: one that it maps now, one for this access alone, or none, which
   * is an abort
   */
  constructor(readonly demand: (address: number, access: Access) => Page | undefined = () => undefined) {}

  /**
   * Maps whole pages onto bytes that others may share, such as a MappedArea of the kernel's AddressSpace.
   *
   * @param base page-aligned
   * @param bytes a multiple of the page size, at an offset of its buffer that is a multiple of four
   * @param access READ, WRITE, EXECUTE, USER, or'ed
   */
  map(base: number, bytes: Uint8Array, access: number): void {
    if (((base | bytes.length) & OFFSET) !== 0) {
      throw new RangeError(`Cannot map ${bytes.length} bytes at ${base}: whole pages only`);
    }
    for (let offset = 0; offset < bytes.length; offset += PAGE_SIZE) {
      const page = new Page(bytes.subarray(offset, offset + PAGE_SIZE), access);
      this.#set(base + offset, page);
    }
  }

  /** Changes the permissions of mapped pages: set_memory_ro() and its like. */
  protect(base: number, size: number, access: number): void {
    for (let offset = 0; offset < size; offset += PAGE_SIZE) {
      const page = this.page(base + offset);
      if (page === undefined) throw new RangeError(`Cannot protect ${(base + offset).toString(16)}: nothing is mapped there`);
      this.#set(base + offset, new Page(page.bytes, access));
    }
  }

  /** From here on, an access there is an abort. */
  unmap(base: number, size: number): void {
    for (let offset = 0; offset < size; offset += PAGE_SIZE) this.#set(base + offset, undefined);
  }

  /** To be called where others changed bytes of code behind the bus's back (code patching): drops what was decoded. */
  codeChanged(base: number, size: number): void {
    for (let at = base & ~OFFSET; at < base + size; at += PAGE_SIZE) {
      this.page(at)?.dropCode();
    }
  }

  page(address: number): Page | undefined {
    return this.#blocks[address >>> 20][(address >>> 12) & 255];
  }

  #set(address: number, page: Page | undefined): void {
    const index = address >>> 20;
    if (this.#blocks[index].length === 0) this.#blocks[index] = new Array(256).fill(undefined);
    this.#blocks[index][(address >>> 12) & 255] = page;
  }

  /** The page that an instruction is fetched from. */
  codePage(address: number): Page {
    return this.#permitted(address, EXECUTE, "execute");
  }

  /** The halfword of an instruction. @param address even */
  fetch16(address: number): number {
    return this.codePage(address).halves[(address & OFFSET) >> 1];
  }

  /** @returns the byte, 0 to 255 */
  read8(address: number): number {
    return this.#permitted(address, READ, "read").bytes[address & OFFSET];
  }

  /** @returns the halfword, 0 to 65,535 */
  read16(address: number): number {
    if ((address & 1) === 0) return this.#permitted(address, READ, "read").halves[(address & OFFSET) >> 1];
    return this.read8(address) | (this.read8(address + 1) << 8);
  }

  /** @returns the word, signed */
  read32(address: number): number {
    if ((address & 3) === 0) return this.#permitted(address, READ, "read").words[(address & OFFSET) >> 2];
    if ((address & 1) === 0) return this.read16(address) | (this.read16(address + 2) << 16);
    return this.read8(address) | (this.read16(address + 1) << 8) | (this.read8(address + 3) << 24);
  }

  write8(address: number, value: number): void {
    this.#writable(address).bytes[address & OFFSET] = value;
  }

  write16(address: number, value: number): void {
    if ((address & 1) === 0) this.#writable(address).halves[(address & OFFSET) >> 1] = value;
    else this.#writeBytes(address, value, 2);
  }

  write32(address: number, value: number): void {
    if ((address & 3) === 0) this.#writable(address).words[(address & OFFSET) >> 2] = value;
    else this.#writeBytes(address, value, 4);
  }

  /** An unaligned store: nothing is written where part of it would fault. */
  #writeBytes(address: number, value: number, size: number): void {
    this.#writable(address);
    this.#writable(address + size - 1);
    for (let i = 0; i < size; i++) this.write8(address + i, value >> (8 * i));
  }

  /** Holds an unprivileged access (LDRT, STRT) to user memory. */
  demandUser(address: number, access: "read" | "write"): void {
    this.#permitted(address, USER, access);
  }

  #permitted(address: number, needed: number, access: Access): Page {
    const page = this.#blocks[address >>> 20][(address >>> 12) & 255] ?? this.demand(address >>> 0, access);
    if (page === undefined) abort(access, address, "unmapped");
    if ((page.access & needed) === 0) abort(access, address, "permission");
    return page;
  }

  #writable(address: number): Page {
    const page = this.#blocks[address >>> 20][(address >>> 12) & 255];
    if (page !== undefined && (page.access & (WRITE | DECODED)) === WRITE) return page;
    const permitted = this.#permitted(address, WRITE, "write");
    permitted.dropCode();
    return permitted;
  }
}
