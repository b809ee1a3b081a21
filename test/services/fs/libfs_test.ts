// SPDX-License-Identifier: GPL-2.0-only
/** A file system in memory that a module mounts for itself. */

import { assertEquals } from "@std/assert";
import { DEFAULT_KERNEL, loadProfile } from "../../../src/profile/load_profile.ts";
import { Caller } from "../caller.ts";

const profile = await loadProfile(DEFAULT_KERNEL);
const S_IFDIR = 0o040000;
/** Offsets as the profile has them. */
const at = (struct: string, field: string) => profile.offsets.get(struct)?.get(field) ?? 0;

Deno.test("a file system is mounted with the first pin, filled once, and goes with the last", () => {
  const caller = new Caller(profile);
  const done: string[] = [];
  const fill = caller.function((superBlock) => {
    done.push("fill");
    const inode = caller.call("new_inode", superBlock) >>> 0;
    caller.memory.write16(inode + at("inode", "i_mode"), S_IFDIR);
    caller.memory.write32(superBlock + at("super_block", "s_root"), caller.call("d_make_root", inode));
  });
  const getTree = caller.function((context) => caller.call("get_tree_single", context, fill));
  const operations = caller.block(24, { 16: getTree });
  const init = caller.function((context) => caller.memory.write32(context + at("fs_context", "ops"), operations));
  const kill = caller.function((superBlock) => {
    done.push("kill");
    caller.call("kill_litter_super", superBlock);
  });
  const type = caller.block(64, { 8: init, 20: kill });
  const [mount, count] = [caller.block(4), caller.block(4)];
  assertEquals([caller.call("simple_pin_fs", type, mount, count), caller.call("simple_pin_fs", type, mount, count)], [0, 0]);
  assertEquals([caller.word(count), done], [2, ["fill"]]);
  caller.call("simple_release_fs", mount, count);
  caller.call("simple_release_fs", mount, count);
  assertEquals([caller.word(mount), done], [0, ["fill", "kill"]]);
});

Deno.test("an entry that is dropped goes with its last reference, and tells its own operations", () => {
  const caller = new Caller(profile);
  const gone: number[] = [];
  const operations = caller.block(64, { 32: caller.function((entry) => void gone.push(entry)) });
  const superBlock = caller.block(960, { [at("super_block", "s_d_op")]: operations });
  const folder = caller.call("new_inode", superBlock) >>> 0;
  const root = caller.call("d_make_root", folder) >>> 0;
  const entry = caller.call("d_alloc_name", root, caller.string("entry")) >>> 0;
  caller.call("d_add", entry, caller.call("new_inode", superBlock));
  caller.call("lockref_get", entry + at("dentry", "d_lockref"));
  caller.call("dput", entry);
  caller.call("d_drop", entry);
  assertEquals(gone, []);
  caller.call("dput", entry);
  assertEquals(gone, [entry]);
});
