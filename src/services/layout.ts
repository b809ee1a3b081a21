// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where fields are in structs whose layout the kernel's configuration decides.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import type { Call } from "./service.ts";

/**
 * The offset of a field, in bytes; of `size`, the struct's size.
 *
 * @param struct a table under `[offsets]` in `kernel.toml`
 * @throws NotModelled where the profile does not tell
 */
export function offsetOf({ kernel }: Pick<Call, "kernel">, struct: string, field: string): number {
  const offset = kernel.profile.offsets.get(struct)?.get(field);
  if (offset === undefined) throw new NotModelled(`struct ${struct}: the profile does not tell where ${field} is`);
  return offset;
}
