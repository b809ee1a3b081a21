// SPDX-License-Identifier: GPL-2.0-only
/**
 * Module files as users have them: plain, or packed by xz, gzip or zstd.
 *
 * Models: what kmod (libkmod-file.c) does before it calls init_module(2): the file's first bytes tell how it is packed.
 *
 * @module
 */

import type { Compression, Decompressed, FileKind, ModuleFile } from "../kernel/module_file.ts";
import { InputError, reason } from "./input_error.ts";

/** A file that was read. */
export interface ReadModule {
  readonly file: ModuleFile;
  /** How it is packed, if it is. */
  readonly compression: Compression | undefined;
  /** The module's bytes, unpacked. */
  readonly plain: Uint8Array;
  /** It is packed, and cannot be unpacked; `plain` is then empty. */
  readonly damaged: boolean;
}

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Bytes that a module may have at the most, packed or unpacked. */
const LIMIT = 1 << 28;

/** What the kernel's decoders give for damaged data: XZ_DATA_ERROR, Z_DATA_ERROR, ZSTD_error_corruption_detected. */
const DATA_ERROR: Readonly<Record<Compression, number>> = { xz: 7, gzip: -3, zstd: 20 };

async function unpack(compression: Compression, bytes: Uint8Array): Promise<Decompressed> {
  if (compression === "xz") return await (await import("../profile/xz.ts")).unpackXz(bytes, LIMIT);
  try {
    const { gunzipSync, zstdDecompressSync } = await import("node:zlib");
    const unpackSync = compression === "gzip" ? gunzipSync : zstdDecompressSync;
    return { bytes: unpackSync(bytes, { maxOutputLength: LIMIT }) };
  } catch {
    return { status: DATA_ERROR[compression] };
  }
}

/** kernel_read_file() as init_module_from_file() calls it: a larger file is refused by its size. */
const INT_MAX = 0x7fffffff;

/** What is at a path. Only a regular file is read, and only as far as its size says. */
function readBytes(path: string): { bytes: Uint8Array; kind: FileKind } {
  const none = new Uint8Array();
  try {
    const { isFile, isDirectory, size } = Deno.statSync(path);
    if (!isFile) return { bytes: none, kind: isDirectory ? "directory" : "special file" };
    if (size > INT_MAX) return { bytes: none, kind: "file over 2 GiB" };
    if (size <= LIMIT) return { bytes: size === 0 ? none : Deno.readFileSync(path), kind: "regular" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new InputError(`Cannot read module "${path}": no such file`);
    throw new InputError(`Cannot read module "${path}": ${reason(error)}`);
  }
  throw new InputError(`Cannot read module "${path}": it is larger than the ${LIMIT >> 20} MiB that are read`);
}

/** How a file is packed, by its first bytes. */
function compressionOf(bytes: Uint8Array): Compression | undefined {
  return MAGIC.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0];
}

/**
 * Reads a module file and unpacks it.
 *
 * @throws {InputError} where it cannot be read; what is packed and damaged is no error here
 */
export async function readModule(path: string): Promise<ReadModule> {
  const { bytes, kind } = readBytes(path);
  return await asModule(bytes, kind);
}

/** Bytes as a module file that was read. */
export async function asModule(bytes: Uint8Array, kind: FileKind = "regular"): Promise<ReadModule> {
  const compression = compressionOf(bytes);
  const unpacked = compression === undefined ? { bytes } : await unpack(compression, bytes);
  const plain = "bytes" in unpacked ? unpacked.bytes : new Uint8Array();
  const decompress = (wanted: Compression): Decompressed => wanted === compression ? unpacked : { status: DATA_ERROR[wanted] };
  return { file: { bytes, kind, access: "read-only", decompress }, compression, plain, damaged: !("bytes" in unpacked) };
}

/** The name that kmod takes a file's module to have: up to the first dot, `-` for `_`. */
export function moduleNameOf(path: string): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const dot = base.indexOf(".");
  return (dot < 0 ? base : base.slice(0, dot)).replaceAll("-", "_");
}
