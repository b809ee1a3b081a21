// SPDX-License-Identifier: GPL-2.0-only
/** From the file that a bootloader starts to the kernel's exports. */

import { assertEquals, assertRejects } from "@std/assert";
import { findExportTables } from "../../src/kbuild/kernel_exports.ts";
import { KernelImageError, unpackKernel } from "../../src/profile/kernel_image.ts";
import { kernelExports } from "../../src/profile/vmlinux_exports.ts";
import { BASE, smallExports, smallImage, zImageOf } from "../fixtures/kernel_image/make.ts";

const FOLDER = new URL("../fixtures/kernel_image/", import.meta.url);
const image = smallImage();

const PACKED: readonly (readonly [file: string, packing: string])[] = [
  ["image.gz", "gzip"],
  ["image.xz", "xz"],
  ["image.arm.xz", "xz"],
  ["image.lzma", "lzma"],
  ["image.lz4", "lz4"],
  ["image.zst", "zstd"],
];

for (const [file, packing] of PACKED) {
  const payload = Deno.readFileSync(new URL(file, FOLDER));
  Deno.test(`a zImage packed as ${file} is unpacked to every byte`, async () => {
    assertEquals(await unpackKernel(zImageOf(payload, image.length, packing === "gzip")), { image, packing });
  });
  Deno.test(`a zImage packed as ${file} and damaged is refused in one line`, async () => {
    const damaged = payload.slice();
    damaged.fill(0xaa, damaged.length >> 1, (damaged.length >> 1) + 40);
    await assertRejects(
      () => unpackKernel(zImageOf(damaged, image.length, packing === "gzip")),
      KernelImageError,
      "the zImage holds no payload",
    );
  });
}

Deno.test("a uImage is unpacked to what its header is before", async () => {
  const uImage = new Uint8Array(64 + image.length);
  new DataView(uImage.buffer).setUint32(0, 0x27051956);
  uImage.set(image, 64);
  assertEquals((await unpackKernel(uImage)).image, image);
});

Deno.test("the tables of exports are found by their structure, with base, licence, namespace and CRC", async () => {
  assertEquals(await kernelExports(image), smallExports());
  const tables = findExportTables(image);
  assertEquals([tables?.base, tables?.start, tables?.hasCrcs], [BASE, 0x2004, true]);
});

Deno.test("tables without CRCs are known by the strings that follow at once", async () => {
  const exports = await kernelExports(smallImage(false));
  assertEquals(exports, smallExports().map((each) => ({ ...each, crc: undefined })));
});

Deno.test("what has no table of exports is refused in one line", async () => {
  await assertRejects(() => kernelExports(new Uint8Array(4096)), KernelImageError, "no table of exports is in it");
  await assertRejects(() => kernelExports(new Uint8Array(10)), KernelImageError, "it has 10 bytes");
});
