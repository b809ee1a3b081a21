// SPDX-License-Identifier: GPL-2.0-only
/** Structs that modules register with the kernel's subsystems: names that are taken, what is checked, who is called back. */

import { assertEquals, assertThrows } from "@std/assert";
import { NotModelled } from "../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../src/profile/load_profile.ts";
import { putString } from "../../src/services/memory.ts";
import { Caller } from "./caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const INIT_NET = profile.objects.get("init_net")?.address ?? 0;
const [EEXIST, EBUSY, EINVAL, ENOENT] = [-17, -16, -22, -2];

/** Zeroed memory with a string in it. */
function named(
  caller: Caller,
  size: number,
  offset: number,
  name: string,
  words: Readonly<Record<number, number>> = {},
): number {
  const address = caller.block(size, words);
  putString(caller.memory, address + offset, name);
  return address;
}

/** A struct crypto_alg in a struct shash_alg. */
function shash(caller: Caller, name: string, driver: string, words: Readonly<Record<number, number>> = {}): number {
  const address = named(caller, 512, 128 + 40, name, words);
  putString(caller.memory, address + 128 + 168, driver);
  return address;
}

Deno.test("a hash is completed when it is registered: its type, its state's size, its first reference", () => {
  const caller = new Caller(profile);
  const alg = shash(caller, "sum", "sum-generic", { 44: 12, [128 + 16]: 3 });
  assertEquals(caller.call("crypto_register_shash", alg), 0);
  assertEquals([caller.word(alg + 128 + 16), caller.word(alg + 68), caller.word(alg + 128 + 36)], [0xe, 12, 1]);
});

Deno.test("an algorithm's driver name is nobody's name, of modules and of the kernel itself", () => {
  const caller = new Caller(profile);
  assertEquals(caller.call("crypto_register_shash", shash(caller, "sum", "sum-generic")), 0);
  assertEquals(caller.call("crypto_register_shash", shash(caller, "sum", "sum-fast")), 0);
  for (
    const [name, driver] of [["other", "sum-fast"], ["sum-generic", "other"], ["other", "sum"], ["sha256", "sha256-generic"]]
  ) {
    assertEquals(caller.call("crypto_register_shash", shash(caller, name, driver)), EEXIST, `${name} ${driver}`);
  }
});

Deno.test("an algorithm without a name, with an odd mask, too large a block or half of export and import is refused", () => {
  const caller = new Caller(profile);
  const wrong = [{ [128 + 28]: 2 }, { [128 + 20]: 161 }, { [128 + 32]: -1 }, { 20: 1 }, { 44: 369 }, { 64: 65 }];
  for (const words of wrong) {
    assertEquals(caller.call("crypto_register_shash", shash(caller, "sum", "sum-generic", words)), EINVAL);
  }
  assertEquals(caller.call("crypto_register_shash", shash(caller, "", "sum-generic")), EINVAL);
});

Deno.test("of several algorithms none stays where one is refused", () => {
  const caller = new Caller(profile);
  const algs = caller.block(1024);
  for (const [i, name] of ["first", "sha256"].entries()) {
    putString(caller.memory, algs + i * 512 + 128 + 40, name);
    putString(caller.memory, algs + i * 512 + 128 + 168, `${name}-generic`);
  }
  assertEquals(caller.call("crypto_register_shashes", algs, 2), EEXIST);
  assertEquals(caller.call("crypto_register_shash", shash(caller, "first", "first-generic")), 0);
});

Deno.test("a qdisc's name is taken once; one with a class has to find, walk and leaf", () => {
  const caller = new Caller(profile);
  assertEquals(caller.call("register_qdisc", named(caller, 100, 8, "mine")), 0);
  for (const name of ["mine", "fq_codel"]) assertEquals(caller.call("register_qdisc", named(caller, 100, 8, name)), EEXIST);
  const half = caller.block(56, { 20: 1, 32: 1 });
  assertEquals(caller.call("register_qdisc", named(caller, 100, 8, "classy", { 4: half })), EINVAL);
  assertEquals(
    caller.call("register_qdisc", named(caller, 100, 8, "classy", { 4: caller.block(56, { 12: 1, 20: 1, 32: 1 }) })),
    0,
  );
  assertEquals(caller.call("register_qdisc", named(caller, 100, 8, "dequeues", { 36: 1 })), EINVAL);
});

Deno.test("a congestion control has its required functions, and a line says where it has not", () => {
  const caller = new Caller(profile);
  assertEquals(caller.call("tcp_register_congestion_control", named(caller, 128, 44, "mine", { 0: 1, 32: 1 })), EINVAL);
  assertEquals(caller.lines(), ["<3> TCP: mine does not implement required ops"]);
  assertEquals(caller.call("tcp_register_congestion_control", named(caller, 128, 44, "cubic", { 0: 1, 4: 1, 32: 1 })), EEXIST);
  assertEquals(caller.lines(), ["<5> TCP: cubic already registered or non-unique key"]);
});

Deno.test("a file system's name is taken once, and is free again when it is gone", () => {
  const caller = new Caller(profile);
  const type = () => caller.block(36, { 0: caller.string("mine") });
  const first = type();
  assertEquals([caller.call("register_filesystem", first), caller.call("register_filesystem", type())], [0, EBUSY]);
  assertEquals(caller.call("register_filesystem", caller.block(36, { 0: caller.string("tmpfs") })), EBUSY);
  assertEquals([caller.call("unregister_filesystem", first), caller.call("unregister_filesystem", first)], [0, EINVAL]);
  assertEquals(caller.call("register_filesystem", type()), 0);
});

Deno.test("a table of characters is found by its name and by its alias, the newest first", () => {
  const caller = new Caller(profile);
  const [charset, alias] = [caller.string("cp437"), caller.string("ibm437")];
  const [older, newer] = [caller.block(32, { 0: charset }), caller.block(32, { 0: charset, 4: alias })];
  for (const table of [older, newer]) assertEquals(caller.call("__register_nls", table, 0), 0);
  assertEquals(caller.word(newer + 28), older);
  assertEquals(caller.call("__register_nls", newer, 0), EBUSY);
  assertEquals(caller.call("load_nls", alias) >>> 0, newer);
  assertEquals([caller.call("unregister_nls", newer), caller.call("load_nls", charset) >>> 0], [0, older]);
  assertEquals(caller.call("load_nls", caller.string("cp999")), 0);
});

Deno.test("pernet operations: init is called for init_net, with data that net_generic() finds; where it fails they are gone", () => {
  const caller = new Caller(profile);
  const id = caller.block(4);
  const seen: number[] = [];
  const init = (result: number) =>
    caller.function((net) => {
      seen.push(net);
      return result;
    });
  assertEquals(caller.call("register_pernet_subsys", caller.block(36, { 8: init(-12), 28: id, 32: 40 })), -12);
  const first = caller.word(id);
  assertEquals(caller.call("register_pernet_subsys", caller.block(36, { 8: init(0), 28: id, 32: 40 })), 0);
  assertEquals([seen, caller.word(id)], [[INIT_NET, INIT_NET], first]);
  const generic = caller.word(INIT_NET + (profile.offsets.get("net")?.get("gen") ?? 0));
  assertEquals(caller.word(generic + 4 * first) !== 0, true);
});

Deno.test("a notifier of network devices is told of lo at once, under rtnl_lock(), and of its end when it goes", () => {
  const caller = new Caller(profile);
  const events: [number, string, number][] = [];
  const notifier = caller.block(12, {
    0: caller.function((_, event, info) => {
      const device = caller.word(info);
      events.push([event, String.fromCharCode(...caller.bytes(device + 224, 2)), caller.call("rtnl_is_locked")]);
    }),
  });
  assertEquals(caller.call("register_netdevice_notifier", notifier), 0);
  assertEquals([caller.call("register_netdevice_notifier", notifier), caller.call("unregister_netdevice_notifier", notifier)], [
    EEXIST,
    0,
  ]);
  assertEquals(caller.call("unregister_netdevice_notifier", notifier), ENOENT);
  assertEquals(events, [[5, "lo", 1], [6, "lo", 1]]);
});

Deno.test("a lock that its holder takes again is a hang, and not modelled", () => {
  const caller = new Caller(profile);
  caller.call("rtnl_lock");
  assertThrows(() => caller.call("rtnl_lock"), NotModelled);
  assertEquals(caller.call("rtnl_trylock"), 0);
  caller.call("rtnl_unlock");
  assertEquals([caller.call("rtnl_trylock"), caller.call("rtnl_is_locked")], [1, 1]);
});

Deno.test("a family of sockets is one of its number; its line comes in any case", () => {
  const caller = new Caller(profile);
  assertEquals(caller.call("sock_register", caller.block(12, { 0: 29 })), 0);
  assertEquals(caller.call("sock_register", caller.block(12, { 0: 29 })), EEXIST);
  assertEquals(caller.call("sock_register", caller.block(12, { 0: 2 })), EEXIST);
  assertEquals(caller.call("sock_register", caller.block(12, { 0: 46 })), -105);
  const registered = (name: string) => `<6> NET: Registered ${name} protocol family`;
  assertEquals(caller.lines(), [
    registered("PF_CAN"),
    registered("PF_CAN"),
    registered("PF_INET"),
    "<2> protocol 46 >= NPROTO(46)",
  ]);
});

Deno.test("a family of generic netlink has the next number and groups; a command of two operations is refused", () => {
  const caller = new Caller(profile);
  const operations = (...commands: number[]) => {
    const table = caller.block(12 * commands.length);
    for (const [i, command] of commands.entries()) {
      caller.memory.write32(table + 12 * i, 1);
      caller.memory.write8(table + 12 * i + 8, command);
    }
    return table;
  };
  const family = (name: string, commands: number[], groups = 0) => {
    const address = named(caller, 100, 4, name, { 60: operations(...commands), 68: named(caller, 17, 0, "group") });
    caller.memory.write8(address + 30, commands.length);
    caller.memory.write8(address + 32, groups);
    return address;
  };
  const [first, second] = [family("first", [1, 2], 1), family("second", [1])];
  assertEquals([first, second].map((each) => caller.call("genl_register_family", each)), [0, 0]);
  assertEquals([caller.word(first + 88), caller.word(first + 92), caller.word(second + 88)], [35, 14, 36]);
  assertEquals(caller.call("genl_register_family", family("twice", [3, 3])), EINVAL);
  for (const name of ["first", "nlctrl"]) assertEquals(caller.call("genl_register_family", family(name, [1])), EEXIST);
});

Deno.test("a type of keys and an I/O scheduler say that they are there", () => {
  const caller = new Caller(profile);
  caller.call("register_key_type", caller.block(84, { 0: caller.string("mine") }));
  caller.call("elv_register", caller.block(156, { 52: 1, 56: 1, 60: 1, 104: caller.string("mine") }));
  assertEquals(caller.lines(), ["<5> Key type mine registered", "<6> io scheduler mine registered"]);
});

Deno.test("a block device gets the number that it asks for, or the highest that is free", () => {
  const caller = new Caller(profile);
  const name = caller.string("mine");
  assertEquals([caller.call("__register_blkdev", 0, name), caller.call("__register_blkdev", 0, name)], [254, 253]);
  assertEquals([caller.call("__register_blkdev", 7, name), caller.call("__register_blkdev", 179, name)], [0, EBUSY]);
  assertEquals(caller.lines(), ["<4> register_blkdev: cannot get major 179 for mine"]);
});

Deno.test("what a kernel has registered is not known where its profile does not tell", () => {
  const caller = new Caller({ ...profile, machine: { ...profile.machine, registered: new Map() } });
  const error = assertThrows(() => caller.call("register_qdisc", named(caller, 100, 8, "mine")), NotModelled);
  assertEquals(error.what, "qdiscs of the kernel itself: the profile does not tell them");
});
