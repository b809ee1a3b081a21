// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where the recorded outcomes of the real modpost are.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import type { Scenario } from "./modpost_scenarios.ts";

const FOLDER = fromFileUrl(new URL("../fixtures/modpost/", import.meta.url));

/** The golden of a scenario. */
export function goldenPath({ name }: Scenario): string {
  return `${FOLDER}${name.replace(/[^a-z0-9]+/gi, "-").toLowerCase()}.txt`;
}
