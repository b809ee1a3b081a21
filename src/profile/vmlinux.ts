// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a kernel's ELF file, `vmlinux`, tells: where its symbols are, what they hold before boot, and what it exports.
 *
 * Source: include/asm-generic/vmlinux.lds.h (the names at the tables' ends), struct kernel_symbol (kernel/module/internal.h), struct
 * jump_entry (include/linux/jump_label.h).
 *
 * @module
 */

import { SHF, SHT, STT } from "../elf/constants.ts";
import { type ElfImage, type ElfSection, readImage } from "../elf/image.ts";
import type { ExportedSymbol } from "../kernel/exports.ts";

/** struct kernel_symbol: value, name, namespace. */
const KERNEL_SYMBOL_SIZE = 12;
/** struct jump_entry: code, target, key; the key's two low bits are flags. */
const JUMP_ENTRY_SIZE = 12;
const KEY_FLAGS = 3;

/** Something that a kernel's file must have and has not. */
export class VmlinuxError extends Error {
  override name = "VmlinuxError";
}

export class Vmlinux {
  readonly #loaded: readonly ElfSection[];
  readonly #addresses = new Map<string, number>();

  /** @throws {ElfError} where the bytes are no ELF file */
  constructor(bytes: Uint8Array) {
    const image: ElfImage = readImage(bytes);
    this.#loaded = image.sections.filter(({ header }) => header.sh_flags & SHF.ALLOC && header.sh_type !== SHT.NOBITS);
    for (const { name, record } of image.symbols) {
      if (record.st_shndx === 0 || name === "" || name.startsWith("$")) continue;
      const isThumb = (record.st_info & 0xf) === STT.FUNC && (record.st_value & 1) !== 0;
      const address = isThumb ? record.st_value - 1 : record.st_value;
      // Of two with one name, the one with more than local binding.
      if (!this.#addresses.has(name) || record.st_info >> 4 !== 0) this.#addresses.set(name, address);
    }
  }

  /** Where a symbol is; the even address of a Thumb function. */
  address(name: string): number | undefined {
    return this.#addresses.get(name);
  }

  /** The bytes at an address as the file has them; undefined where it has none there. */
  bytes(address: number, size: number): Uint8Array | undefined {
    const home = this.#loaded.find(({ header, data }) =>
      address >= header.sh_addr && address + size <= header.sh_addr + data.length
    );
    return home?.data.subarray(address - home.header.sh_addr, address - home.header.sh_addr + size);
  }

  /** The words from one symbol to another; none where the kernel has not these symbols. */
  #words(start: string, end: string): Uint32Array {
    const [from, to] = [this.address(start), this.address(end)];
    if (from === undefined || to === undefined) return new Uint32Array();
    const bytes = this.bytes(from, to - from);
    if (!bytes) throw new VmlinuxError(`vmlinux has no contents from ${start} to ${end}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Uint32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, true));
  }

  #string(address: number): string {
    const home = this.#loaded.find(({ header, data }) => address >= header.sh_addr && address < header.sh_addr + data.length);
    if (!home) throw new VmlinuxError(`vmlinux has no text at 0x${address.toString(16)}`);
    const at = address - home.header.sh_addr;
    return new TextDecoder("latin1").decode(home.data.subarray(at, home.data.indexOf(0, at)));
  }

  /** What the kernel exports, in the order of the names' bytes. */
  exports(): ExportedSymbol[] {
    const found: ExportedSymbol[] = [];
    for (const suffix of ["", "_gpl"]) {
      const symbols = this.#words(`__start___ksymtab${suffix}`, `__stop___ksymtab${suffix}`);
      const crcs = this.#words(`__start___kcrctab${suffix}`, `__stop___kcrctab${suffix}`);
      const count = symbols.length * 4 / KERNEL_SYMBOL_SIZE;
      for (let i = 0; i < count; i++) {
        const [value, name, namespace] = symbols.subarray(3 * i, 3 * i + 3);
        found.push({
          name: this.#string(name),
          value,
          crc: crcs.length === count ? crcs[i] : undefined,
          gplOnly: suffix !== "",
          namespace: namespace ? this.#string(namespace) : "",
        });
      }
    }
    if (found.length === 0) throw new VmlinuxError("vmlinux exports nothing: it has no __ksymtab");
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** The addresses of the static keys that the kernel's own code has jump labels for. */
  staticKeys(): Set<number> {
    const words = this.#words("__start___jump_table", "__stop___jump_table");
    const keys = new Set<number>();
    for (let at = 2; at < words.length; at += JUMP_ENTRY_SIZE / 4) keys.add((words[at] & ~KEY_FLAGS) >>> 0);
    return keys;
  }
}

/**
 * The text of `exports.tsv`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exportsText } from "./vmlinux.ts";
 * const symbol = { name: "_printk", value: 0xc0101234, crc: 0x12ab, gplOnly: false, namespace: "" };
 * assertEquals(exportsText([symbol]), "_printk\tc0101234\t000012ab\t0\t\tvmlinux\n");
 * ```
 */
export function exportsText(exports: readonly ExportedSymbol[]): string {
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  return exports.map(({ name, value, crc, gplOnly, namespace }) =>
    `${[name, hex(value), crc === undefined ? "" : hex(crc), gplOnly ? 1 : 0, namespace, "vmlinux"].join("\t")}\n`
  ).join("");
}
