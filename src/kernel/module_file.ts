// SPDX-License-Identifier: GPL-2.0-only
/**
 * A file as finit_module(2) meets it.
 *
 * @module
 */

/** What there is at a path: a file with bytes, one whose size is over INT_MAX, or something else that can be opened. */
export type FileKind = "regular" | "file over 2 GiB" | "directory" | "terminal" | "special file";

/** What an open file descriptor leads to. */
export interface ModuleFile {
  /** Empty for any other kind than "regular". */
  readonly bytes: Uint8Array;
  readonly kind: FileKind;
  readonly access: "read-only" | "write-only" | "read-write";
  /** What the kernel's decompressor makes of the bytes; needed only where the kernel is asked to unpack the file. */
  readonly decompress?: (compression: Compression) => Decompressed;
}

/** The compressions that a kernel may be built with (CONFIG_MODULE_COMPRESS_*). */
export type Compression = "xz" | "gzip" | "zstd";

/** What a decompressor of the kernel gave: the bytes, or the status that it stopped with. */
export type Decompressed = { readonly bytes: Uint8Array } | { readonly status: number };
