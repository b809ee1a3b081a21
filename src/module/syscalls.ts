// SPDX-License-Identifier: GPL-2.0-only
/**
 * The system calls.
 *
 * Models: init_module(2), finit_module(2), may_init_module(), copy_module_from_user() and init_module_from_file() of kernel/module/main.c;
 * kernel_read_file() of fs/kernel_read_file.c; module_decompress() of kernel/module/decompress.c. delete_module(2) is in unload.ts.
 *
 * @module
 */

import { EHDR } from "../elf/records.ts";
import { EBADF, EFBIG, EINVAL, ENOEXEC, ENOMEM, EOPNOTSUPP, EPERM, ETXTBSY } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR } from "../kernel/log.ts";
import type { Compression, ModuleFile } from "../kernel/module_file.ts";
import type { RunInit } from "./init.ts";
import { loadModule, type LoadObserver } from "./load.ts";
import { MODULE_INIT_COMPRESSED_FILE, MODULE_INIT_IGNORE_MODVERSIONS, MODULE_INIT_IGNORE_VERMAGIC } from "./load_info.ts";

const ALL_FLAGS = MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC | MODULE_INIT_COMPRESSED_FILE;

/** Who calls, and what becomes of the module. */
export interface Caller {
  /** Has CAP_SYS_MODULE. */
  readonly privileged: boolean;
  readonly runInit: RunInit;
  readonly observer?: LoadObserver;
}

/** may_init_module(). */
function mayInitModule(kernel: Kernel, caller: Caller): boolean {
  return caller.privileged && !kernel.boot.modulesDisabled;
}

/** Loads from bytes that are in the kernel's hands, through a copy of them in vmalloc memory. */
function loadCopy(kernel: Kernel, bytes: Uint8Array, uargs: string, flags: number, caller: Caller): number {
  const area = kernel.execmem.copyPages(bytes);
  if (area === undefined) return -ENOMEM;
  return loadModule(kernel, area, bytes.length, uargs, flags, caller.runInit, caller.observer);
}

/**
 * init_module(2): the bytes come from memory.
 *
 * @param uargs the parameter string
 * @returns 0 or minus an errno
 */
export function initModule(kernel: Kernel, bytes: Uint8Array, uargs: string, caller: Caller): number {
  kernel.systemCall = "init_module";
  if (!mayInitModule(kernel, caller)) return -EPERM;
  if (bytes.length < EHDR.size) return -ENOEXEC;
  return loadCopy(kernel, bytes, uargs, 0, caller);
}

/**
 * finit_module(2): the bytes come from a file.
 *
 * @param file undefined for a descriptor that is not open
 * @param flags MODULE_INIT_*
 * @returns 0 or minus an errno
 */
export function finitModule(
  kernel: Kernel,
  file: ModuleFile | undefined,
  uargs: string,
  flags: number,
  caller: Caller,
): number {
  kernel.systemCall = "finit_module";
  if (!mayInitModule(kernel, caller)) return -EPERM;
  if (flags & ~ALL_FLAGS) return -EINVAL;
  if (file === undefined || file.access === "write-only") return -EBADF;
  if (file.kind !== "regular" && file.kind !== "file over 2 GiB") return -EINVAL;
  // deny_write_access(): somebody, if only the caller itself, may still write to it.
  if (file.access === "read-write") return -ETXTBSY;
  if (file.kind === "file over 2 GiB") return -EFBIG;
  if (file.bytes.length === 0) return -EINVAL;
  if (!(flags & MODULE_INIT_COMPRESSED_FILE)) return loadCopy(kernel, file.bytes, uargs, flags, caller);
  const plain = moduleDecompress(kernel, file);
  return typeof plain === "number" ? plain : loadCopy(kernel, plain, uargs, flags, caller);
}

/** One decompressor: the option that builds it in, how its files begin, and its lines. */
interface Decompressor {
  readonly config: string;
  readonly name: Compression;
  readonly magic: readonly number[];
  readonly article: string;
  /** The status for a header that the decoder does not take, before it looks at the data. */
  readonly headerStatus?: (bytes: Uint8Array) => number | undefined;
  readonly failure: (status: number) => string;
}

const DECOMPRESSORS: readonly Decompressor[] = [
  {
    config: "MODULE_COMPRESS_GZIP",
    name: "gzip",
    magic: [0x1f, 0x8b, 0x08],
    article: "a gzip",
    failure: (status) => `decompression failed with status ${status}`,
  },
  {
    config: "MODULE_COMPRESS_XZ",
    name: "xz",
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
    article: "an xz",
    // dec_stream_header(): of the checks only none and CRC32 are built in; XZ_OPTIONS_ERROR for CRC64, which xz(1) makes unless told otherwise.
    headerStatus: (bytes) => bytes.length >= 12 && (bytes[6] !== 0 || bytes[7] > 1) ? 6 : undefined,
    failure: (status) => `decompression failed with status ${status}`,
  },
  {
    config: "MODULE_COMPRESS_ZSTD",
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    article: "a zstd",
    failure: (status) => `ZSTD-decompression failed with status ${status}`,
  },
];

/** module_decompress(): the one algorithm that the kernel was built with. @returns the plain bytes, or minus an errno */
function moduleDecompress(kernel: Kernel, file: ModuleFile): Uint8Array | number {
  const decompressor = DECOMPRESSORS.find(({ config }) => kernel.config(config));
  if (!kernel.config("MODULE_DECOMPRESS") || decompressor === undefined) return -EOPNOTSUPP;
  if (!decompressor.magic.every((byte, i) => file.bytes[i] === byte)) {
    kernel.printk(KERN_ERR, `not ${decompressor.article} compressed module`);
    return -EINVAL;
  }
  if (file.decompress === undefined) throw new Error("The file came without a decompressor");
  const status = decompressor.headerStatus?.(file.bytes);
  const result = status === undefined ? file.decompress(decompressor.name) : { status };
  if ("bytes" in result) return result.bytes;
  kernel.printk(KERN_ERR, decompressor.failure(result.status));
  return -EINVAL;
}
