// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: brings what `record`, `verify` and `suite --target qemu` need into the cache.
 *
 *     deno task kernel:fetch [--kernel ID] [--modules] [--headers] [--cache DIR] [--sources FILE]
 *
 * The kernel's package is the one that `golden/<release>/kernel.toml` names, from the mirror that the system itself uses, or the first
 * one of FILE (in a format of sources.list(5)). QEMU and the cross compiler come from the system's own sources, where they are not
 * installed. In the cache:
 *
 *     <cache>/packages/*.deb        the kernel's package
 *     <cache>/<release>/vmlinuz     the kernel image
 *     <cache>/<release>/modules     with --modules: the kernel's own modules, as the package has them
 *     <cache>/<release>/headers     with --headers: what modules are built against, without the host's programs
 *     <cache>/tools                 QEMU and the cross compiler
 *     <cache>/apt, apt-tools        while something is fetched: the package client's state
 *
 * Sizes and hashes are verified. What is there already is not fetched again, and an interrupted download is gone on with. Exit code:
 * 0; 1 where the download fails; 2 for bad usage, or where a program is missing.
 *
 * @module
 */

import { DEFAULT_KERNEL } from "../profile/load_profile.ts";
import { fetchHeaders, fetchImage, fetchModules } from "./packages/fetch_packages.ts";
import { fetchTools, missingTools } from "./packages/fetch_tools.ts";
import { readKernelArguments, runKernelCommand } from "./kernel_command.ts";
import { readFacts } from "./kernel_facts.ts";
import { parsePackage } from "./packages/kernel_package.ts";

const USAGE = "usage: deno task kernel:fetch [--kernel ID] [--modules] [--headers] [--cache DIR] [--sources FILE]";

async function main(args: readonly string[]): Promise<number> {
  const known = { usage: USAGE, options: ["kernel"], flags: ["modules", "headers"], operands: 0 };
  const { cache, sources, flags, options } = readKernelArguments(args, known);
  const wanted = parsePackage(await readFacts(options.kernel ?? DEFAULT_KERNEL));
  const say = (line: string) => console.log(line);
  await fetchImage(wanted, cache, sources, say);
  if (flags.has("modules")) await fetchModules(wanted, cache, sources, say);
  if (flags.has("headers")) await fetchHeaders(wanted, cache, sources, say);
  if ((await missingTools(cache)).length > 0) await fetchTools(cache, say);
  return 0;
}

if (import.meta.main) Deno.exit(await runKernelCommand("kernel:fetch", () => main(Deno.args)));
