// SPDX-License-Identifier: GPL-2.0-only
/**
 * The exports found in a kernel's image against those that the kernel's build wrote into Module.symvers.
 *
 * @module
 */

import { parseSymvers, symversLine } from "../../src/kbuild/symvers.ts";
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
