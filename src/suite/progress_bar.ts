// SPDX-License-Identifier: GPL-2.0-only
/**
 * The library behind progress.ts, on its own so that only a terminal pays for it.
 *
 * @module
 */

// @ts-types="./cli_progress.d.ts"
import progress from "cli-progress";

export default progress;
