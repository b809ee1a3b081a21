// SPDX-License-Identifier: GPL-2.0-only
/**
 * From the file that a bootloader starts to the kernel as it lies in memory.
 *
 * Models: the header and the table that arch/arm/boot/compressed/head.S and vmlinux.lds.S put into a zImage, and what its decompressors
 * (lib/decompress*.c) unpack. A raw Image, and a zImage or Image behind the header of a uImage, are taken too.
 *
 * @module
 */

import { undoArmFilter, withoutArmFilter } from "./arm_bcj.ts";
import { unpackXz } from "./xz.ts";

/** A file that is no kernel image, or one that cannot be unpacked: one line. */
export class KernelImageError extends Error {
  override readonly name = "KernelImageError";
}

/** A kernel as it lies in memory, from the first byte. */
export interface UnpackedKernel {
  readonly image: Uint8Array;
  /** How it was packed: gzip, xz, lzma, lz4, zstd, or not at all. */
  readonly packing: string;
}

/** Bytes that an unpacked kernel may have at the most. */
const LIMIT = 1 << 28;

const ZIMAGE_MAGIC = 0x016f2818;
const ZIMAGE_TABLE_MAGIC = 0x45454545;
/** ZIMAGE_MAGIC2 of the tag that says where the size of the unpacked kernel stands. */
const KERNEL_SIZE_TAG = 0x5a534c4b;
const UIMAGE_MAGIC = 0x27051956;
const UIMAGE_HEADER = 64;

type Unpack = (bytes: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

async function unpackGzip(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { gunzipSync } = await import("node:zlib");
  return new Uint8Array(gunzipSync(bytes, { maxOutputLength: LIMIT }));
}

async function unpackZstd(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { zstdDecompressSync } = await import("node:zlib");
  return new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: LIMIT }));
}

async function unpackXzOfKernel(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const plain = withoutArmFilter(bytes);
  const result = await unpackXz(plain ?? bytes, LIMIT);
  if (!("bytes" in result)) return undefined;
  if (plain !== undefined) undoArmFilter(result.bytes);
  return result.bytes;
}

async function unpackLzma(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { decompress } = await import("lzma1");
  const result = decompress(bytes);
  return typeof result === "string" ? undefined : Uint8Array.from(result);
}

/** Blocks of 8 MB each behind its packed size, as `lz4 -l` writes them; behind the last, the kernel's build puts the unpacked size. */
async function unpackLz4(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const { decompressBlock } = (await import("lz4js")).default;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  for (let at = 4; at + 4 < bytes.length;) {
    const size = view.getUint32(at, true);
    if (size === 0 || at + 4 + size > bytes.length) break;
    const block = new Uint8Array(8 << 20);
    const end = decompressBlock(bytes, block, at + 4, size, 0);
    blocks.push(block.subarray(0, end));
    at += 4 + size;
  }
  return blocks.length === 0 ? undefined : new Uint8Array(await new Blob(blocks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** The first bytes of what a decompressor takes. */
const PACKINGS: readonly { name: string; magic: readonly number[]; unpack: Unpack }[] = [
  { name: "gzip", magic: [0x1f, 0x8b, 0x08], unpack: unpackGzip },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], unpack: unpackXzOfKernel },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unpackZstd },
  { name: "lz4", magic: [0x02, 0x21, 0x4c, 0x18], unpack: unpackLz4 },
  { name: "lzma", magic: [0x5d, 0, 0], unpack: unpackLzma },
];

/** Where the payload ends, and how long it is unpacked, by the zImage's own table; the size is that of gzip and of the others alike. */
function payloadOf(zImage: Uint8Array): { end: number; size?: number } {
  const view = new DataView(zImage.buffer, zImage.byteOffset, zImage.byteLength);
  const whole = { end: zImage.length };
  if (view.getUint32(0x34, true) !== ZIMAGE_TABLE_MAGIC) return whole;
  const table = view.getUint32(0x38, true);
  if (table + 12 > zImage.length || view.getUint32(table + 4, true) !== KERNEL_SIZE_TAG) return whole;
  const size = view.getUint32(table + 8, true);
  return size + 4 > zImage.length ? whole : { end: size, size: view.getUint32(size, true) };
}

/** Places in the file where a payload of a packing may begin. */
function* placesOf(bytes: Uint8Array, magic: readonly number[], end: number): Generator<number> {
  for (let at = bytes.indexOf(magic[0]); at >= 0 && at < end; at = bytes.indexOf(magic[0], at + 1)) {
    if (magic.every((byte, i) => bytes[at + i] === byte)) yield at;
  }
}

/** Unpacks; undefined where the bytes are not what they begin like. */
async function tryToUnpack(unpack: Unpack, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await unpack(bytes);
  } catch {
    return undefined;
  }
}

async function unpackZImage(zImage: Uint8Array): Promise<UnpackedKernel> {
  const { end, size } = payloadOf(zImage);
  for (const { name, magic, unpack } of PACKINGS) {
    // gzip's size is its own last word, which belongs to it.
    const last = name === "gzip" && end < zImage.length ? end + 4 : end;
    for (const at of placesOf(zImage, magic, last)) {
      const image = await tryToUnpack(unpack, zImage.subarray(at, last));
      if (image !== undefined && (size === undefined ? image.length > zImage.length : image.length === size)) {
        return { image, packing: name };
      }
    }
  }
  const kinds = PACKINGS.map(({ name }) => name).join(", ");
  throw new KernelImageError(`the zImage holds no payload that is packed by one of ${kinds}, or it is damaged`);
}

/**
 * Unpacks a kernel.
 *
 * @param file a zImage, an Image, either as a uImage, or an Image that is packed by itself
 * @throws {KernelImageError}
 */
export async function unpackKernel(file: Uint8Array): Promise<UnpackedKernel> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < UIMAGE_HEADER) throw new KernelImageError(`it has ${file.length} bytes, too few for a kernel`);
  if (view.getUint32(0) === UIMAGE_MAGIC) return await unpackKernel(file.subarray(UIMAGE_HEADER));
  if (view.getUint32(0x24, true) === ZIMAGE_MAGIC) return await unpackZImage(file);
  const packed = PACKINGS.find(({ magic }) => magic.every((byte, i) => file[i] === byte));
  if (packed === undefined) return { image: file, packing: "not packed" };
  const image = await tryToUnpack(packed.unpack, file);
  if (image === undefined) throw new KernelImageError(`its ${packed.name} data are damaged`);
  return { image, packing: packed.name };
}
