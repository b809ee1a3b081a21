// SPDX-License-Identifier: GPL-2.0-only
/**
 * The exports found in a kernel's image against those that the kernel's build wrote into Module.symvers.
 *
 * @module
 */

import { parseSymvers, symversLine } from "../../src/kbuild/symvers.ts";
import type { KernelExport } from "../../src/kbuild/kernel_exports.ts";
import { imagePath } from "../../src/oracle/kernel_under_test.ts";
import { listProfiles, loadProfile } from "../../src/profile/load_profile.ts";
import { exportsText } from "../../src/profile/vmlinux.ts";
import { exists } from "../../src/suite/files.ts";
import { kernelExports } from "../../src/profile/vmlinux_exports.ts";
import type { Figure } from "./modpost_part.ts";

/** Name, CRC, licence and namespace of every export of the kernel. */
export async function exportsFigure(image: string, symvers: string): Promise<Figure> {
  const built = parseSymvers(await Deno.readTextFile(symvers)).filter(({ module }) => module === "vmlinux").map(symversLine);
  const found = (await kernelExports(await Deno.readFile(image))).map(({ name, crc = 0, gpl, namespace }) =>
    symversLine({ name, module: "vmlinux", crc, gpl, namespace })
  );
  const lines = new Set(built);
  const surplus = found.filter((line) => !lines.has(line));
  const missing = built.filter((line) => !found.includes(line));
  return {
    what: "name, CRC, licence and namespace",
    compared: built.length,
    different: [...missing, ...surplus].map((line) => line.trim()),
  };
}

/** Name, address, CRC, licence and namespace of every export, of each image in a cache whose profile is here. */
export async function profileExportsFigures(cache: string): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const release of listProfiles()) {
    if (!exists(imagePath(cache, release))) continue;
    const { exports } = await loadProfile(release);
    const rows = new Set(exports.text.trimEnd().split("\n"));
    const found = (await kernelExports(await Deno.readFile(imagePath(cache, release)))).map(rowOf);
    const different = [...found.filter((row) => !rows.has(row)), ...[...rows].filter((row) => !found.includes(row))];
    figures.push({ what: release, compared: rows.size, different });
  }
  return figures;
}

/** A row of exports.tsv. */
function rowOf({ name, value, crc, gpl, namespace }: KernelExport): string {
  return exportsText([{ name, value, crc, gplOnly: gpl, namespace }]).trimEnd();
}
