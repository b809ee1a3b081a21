// SPDX-License-Identifier: GPL-2.0-only
/** Terminals, input handlers and platform devices that modules register. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const OWNER = 0xbf800000;
/** TTY_DRIVER_DYNAMIC_DEV and TTY_DRIVER_UNNUMBERED_NODE. */
const [DYNAMIC_DEV, UNNUMBERED_NODE] = [8, 0x80];

Deno.test("a tty driver gets a major that is free, and its lines' devices come when it asks for them", () => {
  const caller = new Caller(profile);
  const driver = caller.call("__tty_alloc_driver", 2, OWNER, DYNAMIC_DEV) >>> 0;
  caller.memory.write32(driver + 16, caller.string("ttyTOY"));
  assertEquals(caller.call("tty_register_driver", driver), 0);
  assertEquals(caller.word(driver + 24), 241);
  assertEquals(caller.word(driver + 84), DYNAMIC_DEV | 1);
  assertEquals(caller.call("tty_register_device", driver, 2, 0), -22);
  assertEquals(caller.lines(), ["<3> ttyTOY: Attempt to register invalid tty line number (2)"]);
  const device = caller.call("tty_register_device", driver, 1, 0) >>> 0;
  assertEquals(caller.kernel.space.cstring(caller.word(device)), "ttyTOY1");
});

Deno.test("a tty driver has lines, and one line only where that has no number", () => {
  const caller = new Caller(profile);
  assertEquals([caller.call("__tty_alloc_driver", 0, OWNER, 0), caller.call("__tty_alloc_driver", 2, OWNER, UNNUMBERED_NODE)], [
    -22,
    -22,
  ]);
});

Deno.test("a line discipline has a number below NR_LDISCS", () => {
  const caller = new Caller(profile);
  const register = (number: number) => caller.call("tty_register_ldisc", caller.block(72, { 4: number }));
  assertEquals([register(30), register(31), register(-1)], [0, -22, -22]);
});

Deno.test("an input handler that a device of the machine matches is not modelled; one that wants other keys is registered", () => {
  const caller = new Caller(profile);
  const handler = (id: Record<number, number>) => caller.block(64, { 40: caller.string("toy"), 44: caller.block(328, id) });
  // INPUT_DEVICE_ID_MATCH_EVBIT | INPUT_DEVICE_ID_MATCH_KEYBIT; EV_KEY; KEY_WLAN (238), KEY_POWER (116).
  assertEquals(caller.call("input_register_handler", handler({ 0: 0x30, 12: 2, [16 + 4 * 7]: 1 << 14 })), 0);
  const power = handler({ 0: 0x30, 12: 2, [16 + 4 * 3]: 1 << 20 });
  assertThrows(() => caller.call("input_register_handler", power), NotModelled, "connected to device gpio-keys");
});

Deno.test("a module's platform device is given to the module's driver of that name", () => {
  const caller = new Caller(profile);
  const probed: number[] = [];
  const probe = caller.function((device) => {
    probed.push(device);
  });
  const driver = caller.block(104, { 0: probe, 20: caller.string("toy") });
  assertEquals(caller.call("__platform_driver_register", driver, OWNER), 0);
  const device = caller.call("platform_device_alloc", caller.string("toy"), -2) >>> 0;
  assertEquals(caller.call("platform_device_add", device), 0);
  assertEquals(probed, [device]);
  assertEquals(caller.kernel.space.cstring(caller.word(device + 16)), "toy.1.auto");
  caller.call("platform_device_unregister", device);
  caller.call("platform_driver_unregister", driver);
});
