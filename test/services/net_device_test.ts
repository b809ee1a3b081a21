// SPDX-License-Identifier: GPL-2.0-only
/** Network devices that modules make, and what else a module finds in the kernel or brings to it. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../src/profile/load_profile.ts";
import { putBytes, putString } from "../../src/services/memory.ts";
import { Caller } from "./caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const FIELDS = profile.offsets.get("net_device") ?? new Map<string, number>();
const at = (device: number, field: string) => device + (FIELDS.get(field) ?? 0);
const [EEXIST, ENOENT, EINVAL] = [-17, -2, -22];

/** A device that is allocated: one queue, set up by a function. */
function allocate(caller: Caller, name: string, setup: (device: number) => void = () => {}): number {
  return caller.call("alloc_netdev_mqs", 64, caller.string(name), 1, caller.function(setup), 1, 1) >>> 0;
}

/** The same with operations, ready to be registered. */
function device(caller: Caller, name: string, operations: Readonly<Record<number, number>> = {}): number {
  const ops = caller.block(368, operations);
  return allocate(caller, name, (address) => caller.memory.write32(at(address, "netdev_ops"), ops));
}

function nameOf(caller: Caller, address: number): string {
  return String.fromCharCode(...caller.bytes(at(address, "name"), 16)).replace(/\0.*$/s, "");
}

Deno.test("a device is set up by its module, with an address to fill in and room of its own", () => {
  const caller = new Caller(profile);
  const ethernet = allocate(caller, "eth%d", (address) => void caller.call("ether_setup", address));
  const word = (field: string) => caller.word(at(ethernet, field));
  assertEquals([word("mtu"), word("flags"), word("num_tx_queues"), word("tx_queue_len")], [1500, 0x1002, 1, 1000]);
  caller.call("dev_addr_mod", ethernet, 2, caller.block(4, { 0: 0x04030201 }), 4);
  assertEquals([...caller.bytes(word("dev_addr"), 6)], [0, 0, 1, 2, 3, 4]);
});

Deno.test("a device gets the first free name and number; one whose name is taken is refused", () => {
  const caller = new Caller(profile);
  const devices = ["mine%d", "mine%d", "mine0", "lo", "a b"].map((name) => device(caller, name));
  const results = devices.map((each) => caller.call("register_netdev", each));
  assertEquals(results, [0, 0, EEXIST, EEXIST, EINVAL]);
  assertEquals(devices.slice(0, 2).map((each) => nameOf(caller, each)), ["mine0", "mine1"]);
  assertEquals(devices.slice(0, 2).map((each) => caller.word(at(each, "ifindex"))), [2, 3]);
  assertEquals(caller.call("__dev_get_by_name", 0, caller.string("mine1")) >>> 0, devices[1]);
});

Deno.test("a device's init may refuse it", () => {
  const caller = new Caller(profile);
  assertEquals(caller.call("register_netdev", device(caller, "mine", { 0: caller.function(() => -12) })), -12);
  assertEquals(caller.call("register_netdev", device(caller, "mine", { 0: caller.function(() => 0) })), 0);
});

Deno.test("notifiers are told of a device, the most urgent first; one that comes later is told of it, too", () => {
  const caller = new Caller(profile);
  const seen: string[] = [];
  const notifier = (who: string, priority: number) =>
    caller.block(12, {
      0: caller.function((_, event, info) => void seen.push(`${who} ${event} ${nameOf(caller, caller.word(info))}`)),
      8: priority,
    });
  for (const [who, priority] of [["low", 0], ["high", 1]] as const) {
    caller.call("register_netdevice_notifier", notifier(who, priority));
  }
  seen.length = 0;
  const mine = device(caller, "mine");
  caller.call("register_netdev", mine);
  assertEquals(seen.splice(0), ["high 17 mine", "low 17 mine", "high 5 mine", "low 5 mine"]);
  caller.call("register_netdevice_notifier", notifier("late", 0));
  assertEquals(seen.splice(0), ["late 5 lo", "late 5 mine"]);
  caller.call("unregister_netdev", mine);
  assertEquals(seen, ["high 6 mine", "low 6 mine", "late 6 mine"]);
});

Deno.test("a device is registered under rtnl_lock() only", () => {
  const caller = new Caller(profile);
  assertThrows(() => caller.call("register_netdevice", device(caller, "mine")), NotModelled);
});

Deno.test("nobody has an algorithm that no module brought, nor one of such a template; the kernel's own is there", () => {
  const caller = new Caller(profile);
  const found = (service: string, name: string) => caller.call(service, caller.string(name), 0, 0);
  assertEquals(["crc32c", "pcbc(fcrypt)"].map((name) => found("crypto_alloc_shash", name)), [ENOENT, ENOENT]);
  assertEquals([found("crypto_has_ahash", "sha1"), found("crypto_has_ahash", "sha0")], [1, 0]);
  assertThrows(() => found("crypto_alloc_shash", "hmac(md4)"), NotModelled);
});

Deno.test("a hash of a module is tested before it is given to anyone: a wrong one is not", () => {
  const caller = new Caller(profile);
  const wrong = caller.block(512, {
    0: caller.function(() => 0),
    4: caller.function(() => 0),
    8: caller.function(() => 0),
    64: 4,
  });
  putString(caller.memory, wrong + 128 + 40, "crc32c");
  putString(caller.memory, wrong + 128 + 168, "crc32c-mine");
  assertEquals(caller.call("crypto_register_shash", wrong), 0);
  const error = assertThrows(() => caller.call("crypto_alloc_shash", caller.string("crc32c"), 0, 0), NotModelled);
  assertEquals(error.what, "an algorithm crc32c that fails its test");
});

Deno.test("the kinds of IPv6 addresses", () => {
  const caller = new Caller(profile);
  const kind = (...bytes: number[]) => {
    const address = caller.block(16);
    putBytes(caller.memory, address, bytes);
    return caller.call("__ipv6_addr_type", address).toString(16);
  };
  assertEquals([kind(), kind(0xfe, 0x80), kind(0x20, 0x01), kind(0xff, 0x02), kind(0xfd)], [
    "0",
    "20021",
    "e0001",
    "20022",
    "e0001",
  ]);
  assertEquals(kind(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "20011");
});
