// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whether a kernel can be booted here.
 *
 * @module
 */

import type { KernelProfile } from "../kernel/profile.ts";
import { InputError } from "../suite/input_error.ts";
import { cacheDirectory, openKernel } from "./kernel_under_test.ts";
import { COMPILER, EMULATOR, howToGet, missingPrograms } from "./programs.ts";

/** What stands in the way of booting a kernel, in one line; undefined where nothing does. */
export async function whyNot(profile: KernelProfile, cache: string | undefined): Promise<string | undefined> {
  const where = cache ?? cacheDirectory();
  try {
    await openKernel(where, profile);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  const missing = await missingPrograms([EMULATOR, COMPILER], where);
  return missing.length > 0 ? howToGet(missing) : undefined;
}
