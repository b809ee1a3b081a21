// SPDX-License-Identifier: GPL-2.0-only
/**
 * `deno task bench [--modules DIR]`: the speed targets, measured. Each line has its figure and, where there is one, the target beside it.
 * Nothing fails here: how fast a machine is, and what else it does at the time, is no fault of the code.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { processIo } from "../../src/cli/io.ts";
import { cacheDirectory } from "../../src/oracle/kernel_under_test.ts";
import { loadProfile } from "../../src/profile/load_profile.ts";
import { benchBoot } from "./boot.ts";
import { benchCold } from "./cold.ts";
import { benchCorpus } from "./corpus.ts";
import { benchCpu } from "./cpu.ts";
import { benchGenksyms } from "./genksyms.ts";
import { benchKbuild } from "./kbuild.ts";
import { benchLoading } from "./loading.ts";

const { modules } = parseArgs(Deno.args, { string: ["modules"] });
const profile = await loadProfile();

const cold = await benchCold();
await benchBoot(profile, cold);
benchLoading(profile);
benchCpu();
await benchGenksyms();
const kept = `${cacheDirectory()}/${profile.release}/modules`;
const corpus = modules === undefined ? kept : processIo().resolve(String(modules));
await benchKbuild(profile, corpus);
await benchCorpus(profile, corpus);
