// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/debugfs.h, linux/proc_fs.h and linux/sysctl.h: files that a module makes below /sys/kernel/debug, /proc and /proc/sys.
 * Only their names are kept; what they would show is the module's own code.
 *
 * Models: fs/debugfs/inode.c and file.c, fs/proc/generic.c, fs/proc/proc_sysctl.c. What is there when the kernel has booted is not known, so
 * that only names that modules make can be taken.
 *
 * @module
 */

import { EEXIST } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** Room for a struct dentry, proc_dir_entry, or ctl_table_header of any configuration, bytes. */
const OBJECT_SIZE = 192;
const ERR_PTR = 0xfffff001;
/** Folders that proc_root_init() makes. */
const PROC_FOLDERS = ["fs", "driver", "bus", "tty"];

/** A file or folder; its parent is one's address, 0 for the root. */
interface Entry {
  readonly name: string;
  readonly parent: number;
}

/** One tree of names. */
class Names {
  readonly entries = new Map<number, Entry>();

  find(parent: number, name: string): number | undefined {
    return [...this.entries].find(([, entry]) => entry.parent === parent && entry.name === name)?.[0];
  }

  add({ objects }: Call, kind: string, entry: Entry): number {
    const address = objects.reserve(`${kind} of ${entry.name}`, OBJECT_SIZE);
    this.entries.set(address, entry);
    return address;
  }

  /** Removes an entry and all below it. */
  remove(address: number): void {
    this.entries.delete(address);
    for (const [below, { parent }] of this.entries) if (parent === address) this.remove(below);
  }
}

class Debugfs extends Names {}
class Procfs extends Names {}
class Sysctl extends Names {}

function nameOf(call: Call, address: number): string {
  return stringAt(call.bus, address);
}

/** start_creating(): an error for a parent is passed on, a name that is taken is one. */
function debugfsCreate(call: Call, name: string, parent: number, isFolder: boolean): number {
  const files = call.state(Debugfs);
  if (parent >= ERR_PTR) return parent;
  if (files.find(parent, name) === undefined) return files.add(call, "struct dentry", { name, parent });
  const below = files.entries.get(parent)?.name ?? "/";
  const text = isFolder
    ? `Directory '${name}' with parent '${below}' already present!`
    : `File '${name}' in directory '${below}' already present!`;
  call.kernel.printk(KERN_ERR, `debugfs: ${text}`);
  return -EEXIST;
}

const debugfsFolder: Service = (call) => {
  const [name, parent] = words(call, 2);
  return debugfsCreate(call, nameOf(call, name), parent, true);
};

/** Functions with name, mode and parent in front. */
const debugfsFile: Service = (call) => {
  const [name, , parent] = words(call, 3);
  return debugfsCreate(call, nameOf(call, name), parent, false);
};

const debugfsFileWithoutResult: Service = (call) => {
  debugfsFile(call);
};

const debugfsRemove: Service = (call) => {
  const entry = call.args.word();
  if (entry !== 0 && entry < ERR_PTR) call.state(Debugfs).remove(entry);
};

/** The folder that a path leads to, from a parent, and the last name; xlate_proc_name(). */
function procPlace(call: Call, path: string, from: number): Entry {
  const names = path.split("/");
  let parent = from;
  for (const name of names.slice(0, -1)) {
    const files = call.state(Procfs);
    const isOfBoot = parent === 0 && PROC_FOLDERS.includes(name);
    const next = files.find(parent, name) ??
      (isOfBoot ? files.add(call, "struct proc_dir_entry", { name, parent }) : undefined);
    if (next === undefined) throw new NotModelled(`/proc/${names.slice(0, -1).join("/")}, which no module has made`);
    parent = next;
  }
  return { name: names[names.length - 1], parent };
}

function procCreate(call: Call, path: number, parent: number): number {
  const files = call.state(Procfs);
  const entry = procPlace(call, nameOf(call, path), parent);
  if (files.find(entry.parent, entry.name) !== undefined) {
    throw new NotModelled(`WARN() of proc_register(): '${entry.name}' already registered`);
  }
  return files.add(call, "struct proc_dir_entry", entry);
}

const procFolder: Service = (call) => {
  const [name, parent] = words(call, 2);
  return procCreate(call, name, parent);
};

const procFolderWithMode: Service = (call) => {
  const [name, , parent] = words(call, 3);
  return procCreate(call, name, parent);
};

const procRemove: Service = (call) => {
  const [path, parent] = words(call, 2);
  const entry = procPlace(call, nameOf(call, path), parent);
  const found = call.state(Procfs).find(entry.parent, entry.name);
  if (found === undefined) throw new NotModelled(`WARN() of remove_proc_entry(): name '${entry.name}'`);
  call.state(Procfs).remove(found);
};

/** Offset of ctl_table_arg in struct ctl_table_header, by which who registers finds its table again. */
const CTL_TABLE_ARG = 24;
/** Offsets in struct ctl_table, and its size. */
const CTL_TABLE = { procname: 0, size: 32 };

/** __register_sysctl_table(): 0 where one of the names is taken. */
function registerSysctl(call: Call, path: string, table: number, count: number): number {
  const files = call.state(Sysctl);
  const names = Array.from(
    { length: count },
    (_, i) => nameOf(call, call.bus.read32(table + i * CTL_TABLE.size + CTL_TABLE.procname) >>> 0),
  );
  const taken = [...files.entries.values()].some(({ name }) => names.some((each) => name === `${path}/${each}`));
  if (taken) throw new NotModelled(`sysctl duplicate entry in ${path}`);
  const header = call.objects.reserve("struct ctl_table_header", OBJECT_SIZE);
  call.objects.know32(header + CTL_TABLE_ARG, table);
  files.entries.set(header, { name: path, parent: 0 });
  for (const name of names) files.add(call, "struct ctl_table", { name: `${path}/${name}`, parent: header });
  return header;
}

export const FS_ENTRIES: Services = {
  debugfs_create_dir: debugfsFolder,
  debugfs_create_file: debugfsFile,
  debugfs_create_file_full: debugfsFile,
  debugfs_create_file_short: debugfsFile,
  debugfs_create_file_unsafe: debugfsFile,
  debugfs_create_file_size: debugfsFileWithoutResult,
  debugfs_create_blob: debugfsFile,
  debugfs_create_symlink: debugfsFolder,
  ...Object.fromEntries(
    [
      "u8",
      "u16",
      "u32",
      "u64",
      "ulong",
      "x8",
      "x16",
      "x32",
      "x64",
      "size_t",
      "atomic_t",
      "bool",
      "str",
      "regset32",
      "u32_array",
    ]
      .map((type) => [`debugfs_create_${type}`, debugfsFileWithoutResult]),
  ),
  debugfs_initialized: () => 1,
  debugfs_lookup: (call) => {
    const [name, parent] = words(call, 2);
    const found = call.state(Debugfs).find(parent, nameOf(call, name));
    if (found === undefined) throw new NotModelled("debugfs_lookup() of what no module has made");
    return found;
  },
  debugfs_remove: debugfsRemove,
  debugfs_lookup_and_remove: (call) => {
    const [name, parent] = words(call, 2);
    const found = call.state(Debugfs).find(parent, nameOf(call, name));
    if (found !== undefined) call.state(Debugfs).remove(found);
  },
  proc_mkdir: procFolder,
  proc_mkdir_mode: procFolderWithMode,
  proc_mkdir_data: procFolderWithMode,
  _proc_mkdir: procFolderWithMode,
  proc_create: procFolderWithMode,
  proc_create_data: procFolderWithMode,
  proc_create_seq_private: procFolderWithMode,
  proc_create_single_data: procFolderWithMode,
  // The parent is behind /proc/net where it is that of the network's namespace.
  proc_create_net_data: procFolderWithMode,
  proc_create_net_data_write: procFolderWithMode,
  proc_create_net_single: procFolderWithMode,
  proc_create_net_single_write: procFolderWithMode,
  proc_set_size: () => {},
  proc_set_user: () => {},
  proc_symlink: procFolder,
  remove_proc_entry: procRemove,
  proc_remove: (call) => call.state(Procfs).remove(call.args.word()),
  remove_proc_subtree: (call) => {
    procRemove(call);
    return 0;
  },
  register_sysctl_sz: (call) => {
    const [path, table, count] = words(call, 3);
    return registerSysctl(call, nameOf(call, path), table, count);
  },
  register_sysctl_mount_point: (call) => registerSysctl(call, nameOf(call, call.args.word()), 0, 0),
  register_net_sysctl_sz: (call) => {
    const [, path, table, count] = words(call, 4);
    return registerSysctl(call, nameOf(call, path), table, count);
  },
  unregister_sysctl_table: (call) => call.state(Sysctl).remove(call.args.word()),
  unregister_net_sysctl_table: (call) => call.state(Sysctl).remove(call.args.word()),
};
