// SPDX-License-Identifier: GPL-2.0-only
/**
 * Learns facts of a kernel from its image: zImage, uImage, Image or vmlinux.
 *
 * Models: the configuration that CONFIG_IKCONFIG puts into an image (kernel/configs.c), and the list of certificates
 * of certs/system_certificates.S.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { stringAt } from "../kbuild/elf_info.ts";
import { addressFacts } from "./build_tree.ts";
import { type Kconfig, readKconfig } from "./kconfig.ts";
import { unpackKernel } from "./kernel_image.ts";
import { join, type KnownFacts, NO_FACTS } from "./known_facts.ts";
import { factsOfConfig, factsOfImage } from "./learn.ts";
import { Vmlinux } from "./vmlinux.ts";
import { kernelExports } from "./vmlinux_exports.ts";

/** What stands before the packed configuration. */
const IKCONFIG_START = "IKCFG_ST";

/** The configuration that an image holds, if it holds one. */
export function configIn(image: Uint8Array): Kconfig | undefined {
  // The byte behind is the first of gzip's magic.
  const text = new TextDecoder("latin1").decode(image);
  const at = text.indexOf(`${IKCONFIG_START}\x1f`);
  if (at < 0) return undefined;
  const end = text.indexOf("IKCFG_ED", at);
  try {
    return readKconfig(
      new TextDecoder().decode(gunzipSync(image.subarray(at + IKCONFIG_START.length, end < 0 ? undefined : end))),
    );
  } catch {
    // Bytes that only look like one.
    return undefined;
  }
}

/** Bytes of zeros behind the list: up to a multiple of 256, and CONFIG_SYSTEM_EXTRA_CERTIFICATE_SIZE. */
const MOST_PADDING = 1 << 14;

/** The length of a DER sequence of at least 256 bytes; undefined where there is none. */
function sequenceAt(view: DataView, at: number): number | undefined {
  return at + 4 <= view.byteLength && view.getUint16(at) === 0x3082 ? 4 + view.getUint16(at + 2) : undefined;
}

/**
 * The list of certificates in an image, by its structure: certificates one behind the other, zeros (which one more
 * certificate may be put into later), and the size of them all.
 */
export function certificatesIn(image: Uint8Array): Uint8Array[] | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (let start = image.indexOf(0x30); start >= 0; start = image.indexOf(0x30, start + 1)) {
    const found: Uint8Array[] = [];
    let at = start;
    for (let size = sequenceAt(view, at); size !== undefined; size = sequenceAt(view, at)) {
      found.push(image.slice(at, at + size));
      at += size;
    }
    if (found.length === 0) continue;
    let end = at;
    while (end < at + MOST_PADDING && image[end] === 0) end++;
    if (end + 4 <= image.length && view.getUint32(end, true) === at - start) return found;
  }
  return undefined;
}

/**
 * The facts of a kernel's file.
 *
 * @param given the configuration, where it is known from elsewhere
 * @throws {KernelImageError}, {ElfError}, and {FactsDiffer} where the configuration within is another one
 */
export async function factsOfKernelFile(file: Uint8Array, given?: Kconfig): Promise<KnownFacts> {
  const isElf = stringAt(file, 0, 4) === "\x7fELF";
  const image = isElf ? file : (await unpackKernel(file)).image;
  const config = given ?? configIn(image);
  const facts = join(factsOfImage(await kernelExports(file), image), config === undefined ? NO_FACTS : factsOfConfig(config));
  const trustedKeys = facts.trustedKeys ?? certificatesIn(image);
  const known: KnownFacts = { ...facts, ...(trustedKeys === undefined ? {} : { trustedKeys }) };
  if (!isElf || config === undefined) return known;
  const vmlinux = new Vmlinux(file);
  return join(known, { ...NO_FACTS, ...addressFacts((name) => vmlinux.address(name), config) });
}
