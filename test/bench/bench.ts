// SPDX-License-Identifier: GPL-2.0-only
/**
 * `deno task bench [--modules DIR]`: the speed targets, measured. Each line has its figure and, where there is one, the target beside it.
 * Nothing fails here: how fast a machine is, and what else it does at the time, is no fault of the code.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { benchCold } from "./cold.ts";
import { benchCorpus } from "./corpus.ts";
import { benchLoading } from "./loading.ts";

const { modules } = parseArgs(Deno.args, { string: ["modules"] });
const profile = await loadProfile();

await benchCold();
benchLoading(profile);
if (modules === undefined) console.log("\nThe corpus: not measured; give a folder of plain .ko files, --modules DIR");
else await benchCorpus(profile, String(modules));
