// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the engine stands in for: the real kernel, booted under QEMU to load one module.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { buildAgent } from "../../src/oracle/guest/initramfs.ts";
import { inTemporaryDirectory } from "../../src/oracle/interrupt.ts";
import { cacheDirectory, imagePath, type KernelUnderTest, openKernel } from "../../src/oracle/kernel_under_test.ts";
import { COMPILER, EMULATOR, needProgram, toolsDirectory } from "../../src/oracle/programs.ts";
import { recordScenario } from "../../src/oracle/record.ts";
import { InputError } from "../../src/suite/input_error.ts";
import { MODULE, PROJECT } from "./cold.ts";
import { milliseconds, report, times } from "./figures.ts";

/** The kernel, if all is there that it takes to boot it. */
async function bootable(profile: KernelProfile): Promise<KernelUnderTest> {
  const cache = cacheDirectory();
  const kernel = await openKernel(cache, profile);
  for (const program of [EMULATOR, COMPILER]) await needProgram(program, cache);
  return kernel;
}

/** Milliseconds that a guest takes to load the module: the first time it has to boot for it, the second time it starts from its snapshot. */
async function guestTimes(profile: KernelProfile, { image, dtb }: KernelUnderTest): Promise<[booted: number, kept: number]> {
  return await inTemporaryDirectory("insmodel-bench-", async (cache) => {
    await Deno.mkdir(`${cache}/${profile.release}`);
    await Deno.symlink(image, imagePath(cache, profile.release));
    if (dtb !== undefined) await Deno.symlink(dtb, `${cache}/${profile.release}/${dtb.slice(dtb.lastIndexOf("/") + 1)}`);
    await Deno.symlink(toolsDirectory(cacheDirectory()), toolsDirectory(cache));
    await buildAgent(cache);
    const step = { insmod: fromFileUrl(new URL(MODULE, PROJECT)), params: "" };
    const load = async () => {
      const start = performance.now();
      await recordScenario({ kernel: profile.release, cmdline: "", steps: [step] }, { profile, cache });
      return performance.now() - start;
    };
    return [await load(), await load()];
  });
}

/**
 * Prints what one module costs on the real kernel, beside the engine.
 *
 * @param cold milliseconds of a cold insmod in the engine
 */
export async function benchBoot(profile: KernelProfile, cold: number): Promise<void> {
  console.log("\nThe same module on the real kernel under QEMU");
  let kernel: KernelUnderTest;
  try {
    kernel = await bootable(profile);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.log(`  left out. ${error.message}`);
    return;
  }
  const [booted, kept] = await guestTimes(profile, kernel);
  report("boot and load", milliseconds(booted));
  report("load, from the snapshot of a booted guest", milliseconds(kept));
  report("boot and load / the engine's cold insmod", times(booted / cold));
  report("load from the snapshot / the engine's cold insmod", times(kept / cold));
}
