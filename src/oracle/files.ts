// SPDX-License-Identifier: GPL-2.0-only
/**
 * Files of the host.
 *
 * @module
 */

/** Whether a path names anything; throws what the system says where it cannot tell. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
