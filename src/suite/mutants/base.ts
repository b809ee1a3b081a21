// SPDX-License-Identifier: GPL-2.0-only
/**
 * The modules that mutants are made of: small ones under `cases/`, compiled ones and one recipe with the tables that those lack. All of them
 * load, so that an edit is what decides.
 *
 * @module
 */

import { type ElfImage, readImage } from "../../elf/image.ts";

/** Where a base is, and with what it is loaded. */
export interface BaseFile {
  /** Under `cases/`. A recipe is named as the module that it builds. */
  readonly file: string;
  /** Whether the file is built from `<file>.toml`. */
  readonly recipe?: boolean;
  /** A module under `cases/` that has to be there first. */
  readonly after?: string;
  /** Parameter strings to load it with. */
  readonly params?: readonly string[];
}

/** A base that was read. */
export interface Base extends BaseFile {
  readonly bytes: Uint8Array;
  readonly image: ElfImage;
}

const SEEDS = "seeds/exercise";

/** A new one goes to the end, so that a seed's mutants change as little as they can. */
export const BASES: readonly BaseFile[] = [
  {
    file: "seeds/insmod-example/insmod_example.ko",
    params: ["", "greeting=Bonjour debug_level=2", "debug_level=x", "nosuch=1"],
  },
  { file: `${SEEDS}-1-relocation/relocation_example.ko` },
  { file: `${SEEDS}-1-pointer-kept/pointer_kept.ko` },
  { file: `${SEEDS}-2-export-and-use/symbol_exporter.ko` },
  { file: `${SEEDS}-2-export-and-use/symbol_user.ko`, after: `${SEEDS}-2-export-and-use/symbol_exporter.ko` },
  { file: `${SEEDS}-3-layout/layout_example.ko` },
  { file: `${SEEDS}-4-init-free/init_free_example.ko` },
  { file: "signature/valid/crc4.ko" },
  { file: "layout/real-module-with-two-export-tables/ac97_bus.ko" },
  { file: "layout/real-module-with-jump-labels/nf_tproxy_ipv4.ko" },
  { file: "layout/real-module-with-read-mostly-data/tcp_hybla.ko", params: ["", "rtt0=30", "rtt0=x"] },
  { file: "layout/real-module-with-init-rodata/eql.ko" },
  { file: "layout/real-module-with-percpu-data/nf_dup_netdev.ko" },
  { file: "layout/real-module-with-pv-table/omap3-rom-rng.ko" },
  {
    file: "layout/module-with-many-tables/many_tables.ko",
    recipe: true,
    params: ["number=7 text=abc list=1,2", "", "number=x", "list=1,2,3,4,5", "flag nosuch=1"],
  },
];

/**
 * Reads the bases.
 *
 * @param read gives a file under `cases/`, built where it is a recipe
 */
export async function readBases(read: (file: string) => Promise<Uint8Array>, files = BASES): Promise<Base[]> {
  const bases: Base[] = [];
  for (const each of files) {
    const bytes = await read(each.file);
    bases.push({ ...each, bytes, image: readImage(bytes) });
  }
  return bases;
}
