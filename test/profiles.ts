// SPDX-License-Identifier: GPL-2.0-only
/** The profiles that tests run over. */

import { type KernelProfile, ProfileError } from "../src/kernel/profile.ts";
import { listProfiles, loadProfile } from "../src/profile/load_profile.ts";

/** All profiles under `golden/`: those that can be used, and what is wrong with the others. */
export async function readProfiles(): Promise<{ usable: KernelProfile[]; faults: ProfileError[] }> {
  const usable: KernelProfile[] = [];
  const faults: ProfileError[] = [];
  for (const release of listProfiles()) {
    try {
      usable.push(await loadProfile(release));
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
      faults.push(error);
    }
  }
  return { usable, faults };
}
