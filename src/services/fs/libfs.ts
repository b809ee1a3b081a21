// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/fs.h and linux/dcache.h for a file system in memory that a module mounts for itself, as configfs does.
 *
 * Models: simple_pin_fs() and its kin of fs/libfs.c, get_tree_single() and kill_litter_super() of fs/super.c, new_inode() and iput() of
 * fs/inode.c, filp_open() where there is no file, d_alloc_name(), d_add(), d_delete() and dput() of fs/dcache.c, for entries that nobody looks up beside the module itself.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { ENOENT } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { Clock } from "../core/clock.ts";
import { initList } from "../core/list.ts";
import { offsetOf } from "../layout.ts";
import { putString, stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";

/** Offsets in struct file_system_type, fs_context_operations, super_operations and dentry_operations. */
const FS_TYPE = { initFsContext: 8, killSb: 20 };
const FC_OPERATIONS = { getTree: 16 };
const SUPER_OPERATIONS = { freeInode: 8 };
const DENTRY_OPERATIONS = { delete: 16, release: 24, iput: 32 };
/** Offset of the count in struct lockref; of the waiters in struct rw_semaphore; of length and name in struct qstr. */
const LOCKREF_COUNT = 4;
const RWSEM_WAIT_LIST = 16;
const QSTR = { length: 4, name: 8 };
/** Offset of the back pointer in struct hlist_bl_node: not 0 for an entry that is hashed. */
const HASHED = 4;
/** Offset of mnt_sb in struct vfsmount, which begins with mnt_root, and its size. */
const MOUNT = { root: 0, sb: 4, size: 16 };
const S_IFMT = 0xf000;
const S_IFDIR = 0x4000;
const DCACHE_DIRECTORY_TYPE = 0x200000;
const DCACHE_REGULAR_TYPE = 0x400000;
const DCACHE_ENTRY_TYPE = 0x700000;
const ENOTEMPTY = 39;
const NSEC_PER_SEC = 1_000_000_000n;

class FileSystems {
  /** Super blocks by their types. */
  readonly supers = new Map<number, number>();
  nextInode = 1;
}

type Struct = "inode" | "dentry" | "super_block" | "fs_context";

/** The address of a field. */
function place(call: Call, address: number, struct: Struct, field: string): number {
  return u32(address + offsetOf(call, struct, field));
}

function get(call: Call, address: number, struct: Struct, field: string): number {
  return u32(call.bus.read32(place(call, address, struct, field)));
}

function put(call: Call, address: number, struct: Struct, field: string, value: number): void {
  call.bus.write32(place(call, address, struct, field), value);
}

function add(call: Call, address: number, struct: Struct, field: string, count: number): number {
  const value = get(call, address, struct, field) + count;
  put(call, address, struct, field, value);
  return value;
}

function allocate(call: Call, struct: Struct): number {
  return call.kernel.slab.kmalloc(offsetOf(call, struct, "size"));
}

function newInode(call: Call, superBlock: number): number {
  const inode = allocate(call, "inode");
  put(call, inode, "inode", "i_sb", superBlock);
  put(call, inode, "inode", "i_mapping", place(call, inode, "inode", "i_data"));
  put(call, inode, "inode", "i_data", inode);
  put(call, inode, "inode", "i_nlink", 1);
  put(call, inode, "inode", "i_count", 1);
  initList(call.bus, place(call, inode, "inode", "i_rwsem") + RWSEM_WAIT_LIST);
  return inode;
}

function iput(call: Call, inode: number): void {
  if (inode === 0 || add(call, inode, "inode", "i_count", -1) > 0) return;
  const operations = get(call, get(call, inode, "inode", "i_sb"), "super_block", "s_op");
  const free = operations === 0 ? 0 : u32(call.bus.read32(operations + SUPER_OPERATIONS.freeInode));
  if (free === 0) call.kernel.slab.kfree(inode);
  else call.invoke(free, inode);
}

/** d_alloc(). @param parent 0 for a root, whose super block is given */
function newDentry(call: Call, name: string, parent: number, superBlock: number): number {
  const { bus, kernel } = call;
  const dentry = allocate(call, "dentry");
  const text = kernel.slab.kmalloc(name.length + 1);
  putString(bus, text, name);
  bus.write32(place(call, dentry, "dentry", "d_name") + QSTR.length, name.length);
  bus.write32(place(call, dentry, "dentry", "d_name") + QSTR.name, text);
  bus.write32(place(call, dentry, "dentry", "d_lockref") + LOCKREF_COUNT, 1);
  put(call, dentry, "dentry", "d_parent", parent === 0 ? dentry : parent);
  put(call, dentry, "dentry", "d_sb", superBlock);
  put(call, dentry, "dentry", "d_op", get(call, superBlock, "super_block", "s_d_op"));
  if (parent !== 0) addReference(call, parent, 1);
  return dentry;
}

/** Changes d_lockref.count. @returns what it is then */
function addReference(call: Call, dentry: number, count: number): number {
  const at = place(call, dentry, "dentry", "d_lockref") + LOCKREF_COUNT;
  const value = call.bus.read32(at) + count;
  call.bus.write32(at, value);
  return value;
}

/** __d_set_inode_and_type(). */
function setInode(call: Call, dentry: number, inode: number): void {
  const isFolder = inode !== 0 && (call.bus.read16(place(call, inode, "inode", "i_mode")) & S_IFMT) === S_IFDIR;
  const type = inode === 0 ? 0 : isFolder ? DCACHE_DIRECTORY_TYPE : DCACHE_REGULAR_TYPE;
  put(call, dentry, "dentry", "d_inode", inode);
  put(call, dentry, "dentry", "d_flags", (get(call, dentry, "dentry", "d_flags") & ~DCACHE_ENTRY_TYPE) | type);
}

function isHashed(call: Call, dentry: number): boolean {
  return call.bus.read32(place(call, dentry, "dentry", "d_hash") + HASHED) !== 0;
}

function setHashed(call: Call, dentry: number, hashed: boolean): void {
  const at = place(call, dentry, "dentry", "d_hash");
  call.bus.write32(at + HASHED, hashed ? at : 0);
}

function operation(call: Call, dentry: number, offset: number): number {
  const operations = get(call, dentry, "dentry", "d_op");
  return operations === 0 ? 0 : u32(call.bus.read32(operations + offset));
}

/** dentry_unlink_inode(). */
function unlinkInode(call: Call, dentry: number): void {
  const inode = get(call, dentry, "dentry", "d_inode");
  if (inode === 0) return;
  setInode(call, dentry, 0);
  const own = operation(call, dentry, DENTRY_OPERATIONS.iput);
  if (own === 0) iput(call, inode);
  else call.invoke(own, dentry, inode);
}

/** __dentry_kill(): the entry goes, and a reference on its parent. */
function kill(call: Call, dentry: number): void {
  const parent = get(call, dentry, "dentry", "d_parent");
  setHashed(call, dentry, false);
  unlinkInode(call, dentry);
  const release = operation(call, dentry, DENTRY_OPERATIONS.release);
  if (release !== 0) call.invoke(release, dentry);
  call.kernel.slab.kfree(u32(call.bus.read32(place(call, dentry, "dentry", "d_name") + QSTR.name)));
  call.kernel.slab.kfree(dentry);
  if (parent !== dentry) dput(call, parent);
}

/** dput(): an entry that is hashed stays, unless its file system deletes it. */
function dput(call: Call, dentry: number): void {
  if (dentry === 0 || addReference(call, dentry, -1) > 0) return;
  const remove = operation(call, dentry, DENTRY_OPERATIONS.delete);
  if (!isHashed(call, dentry) || (remove !== 0 && call.invoke(remove, dentry) !== 0)) kill(call, dentry);
}

/** simple_unlink(). */
function unlink(call: Call, dentry: number): number {
  add(call, get(call, dentry, "dentry", "d_inode"), "inode", "i_nlink", -1);
  dput(call, dentry);
  return 0;
}

/** simple_rmdir(). */
function removeFolder(call: Call, folder: number, dentry: number): number {
  if (get(call, dentry, "dentry", "d_children") !== 0) return -ENOTEMPTY;
  add(call, get(call, dentry, "dentry", "d_inode"), "inode", "i_nlink", -1);
  unlink(call, dentry);
  add(call, folder, "inode", "i_nlink", -1);
  return 0;
}

/** get_tree_single(): one super block for the type. @returns 0 or what fill_super() returned */
function getTreeSingle(call: Call): number {
  const [context, fill] = [call.args.word(), call.args.word()];
  const type = get(call, context, "fs_context", "fs_type");
  const { supers } = call.state(FileSystems);
  const known = supers.get(type);
  const superBlock = known ?? allocate(call, "super_block");
  if (known === undefined) {
    put(call, superBlock, "super_block", "s_type", type);
    put(call, superBlock, "super_block", "s_time_gran", Number(NSEC_PER_SEC));
    const error = call.invoke(fill, superBlock, context);
    if (error !== 0) return error;
    supers.set(type, superBlock);
  }
  put(call, context, "fs_context", "root", get(call, superBlock, "super_block", "s_root"));
  return 0;
}

/** vfs_kern_mount() of a type that has a context. @returns a struct vfsmount, or a negative errno */
function mount(call: Call, type: number): number {
  const { bus, kernel } = call;
  const init = u32(bus.read32(type + FS_TYPE.initFsContext));
  if (init === 0) throw new NotModelled("vfs_kern_mount() of a file system without init_fs_context()");
  const context = allocate(call, "fs_context");
  put(call, context, "fs_context", "fs_type", type);
  const error = call.invoke(init, context) ||
    call.invoke(u32(bus.read32(get(call, context, "fs_context", "ops") + FC_OPERATIONS.getTree)), context);
  if (error !== 0) return error;
  const root = get(call, context, "fs_context", "root");
  const made = kernel.slab.kmalloc(MOUNT.size);
  bus.write32(made + MOUNT.root, root);
  bus.write32(made + MOUNT.sb, get(call, root, "dentry", "d_sb"));
  addReference(call, root, 1);
  kernel.slab.kfree(context);
  return made;
}

function pin(call: Call): number {
  const [type, at, count] = [call.args.word(), call.args.word(), call.args.word()];
  if (call.bus.read32(at) === 0) {
    const made = mount(call, type);
    if (made < 0) return made;
    call.bus.write32(at, made);
  }
  call.bus.write32(count, call.bus.read32(count) + 1);
  return 0;
}

/** simple_release_fs(): the last one unmounts it. */
function release(call: Call): void {
  const { bus, kernel } = call;
  const [at, count] = [call.args.word(), call.args.word()];
  const left = bus.read32(count) - 1;
  bus.write32(count, left);
  if (left > 0) return;
  const mounted = u32(bus.read32(at));
  bus.write32(at, 0);
  const superBlock = u32(bus.read32(mounted + MOUNT.sb));
  const type = get(call, superBlock, "super_block", "s_type");
  addReference(call, u32(bus.read32(mounted + MOUNT.root)), -1);
  kernel.slab.kfree(mounted);
  call.state(FileSystems).supers.delete(type);
  call.invoke(u32(bus.read32(type + FS_TYPE.killSb)), superBlock);
  kernel.slab.kfree(superBlock);
}

/** The time now into a struct timespec64 that the first argument points to, and into fields of the inode that is the second. */
function setTimes(...fields: readonly string[]): Service {
  return (call) => {
    const [result, inode] = [call.args.word(), call.args.word()];
    const now = call.state(Clock).readWall();
    const seconds = [now / NSEC_PER_SEC & 0xffffffffn, now / NSEC_PER_SEC >> 32n].map(Number);
    for (const at of [result, ...fields.map((field) => place(call, inode, "inode", field))]) {
      call.bus.write32(at, seconds[0]);
      call.bus.write32(at + 4, seconds[1]);
    }
    call.bus.write32(result + 8, Number(now % NSEC_PER_SEC));
    return result;
  };
}

/** Folders whose files the kernel itself makes. */
const KERNEL_FOLDERS = /^\/(dev|proc|sys)(\/|$)/;

/** filp_open() and kern_path(): the machine's root holds no file that a module would know. */
const openByPath: Service = ({ bus, args }) => {
  const path = stringAt(bus, args.word());
  if (!path.startsWith("/") || KERNEL_FOLDERS.test(path)) throw new NotModelled(`the file ${path}`);
  return -ENOENT;
};

const drop: Service = (call) => setHashed(call, call.args.word(), false);

export const LIBFS: Services = {
  filp_open: openByPath,
  kern_path: openByPath,
  simple_pin_fs: pin,
  simple_release_fs: release,
  get_tree_single: getTreeSingle,
  kill_litter_super: (call) => {
    const superBlock = call.args.word();
    const root = get(call, superBlock, "super_block", "s_root");
    put(call, superBlock, "super_block", "s_root", 0);
    if (root !== 0) kill(call, root);
  },
  new_inode: (call) => newInode(call, call.args.word()),
  iput: (call) => iput(call, call.args.word()),
  free_inode_nonrcu: ({ kernel, args }) => kernel.slab.kfree(args.word()),
  get_next_ino: (call) => call.state(FileSystems).nextInode++,
  simple_inode_init_ts: setTimes("i_atime_sec", "i_mtime_sec", "i_ctime_sec"),
  inode_set_ctime_current: setTimes("i_ctime_sec"),
  current_time: setTimes(),
  inc_nlink: (call) => void add(call, call.args.word(), "inode", "i_nlink", 1),
  drop_nlink: (call) => void add(call, call.args.word(), "inode", "i_nlink", -1),
  set_nlink: (call) => put(call, call.args.word(), "inode", "i_nlink", call.args.word()),
  clear_nlink: (call) => put(call, call.args.word(), "inode", "i_nlink", 0),
  d_make_root: (call) => {
    const inode = call.args.word();
    if (inode === 0) return 0;
    const root = newDentry(call, "/", 0, get(call, inode, "inode", "i_sb"));
    setInode(call, root, inode);
    return root;
  },
  d_alloc_name: (call) => {
    const [parent, name] = [call.args.word(), call.args.word()];
    return newDentry(call, stringAt(call.bus, name), parent, get(call, parent, "dentry", "d_sb"));
  },
  d_add: (call) => {
    const [dentry, inode] = [call.args.word(), call.args.word()];
    setInode(call, dentry, inode);
    setHashed(call, dentry, true);
  },
  d_instantiate: (call) => setInode(call, call.args.word(), call.args.word()),
  d_rehash: (call) => setHashed(call, call.args.word(), true),
  d_drop: drop,
  __d_drop: drop,
  d_delete: (call) => {
    const dentry = call.args.word();
    if (addReference(call, dentry, 0) === 1) unlinkInode(call, dentry);
    else setHashed(call, dentry, false);
  },
  dput: (call) => dput(call, call.args.word()),
  always_delete_dentry: () => 1,
  generic_delete_inode: () => 1,
  lockref_get: ({ bus, args }) => {
    const at = args.word() + LOCKREF_COUNT;
    bus.write32(at, bus.read32(at) + 1);
  },
  simple_unlink: (call) => {
    const [, dentry] = [call.args.word(), call.args.word()];
    return unlink(call, dentry);
  },
  simple_rmdir: (call) => removeFolder(call, call.args.word(), call.args.word()),
};
