// SPDX-License-Identifier: GPL-2.0-only
/** Buses, classes, devices and device numbers that modules bring: who is called, in which order, and what is refused. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { offsetOf } from "../../../src/services/layout.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const DEVICE_SIZE = offsetOf({ kernel: new Caller(profile).kernel }, "device", "size");

/** A bus of a module that notes what it is asked, and a device and a driver for it. */
function withBus(probeResult: number) {
  const caller = new Caller(profile);
  const asked: string[] = [];
  const noting = (what: string, result = 0) =>
    caller.function(() => {
      asked.push(what);
      return result;
    });
  const bus = caller.block(84, {
    0: caller.string("toy"),
    20: noting("match", 1),
    24: noting("uevent"),
    28: noting("probe", probeResult),
    36: noting("remove"),
  });
  assertEquals(caller.call("bus_register", bus), 0);
  const device = caller.block(DEVICE_SIZE, { 44: caller.string("toy0"), 52: bus });
  caller.memory.write32(device + offsetOf(caller, "device", "release"), noting("release"));
  const driver = caller.block(76, { 0: caller.string("toy_driver"), 4: bus });
  return { caller, bus, device, driver, asked };
}

Deno.test("a device that comes after its driver is matched, probed and bound; it is released with its last reference", () => {
  const { caller, device, driver, asked } = withBus(0);
  assertEquals(caller.call("driver_register", driver), 0);
  assertEquals(caller.call("device_register", device), 0);
  assertEquals(asked, ["uevent", "match", "probe", "uevent"]);
  assertEquals(caller.word(device + 56), driver);
  asked.length = 0;
  caller.call("device_unregister", device);
  assertEquals(asked, ["remove", "uevent", "uevent", "release"]);
});

Deno.test("a driver that comes after its device is given it, and loses it when it goes", () => {
  const { caller, device, driver, asked } = withBus(0);
  caller.call("device_register", device);
  caller.call("driver_register", driver);
  assertEquals(asked, ["uevent", "match", "probe", "uevent"]);
  caller.call("driver_unregister", driver);
  assertEquals(caller.word(device + 56), 0);
});

Deno.test("a probe that fails leaves the device without the driver; ENODEV and ENXIO are not said", () => {
  const cases: readonly [number, string[]][] = [
    [-19, []],
    [-5, ["<3> toy_driver toy0: probe with driver toy_driver failed with error -5"]],
  ];
  for (const [error, lines] of cases) {
    const { caller, device, driver } = withBus(error);
    caller.call("device_register", device);
    assertEquals(caller.call("driver_register", driver), 0);
    assertEquals(caller.lines(), lines);
    assertEquals(caller.word(device + 56), 0);
  }
});

Deno.test("a notifier of a bus is told of devices and of what becomes of them", () => {
  const { caller, bus, device, driver } = withBus(0);
  const events: number[] = [];
  const told = caller.function((_block, event) => {
    events.push(event);
  });
  caller.call("bus_register_notifier", bus, caller.block(12, { 0: told }));
  caller.call("driver_register", driver);
  caller.call("device_register", device);
  caller.call("device_unregister", device);
  assertEquals(events, [0, 3, 4, 1, 5, 6, 2]);
});

Deno.test("a driver of a bus that is not registered is refused with a line", () => {
  const caller = new Caller(profile);
  const bus = caller.block(84, { 0: caller.string("nowhere") });
  assertEquals(caller.call("driver_register", caller.block(76, { 0: caller.string("lost"), 4: bus })), -22);
  const why = "was unable to register with bus_type 'nowhere' because the bus was not initialized.";
  assertEquals(caller.lines(), [`<3> Driver 'lost' ${why}`]);
});

Deno.test("a name that the kernel's own buses or classes have is not modelled: the kernel dumps its stack", () => {
  const caller = new Caller(profile);
  assertThrows(() => caller.call("bus_register", caller.block(84, { 0: caller.string("i2c") })), NotModelled, "bus i2c");
  assertThrows(() => caller.call("class_create", caller.string("leds")), NotModelled, "class leds");
});

Deno.test("an interface of a class is told of the devices that are there, and of those that come and go", () => {
  const caller = new Caller(profile);
  const ofClass = caller.call("class_create", caller.string("toys"));
  const dev = (minor: number) =>
    caller.call("device_create", ofClass, 0, (240 << 20) | minor, 0, caller.string("toy%d"), minor);
  const seen: string[] = [];
  const first = dev(0);
  const note = (what: string) =>
    caller.function((device) => void seen.push(`${what} ${device === first >>> 0 ? "first" : "second"}`));
  caller.call("class_interface_register", caller.block(20, { 8: ofClass, 12: note("add"), 16: note("remove") }));
  dev(1);
  caller.call("device_destroy", ofClass, 240 << 20);
  assertEquals(seen, ["add first", "add second", "remove first"]);
});

Deno.test("majors that are asked for dynamically go downwards from those that the kernel has", () => {
  const caller = new Caller(profile);
  const place = caller.block(4);
  const majors = ["a", "b"].map((name) => {
    assertEquals(caller.call("alloc_chrdev_region", place, 3, 1, caller.string(name)), 0);
    return [caller.word(place) >>> 20, caller.word(place) & 0xfffff];
  });
  assertEquals(majors, [[241, 3], [240, 3]]);
  assertEquals(caller.call("__register_chrdev", 0, 0, 256, caller.string("c"), 0), 239);
});

Deno.test("minors that somebody has are refused; a major that is too large is said", () => {
  const caller = new Caller(profile);
  const register = (major: number, first: number, count: number) =>
    caller.call("register_chrdev_region", (major << 20) | first, count, caller.string("toy"));
  assertEquals([register(60, 0, 8), register(60, 8, 8), register(60, 7, 1), register(60, 16, 1)], [0, 0, -16, 0]);
  caller.call("unregister_chrdev_region", 60 << 20, 8);
  assertEquals(register(60, 7, 1), 0);
  assertEquals(register(600, 0, 1), -22);
  assertEquals(caller.lines(), ['<3> CHRDEV "toy" major requested (600) is greater than the maximum (511)']);
});

Deno.test("a misc device gets a minor above 255 that is free, or the one that it asks for", () => {
  const caller = new Caller(profile);
  const misc = (minor: number, name: string) => caller.block(40, { 0: minor, 4: caller.string(name) });
  const dynamic = misc(255, "toy");
  assertEquals(caller.call("misc_register", dynamic), 0);
  assertEquals(caller.word(dynamic), 258);
  assertEquals(caller.call("misc_register", misc(229, "like_fuse")), -16);
  caller.call("misc_deregister", dynamic);
  assertEquals(caller.word(dynamic), 255);
});

Deno.test("a LED trigger's name can be taken once", () => {
  const caller = new Caller(profile);
  const trigger = () => caller.block(44, { 0: caller.string("toy") });
  assertEquals([caller.call("led_trigger_register", trigger()), caller.call("led_trigger_register", trigger())], [0, -17]);
  const place = caller.block(4, { 0: 1 });
  caller.call("led_trigger_register_simple", caller.string("toy"), place);
  assertEquals([caller.word(place), caller.lines()], [0, ["<4> LED trigger toy failed to register (-17)"]]);
});
