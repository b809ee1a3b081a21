// SPDX-License-Identifier: GPL-2.0-only
/**
 * Command: boots a kernel under QEMU and writes `devices.toml` of its profile: the devices and drivers that it has before any module.
 *
 *     deno task kernel:devices ID [--cache DIR]
 *
 * @module
 */

import { dirname } from "@std/path";
import { devicesToml } from "../profile/devices_toml.ts";
import { GOLDEN_DIR, loadProfile } from "../profile/load_profile.ts";
import { InputError } from "../suite/input_error.ts";
import { snapshotOf } from "./guest/snapshot.ts";
import { readKernelArguments, runKernelCommand } from "./kernel_command.ts";
import { openKernel } from "./kernel_under_test.ts";

const USAGE = "usage: deno task kernel:devices ID [--cache DIR]";

async function main(args: readonly string[]): Promise<number> {
  const { operands: [id], cache } = readKernelArguments(args, { usage: USAGE, options: [], operands: 1 });
  if (id === undefined) throw new InputError(`no kernel named; ${USAGE}`);
  const profile = await loadProfile(id);
  const { state } = await snapshotOf(cache, await openKernel(cache, profile), "", 0);
  const report = await Deno.readTextFile(`${dirname(state)}/facts`);
  const path = new URL(`${profile.release}/devices.toml`, GOLDEN_DIR);
  const part = new URL(`${path.href}.part`);
  await Deno.writeTextFile(part, devicesToml(report));
  await Deno.rename(part, path);
  console.log(`golden/${profile.release}: devices.toml written`);
  return 0;
}

if (import.meta.main) Deno.exit(await runKernelCommand("kernel:devices", () => main(Deno.args)));
