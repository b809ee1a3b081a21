// SPDX-License-Identifier: GPL-2.0-only
/** Static keys that a module's code switches. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);

Deno.test("a key of the kernel's own is counted, and modules that come later find it as it stands", () => {
  const caller = new Caller(profile);
  const key = profile.exports.find("ip_tunnel_metadata_cnt")?.value ?? 0;
  caller.call("static_key_slow_inc", key);
  caller.call("static_key_slow_inc", key);
  caller.call("static_key_slow_dec", key);
  assertEquals([caller.call("static_key_count", key), caller.kernel.switchedKeys.get(key)], [1, true]);
  caller.call("static_key_slow_dec", key);
  assertEquals(caller.kernel.switchedKeys.get(key), false);
  assertThrows(() => caller.call("static_key_slow_dec", key), NotModelled, "negative count");
});
