// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a module built from nothing has to know about the kernel that it is for.
 *
 * @module
 */

/** Facts of one kernel; the caller takes them from the kernel's profile. */
export interface KernelFacts {
  /** The kernel's VERMAGIC_STRING. */
  vermagic: string;
  /** struct module: its size and the offsets of three fields, in bytes. */
  structModule: { size: number; name: number; init: number; exit: number };
  /** The CRC of `module_layout`. */
  moduleLayoutCrc: number;
  /** The CRC of an export of vmlinux. */
  crc(name: string): number | undefined;
}
