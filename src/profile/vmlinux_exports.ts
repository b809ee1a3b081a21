// SPDX-License-Identifier: GPL-2.0-only
/**
 * The exports of a vmlinux: by its section headers, or where they are stripped, by the structure of the tables in its segments.
 *
 * @module
 */

import { type ElfImage, type ElfSection, readImage } from "../elf/image.ts";
import { findExportTables, type KernelExport } from "../kbuild/kernel_exports.ts";
import { stringAt } from "../kbuild/elf_info.ts";
import { KernelImageError, unpackKernel } from "./kernel_image.ts";

/** Bytes of struct kernel_symbol. */
const ENTRY = 12;

function viewOf({ data }: ElfSection): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** The text at an address of a linked file. */
function textAt(image: ElfImage, address: number): string {
  const section = image.sections.find(({ header, data }) =>
    header.sh_addr !== 0 && address >= header.sh_addr && address - header.sh_addr < data.length
  );
  if (section === undefined) {
    throw new KernelImageError(`vmlinux has no section at 0x${address.toString(16)}, where a name is to be`);
  }
  return stringAt(section.data, address - section.header.sh_addr);
}

function tableOf(image: ElfImage, suffix: "" | "_gpl"): KernelExport[] {
  const table = image.section(`__ksymtab${suffix}`);
  if (table === undefined) return [];
  const crcs = image.section(`__kcrctab${suffix}`);
  const view = viewOf(table);
  return Array.from({ length: Math.floor(table.data.length / ENTRY) }, (_, i) => ({
    name: textAt(image, view.getUint32(i * ENTRY + 4, true)),
    value: view.getUint32(i * ENTRY, true),
    gpl: suffix === "_gpl",
    namespace: textAt(image, view.getUint32(i * ENTRY + 8, true)),
    crc: crcs !== undefined && i * 4 + 4 <= crcs.data.length ? viewOf(crcs).getUint32(i * 4, true) : undefined,
  }));
}

/** The loadable segments of an ELF file as one image, from the lowest address on. */
function flatten(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [e_phoff, e_phentsize, e_phnum] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  const segments = Array.from({ length: e_phnum }, (_, i) => e_phoff + i * e_phentsize)
    .filter((at) => at + 32 <= bytes.length && view.getUint32(at, true) === 1)
    .map((at) => [4, 8, 16].map((field) => view.getUint32(at + field, true)))
    .filter(([offset, , size]) => size > 0 && offset + size <= bytes.length);
  if (segments.length === 0) throw new KernelImageError("vmlinux has neither sections of exports nor segments to look in");
  const base = Math.min(...segments.map(([, address]) => address));
  const end = Math.max(...segments.map(([, address, size]) => address + size));
  if (end - base > 1 << 28) throw new KernelImageError("vmlinux has segments more than 256 MB apart");
  const image = new Uint8Array(end - base);
  for (const [offset, address, size] of segments) image.set(bytes.subarray(offset, offset + size), address - base);
  return image;
}

function searchIn(image: Uint8Array): readonly KernelExport[] {
  const tables = findExportTables(image);
  if (tables !== undefined) return tables.exports;
  throw new KernelImageError("no table of exports is in it: a kernel without modules, or one from before 5.4 or after 6.12");
}

/**
 * The exports of a kernel: vmlinux, zImage, uImage or Image.
 *
 * @throws {KernelImageError} or {ElfError}
 */
export async function kernelExports(file: Uint8Array): Promise<readonly KernelExport[]> {
  if (stringAt(file, 0, 4) !== "\x7fELF") return searchIn((await unpackKernel(file)).image);
  const image = readImage(file);
  const tables = [...tableOf(image, ""), ...tableOf(image, "_gpl")];
  return tables.length > 0 ? tables : searchIn(flatten(file));
}
