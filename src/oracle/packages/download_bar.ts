// SPDX-License-Identifier: GPL-2.0-only
/**
 * A bar for what the package client does, where there is a terminal.
 *
 * @module
 */

import { showProgress } from "../../suite/progress.ts";
import type { HearShare } from "./apt.ts";

/**
 * Shows how far a piece of work is while it runs.
 *
 * @param unit what `total` counts
 * @param work gets what hears its share, from 0 to 1
 */
export async function withBar<Result>(
  unit: string,
  total: number,
  work: (hear: HearShare) => Promise<Result>,
): Promise<Result> {
  const progress = await showProgress(total, unit, () => {});
  let shown = 0;
  try {
    return await work((share) => {
      const now = Math.max(shown, Math.round(share * total));
      progress.advance(now - shown);
      shown = now;
    });
  } finally {
    progress.stop();
  }
}
