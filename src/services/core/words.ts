// SPDX-License-Identifier: GPL-2.0-only
/**
 * Several arguments at once.
 *
 * @module
 */

import type { Call } from "../service.ts";

/** The next arguments, unsigned. */
export function words({ args }: Call, count: number): number[] {
  return Array.from({ length: count }, () => args.word());
}
