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
  /** struct module: its size and the offsets of three fields, in bytes; a kernel that cannot unload has no `exit`. */
  structModule: { size: number; name: number; init: number; exit: number | undefined };
  /** The CRC of `module_layout`; 0 where the kernel has no CRCs, and so does not look. */
  moduleLayoutCrc: number;
  /** The CRC of an export of vmlinux, 0 where the kernel has no CRCs; undefined for what it does not export. */
  crc(name: string): number | undefined;
}
