// SPDX-License-Identifier: GPL-2.0-only
/** Drivers on the kernel's own buses: what is refused, what is said, and which devices would be probed. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { putString } from "../../../src/services/memory.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const OWNER = 0xbf800000;
/** struct platform_driver, struct spi_driver, struct amba_driver: where struct device_driver is in each. */
const [IN_PLATFORM, IN_SPI, IN_AMBA] = [20, 16, 0];

function platformDriver(caller: Caller, name: string, fields: Readonly<Record<number, number>> = {}): number {
  return caller.block(104, { [IN_PLATFORM]: caller.string(name), ...fields });
}

/** A table of struct of_device_id with one entry. */
function ofTable(caller: Caller, compatible: string): number {
  const table = caller.block(2 * 196);
  putString(caller.memory, table + 64, compatible);
  return table;
}

Deno.test("a platform driver without a device is registered, has its owner and bus, and can go", () => {
  const caller = new Caller(profile);
  const driver = platformDriver(caller, "no_such_device");
  assertEquals(caller.call("__platform_driver_register", driver, OWNER), 0);
  assertEquals(caller.word(driver + IN_PLATFORM + 8), OWNER);
  assertEquals(caller.word(driver + IN_PLATFORM + 4), profile.exports.find("platform_bus_type")?.value);
  caller.call("platform_driver_unregister", driver);
  assertEquals(caller.call("__platform_driver_register", driver, OWNER), 0);
  assertEquals(caller.lines(), []);
});

Deno.test("a driver's name can be taken once, also by a driver that is built in", () => {
  const caller = new Caller(profile);
  caller.call("__platform_driver_register", platformDriver(caller, "twice"), OWNER);
  for (const name of ["twice", "gpio-keys"]) {
    assertEquals(caller.call("__platform_driver_register", platformDriver(caller, name), OWNER), -16);
    assertEquals(caller.lines(), [`<3> Error: Driver '${name}' is already registered, aborting...`]);
  }
});

Deno.test("a driver that a device of the machine waits for is not modelled: its probe would be called", () => {
  const caller = new Caller(profile);
  const byTree = platformDriver(caller, "by_tree", { [IN_PLATFORM + 24]: ofTable(caller, "QEMU,fw-cfg-mmio") });
  const error = assertThrows(() => caller.call("__platform_driver_register", byTree, OWNER), NotModelled);
  assertEquals(error.what, "probe of 9020000.fw-cfg by driver by_tree");
  const byName = platformDriver(caller, "psci");
  assertThrows(() => caller.call("__platform_driver_register", byName, OWNER), NotModelled, "probe of psci");
});

Deno.test("with an id_table a driver's own name does not count; a device that has a driver is left alone", () => {
  const caller = new Caller(profile);
  const table = caller.block(48);
  putString(caller.memory, table, "another");
  assertEquals(caller.call("__platform_driver_register", platformDriver(caller, "psci", { 96: table }), OWNER), 0);
  const bound = platformDriver(caller, "keys", { [IN_PLATFORM + 24]: ofTable(caller, "gpio-keys") });
  assertEquals(caller.call("__platform_driver_register", bound, OWNER), 0);
});

Deno.test("a driver of __platform_driver_probe() that gets no device is refused", () => {
  const caller = new Caller(profile);
  const driver = platformDriver(caller, "once");
  assertEquals(caller.call("__platform_driver_probe", driver, 0xbf000100, OWNER), -19);
  assertEquals(caller.call("__platform_driver_register", platformDriver(caller, "once"), OWNER), 0);
  const async = platformDriver(caller, "async", { [IN_PLATFORM + 20]: 1 });
  assertEquals(caller.call("__platform_driver_probe", async, 0xbf000100, OWNER), -22);
  assertEquals(caller.lines(), [
    "<3> async: drivers registered with __platform_driver_probe can not be probed asynchronously",
  ]);
});

Deno.test("of several platform drivers the ones before one that is refused are taken out again", () => {
  const caller = new Caller(profile);
  const { base } = caller.kernel.space.map(0xbf800000, 4096);
  const [first, second] = [base, base + 104];
  for (const driver of [first, second]) caller.memory.write32(driver + IN_PLATFORM, caller.string("first"));
  const array = caller.block(8, { 0: first, 4: second });
  assertEquals(caller.call("__platform_register_drivers", array, 2, OWNER), -16);
  assertEquals(caller.lines(), [
    "<3> Error: Driver 'first' is already registered, aborting...",
    "<3> failed to register platform driver 0xbf800068: -16",
  ]);
  assertEquals(caller.call("__platform_driver_register", first, OWNER), 0);
});

Deno.test("an SPI driver is told of each name of the device tree that its own table lacks", () => {
  const caller = new Caller(profile);
  const ids = caller.block(72);
  putString(caller.memory, ids, "known");
  const tree = caller.block(3 * 196);
  putString(caller.memory, tree + 64, "vendor,known");
  putString(caller.memory, tree + 196 + 64, "vendor,unknown");
  const driver = caller.block(92, { 0: ids, [IN_SPI]: caller.string("chip"), [IN_SPI + 24]: tree });
  assertEquals(caller.call("__spi_register_driver", OWNER, driver), 0);
  assertEquals(caller.lines(), ["<4> SPI driver chip has no spi_device_id for vendor,unknown"]);
});

Deno.test("an AMBA driver has to have a probe function", () => {
  const caller = new Caller(profile);
  const driver = caller.block(96, { [IN_AMBA]: caller.string("cell"), 88: caller.block(24) });
  assertEquals(caller.call("__amba_driver_register", driver, OWNER), -22);
  caller.memory.write32(driver + 76, 0xbf000100);
  assertEquals(caller.call("__amba_driver_register", driver, OWNER), 0);
});
