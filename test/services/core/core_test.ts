// SPDX-License-Identifier: GPL-2.0-only
/** Memory, locks, work, timers and data structures, as a module's code finds them. */

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NotModelled } from "../../../src/kernel/fault.ts";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const [EBUSY, EEXIST, ENOENT, ENOSPC, EINVAL] = [-16, -17, -2, -28, -22];

function variable(name: string): number {
  return profile.exports.find(name)?.value ?? 0;
}

Deno.test("a cache's constructor is called for an object; a cache with objects does not go", () => {
  const caller = new Caller(profile);
  const made: number[] = [];
  const constructor_ = caller.function((object) => void made.push(object));
  const args = caller.block(24, { 20: constructor_ });
  const cache = caller.call("__kmem_cache_create_args", caller.string("things"), 100, args, 0) >>> 0;
  const object = caller.call("kmem_cache_alloc_noprof", cache, 0) >>> 0;
  assertEquals(made, [object]);
  assertEquals(caller.call("kmem_cache_size", cache), 100);
  assertThrows(() => caller.call("kmem_cache_destroy", cache), NotModelled, "things, which still has objects");
  caller.call("kmem_cache_free", cache, object);
  caller.call("kmem_cache_destroy", cache);
  assertThrows(() => caller.call("kmem_cache_alloc_noprof", cache, 0), NotModelled);
});

Deno.test("kvfree() gives back what vmalloc() and what kmalloc() returned", () => {
  const caller = new Caller(profile);
  const [far, near] = [caller.call("vzalloc_noprof", 5000) >>> 0, caller.block(64)];
  assertEquals([caller.call("is_vmalloc_addr", far), caller.call("is_vmalloc_addr", near)], [1, 0]);
  assertEquals(caller.word(far + 8188), 0);
  caller.call("kvfree", far);
  caller.call("kvfree", near);
  assertEquals(caller.kernel.space.find(far), undefined);
});

Deno.test("locks are taken once: who takes one twice waits for itself", () => {
  const caller = new Caller(profile);
  const mutex = caller.block(20);
  caller.call("__mutex_init", mutex, 0, 0);
  caller.call("mutex_lock", mutex);
  assertEquals([caller.call("mutex_is_locked", mutex), caller.call("mutex_trylock", mutex)], [1, 0]);
  assertThrows(() => caller.call("mutex_lock", mutex), NotModelled, "mutex_lock()");
  caller.call("mutex_unlock", mutex);
  assertEquals(caller.call("mutex_trylock", mutex), 1);

  const sem = caller.block(24);
  caller.call("__init_rwsem", sem, 0, 0);
  caller.call("down_read", sem);
  caller.call("down_read", sem);
  assertEquals(caller.call("down_write_trylock", sem), 0);
  caller.call("up_read", sem);
  caller.call("up_read", sem);
  caller.call("down_write", sem);
  assertThrows(() => caller.call("down_read", sem), NotModelled, "down_read()");

  const lock = caller.block(4);
  caller.call("_raw_spin_lock_bh", lock);
  assertThrows(() => caller.call("_raw_spin_lock", lock), NotModelled, "spin_lock()");
  caller.call("_raw_spin_unlock_bh", lock);
  assertEquals(caller.call("_raw_spin_trylock", lock), 1);
});

Deno.test("queued work runs when somebody waits for it, in its order, and not when it was cancelled", () => {
  const caller = new Caller(profile);
  const ran: number[] = [];
  const callback = caller.function((work) => void ran.push(work));
  const [first, second, third] = [1, 2, 3].map(() => caller.block(16, { 12: callback }));
  const wq = caller.call("alloc_workqueue", caller.string("queue"), 0, 0);
  const queue = (work: number) => caller.call("queue_work_on", 8, wq, work);
  assertEquals([queue(first), queue(first), queue(second), queue(third)], [1, 0, 1, 1]);
  assertEquals(ran, []);
  assertEquals([caller.call("cancel_work_sync", second), caller.call("cancel_work_sync", second)], [1, 0]);
  assertEquals([caller.call("flush_work", third), caller.call("flush_work", third)], [1, 0]);
  assertEquals(ran, [first, third]);
  queue(second);
  caller.call("destroy_workqueue", wq);
  assertEquals(ran, [first, third, second]);
});

Deno.test("delayed work and timers wait for their time, which sleeping brings", () => {
  const caller = new Caller(profile);
  const ran: string[] = [];
  const timer = caller.block(20);
  caller.call("init_timer_key", timer, caller.function(() => void ran.push("timer")), 0, 0);
  const jiffies = () => caller.word(variable("jiffies"));
  const start = jiffies();
  assertEquals([caller.call("mod_timer", timer, start + 5), caller.call("mod_timer", timer, start + 10)], [0, 1]);
  caller.call("msleep", 20);
  assertEquals(ran, []);
  caller.call("msleep", 30);
  assertEquals([ran, jiffies() - start], [["timer"], 12]);
  assertEquals(caller.call("timer_delete_sync", timer), 0);
});

Deno.test("a completion that nobody completes is not waited for", () => {
  const caller = new Caller(profile);
  const completion = caller.block(16);
  caller.call("__init_swait_queue_head", completion + 4, 0, 0);
  caller.call("complete", completion);
  caller.call("wait_for_completion", completion);
  assertThrows(() => caller.call("wait_for_completion", completion), NotModelled, "nobody completes it");
  const work = caller.block(16, { 12: caller.function(() => void caller.call("complete", completion)) });
  caller.call("queue_work_on", 8, 0, work);
  caller.call("wait_for_completion", completion);
});

Deno.test("numbers are given out from the lowest, and come back", () => {
  const caller = new Caller(profile);
  const ida = caller.block(12);
  const take = () => caller.call("ida_alloc_range", ida, 1, 3, 0);
  assertEquals([take(), take(), take(), take()], [1, 2, 3, ENOSPC]);
  caller.call("ida_free", ida, 2);
  assertEquals(take(), 2);

  const [idr, a, b] = [caller.block(20), caller.block(64), caller.block(64)];
  assertEquals([caller.call("idr_alloc", idr, a, 0, 0, 0), caller.call("idr_alloc", idr, b, 0, 0, 0)], [0, 1]);
  assertEquals(caller.call("idr_find", idr, 1) >>> 0, b);
  assertEquals(caller.call("idr_remove", idr, 0) >>> 0, a);
  assertEquals(caller.call("idr_replace", idr, a, 0), ENOENT);
  caller.call("idr_remove", idr, 1);
  assertEquals(caller.word(idr + 8), 0);

  const xa = caller.block(12);
  assertEquals([caller.call("__xa_insert", xa, 5, a, 0), caller.call("__xa_insert", xa, 5, b, 0)], [0, EBUSY]);
  caller.call("xa_store", xa, 9, b, 0);
  const index = caller.block(4);
  assertEquals(caller.call("xa_find", xa, index, 100, 8) >>> 0, a);
  assertEquals([caller.call("xa_find_after", xa, index, 100, 8) >>> 0, caller.word(index)], [b, 9]);
});

Deno.test("a red-black tree holds its nodes in order, whatever goes in and comes out", () => {
  fc.assert(fc.property(fc.array(fc.nat(50), { maxLength: 40 }), (keys) => {
    const caller = new Caller(profile);
    const root = caller.block(4);
    const nodes = new Map<number, number>();
    for (const key of keys) {
      const known = nodes.get(key);
      if (known !== undefined) {
        caller.call("rb_erase", known, root);
        nodes.delete(key);
        continue;
      }
      const node = caller.block(16, { 12: key });
      let [parent, link] = [0, root];
      while (caller.word(link) !== 0) {
        parent = caller.word(link);
        link = parent + (key < caller.word(parent + 12) ? 8 : 4);
      }
      caller.memory.write32(node, parent);
      caller.memory.write32(link, node);
      caller.call("rb_insert_color", node, root);
      nodes.set(key, node);
    }
    const found = [];
    for (let at = caller.call("rb_first", root) >>> 0; at !== 0; at = caller.call("rb_next", at) >>> 0) {
      found.push(caller.word(at + 12));
      const isRed = (node: number) => node !== 0 && (caller.word(node) & 1) === 0;
      for (const child of [caller.word(at + 4), caller.word(at + 8)]) assertEquals(isRed(at) && isRed(child), false);
    }
    assertEquals(found, [...nodes.keys()].sort((a, b) => a - b));
  }));
});

Deno.test("bits are found, counted and changed", () => {
  const caller = new Caller(profile);
  const map = caller.block(12, { 0: 0x80000000, 4: 0, 8: 6 });
  assertEquals(caller.call("_find_first_bit_le", map, 96), 31);
  assertEquals(caller.call("_find_next_bit_le", map, 96, 32), 65);
  assertEquals(caller.call("_find_next_bit_le", map, 65, 32), 65);
  assertEquals(caller.call("_find_next_zero_bit_le", map, 96, 65), 67);
  assertEquals([caller.call("__bitmap_weight", map, 66), caller.call("__bitmap_weight", map, 67)], [2, 3]);
  assertEquals([caller.call("_test_and_set_bit", 32, map), caller.call("_test_and_set_bit", 32, map)], [0, 1]);
  assertEquals(caller.call("bitmap_find_next_zero_area_off", map, 96, 31, 8, 7, 0), 40);
});

Deno.test("checksums have the values that their definitions give for 123456789", () => {
  const caller = new Caller(profile);
  const text = caller.string("123456789");
  assertEquals(~caller.call("crc32_le", -1, text, 9) >>> 0, 0xcbf43926);
  assertEquals(~caller.call("crc32_be", -1, text, 9) >>> 0, 0xfc891918);
  assertEquals(~caller.call("__crc32c_le", -1, text, 9) >>> 0, 0xe3069283);
  assertEquals(caller.call("crc16", 0, text, 9), 0xbb3d);
  assertEquals(caller.call("crc_itu_t", 0, text, 9), 0x31c3);
});

Deno.test("strings become numbers, words and bytes", () => {
  const caller = new Caller(profile);
  const value = caller.block(8);
  assertEquals([caller.call("kstrtou8", caller.string("255\n"), 0, value), caller.bytes(value, 2)[0]], [0, 255]);
  assertEquals(caller.call("kstrtoint", caller.string("12x"), 0, value), EINVAL);
  assertEquals(caller.call("memparse", caller.string("4M"), value), 4 << 20);
  const words = caller.block(4, { 0: caller.string("a,b") });
  const first = caller.call("strsep", words, caller.string(",")) >>> 0;
  assertEquals([caller.bytes(first, 2)[1], caller.bytes(caller.word(words), 1)[0]], [0, 0x62]);
  assertEquals(caller.call("hex2bin", value, caller.string("0aff"), 2), 0);
  assertEquals([...caller.bytes(value, 2)], [0x0a, 0xff]);
});

Deno.test("a name below /sys/kernel/debug can be taken once", () => {
  const caller = new Caller(profile);
  const folder = caller.call("debugfs_create_dir", caller.string("folder"), 0) >>> 0;
  assertEquals(caller.call("debugfs_create_dir", caller.string("folder"), 0), EEXIST);
  assertEquals(caller.lines(), ["<3> debugfs: Directory 'folder' with parent '/' already present!"]);
  caller.call("debugfs_create_file", caller.string("file"), 0o444, folder, 0, 0);
  caller.call("debugfs_remove", folder);
  assertNotEquals(caller.call("debugfs_create_dir", caller.string("folder"), 0), EEXIST);
});

Deno.test("a notifier chain is called by priority, up to who stops it", () => {
  const caller = new Caller(profile);
  const called: string[] = [];
  const head = caller.block(28);
  const block = (name: string, priority: number, result: number) =>
    caller.block(12, {
      0: caller.function(() => {
        called.push(name);
        return result;
      }),
      8: priority,
    });
  const blocks = [block("low", 0, 0), block("high", 10, 1), block("stops", 5, 0x8001)];
  for (const each of blocks) assertEquals(caller.call("blocking_notifier_chain_register", head, each), 0);
  assertEquals(caller.call("blocking_notifier_call_chain", head, 1, 0), 0x8001);
  assertEquals(called, ["high", "stops"]);
  assertEquals(caller.call("blocking_notifier_chain_unregister", head, blocks[2]), 0);
  assertEquals(caller.call("blocking_notifier_chain_unregister", head, blocks[2]), ENOENT);
  caller.call("blocking_notifier_call_chain", head, 1, 0);
  assertEquals(called, ["high", "stops", "high", "low"]);
});

Deno.test("a kobject is released with its last reference, and its name is free again", () => {
  const caller = new Caller(profile);
  const released: number[] = [];
  const type = caller.block(24, { 0: caller.function((kobject) => void released.push(kobject)) });
  const [kobject, name] = [caller.block(36), caller.string("object")];
  assertEquals(caller.call("kobject_init_and_add", kobject, type, 0, name), 0);
  caller.call("kobject_get", kobject);
  caller.call("kobject_put", kobject);
  assertEquals(released, []);
  caller.call("kobject_put", kobject);
  assertEquals(released, [kobject]);
  const other = caller.call("kobject_create_and_add", name, 0) >>> 0;
  assertThrows(() => caller.call("kobject_create_and_add", name, 0), NotModelled, "duplicate filename");
  caller.call("kobject_put", other);
});

Deno.test("a hash table is made for its parameters, and gives its entries to who destroys it", () => {
  const caller = new Caller(profile);
  const [table, params] = [caller.block(88), caller.block(28)];
  assertEquals(caller.call("rhashtable_init_noprof", table, params), EINVAL);
  caller.memory.write16(params + 2, 8);
  caller.memory.write16(params + 6, 16);
  assertEquals(caller.call("rhashtable_init_noprof", table, params), 0);
  const buckets = caller.word(table);
  assertEquals([caller.word(buckets), caller.word(table + 4)], [64, 2]);
  const entry = caller.block(32);
  caller.memory.write32(entry + 16, (buckets + 64) | 1);
  caller.memory.write32(buckets + 64, entry + 16);
  const given: number[] = [];
  caller.call("rhashtable_free_and_destroy", table, caller.function((each) => void given.push(each)), 0);
  assertEquals(given, [entry]);
});

Deno.test("a page is found by its address and has an address; a list of one has its end marked", () => {
  const caller = new Caller(profile);
  const page = caller.call("__alloc_pages_noprof", 0, 1, 0, 0) >>> 0;
  const address = caller.call("page_address", page) >>> 0;
  assertEquals([address % 8192, caller.word(address + 8188), caller.word(page + 28)], [0, 0, 1]);
  const entry = caller.block(20);
  caller.call("sg_init_one", entry, address + 8, 100);
  assertEquals([caller.word(entry), caller.word(entry + 4), caller.word(entry + 8)], [page + 2, 8, 100]);
  assertEquals(caller.call("sg_next", entry), 0);
  caller.call("__free_pages", page, 1);
  assertThrows(() => caller.word(address), NotModelled, "freed memory");
});

Deno.test("lists are checked before they change", () => {
  const caller = new Caller(profile);
  const [head, entry] = [caller.block(8), caller.block(8)];
  caller.memory.write32(head, head);
  caller.memory.write32(head + 4, head);
  assertEquals(caller.call("__list_add_valid_or_report", entry, head, head), 1);
  assertThrows(() => caller.call("__list_add_valid_or_report", head, head, head), NotModelled, "list_add corruption");
  assertThrows(() => caller.call("__list_del_entry_valid_or_report", entry), NotModelled, "list_del corruption");
});

Deno.test("sscanf() stores what fits, up to what does not", () => {
  const caller = new Caller(profile);
  const [a, b, text] = [caller.block(8), caller.block(8), caller.block(32)];
  const scan = (from: string, format: string, ...to: number[]) =>
    caller.call("sscanf", caller.string(from), caller.string(format), ...to);
  assertEquals([scan("12 -7 tail", "%u %d %31s", a, b, text), caller.word(a), caller.word(b)], [3, 12, 0xfffffff9]);
  assertEquals([...caller.bytes(text, 5)], [...new TextEncoder().encode("tail\0")]);
  assertEquals([scan("ff:x", "%2x:%hhu", a, b), caller.word(a)], [1, 255]);
  assertEquals([scan("a:b", "%2[^:]:%n", text, a), caller.word(a)], [1, 2]);
  assertEquals(scan("x", "%d", a), 0);
});

Deno.test("match_token() finds the first pattern that fits, and where its values are", () => {
  const caller = new Caller(profile);
  const table = caller.block(32, { 0: 1, 4: caller.string("size=%d"), 8: 2, 12: caller.string("name=%s"), 16: 3 });
  const args = caller.block(24);
  const [size, other] = [caller.string("size=0x10"), caller.string("size=abc")];
  const value = caller.block(4);
  assertEquals(caller.call("match_token", size, table, args), 1);
  assertEquals([caller.word(args) - size, caller.call("match_int", args, value), caller.word(value)], [5, 0, 16]);
  assertEquals(caller.call("match_token", caller.string("name=x"), table, args), 2);
  assertEquals(caller.call("match_token", other, table, args), 3);
});
