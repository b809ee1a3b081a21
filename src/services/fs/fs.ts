// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/fs.h, linux/binfmts.h and linux/quota.h: file systems, formats of programs and of quota files are registered.
 *
 * Models: register_filesystem() of fs/filesystems.c, __register_binfmt() of fs/exec.c, register_quota_format() of fs/quota/dquot.c.
 *
 * @module
 */

import { EBUSY, EINVAL } from "../../kernel/errno.ts";
import { bug } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

class FileSystems extends Registry {}
class BinaryFormats extends Registry {}
class QuotaFormats extends Registry {}
const FILE_SYSTEMS: Kind = { type: FileSystems, builtin: "filesystems", taken: EBUSY };

/** struct file_system_type's name. */
const NAME = 0;

function registerFilesystem(call: Call): number {
  const { bus, kernel } = call;
  const type = call.args.word();
  const name = stringAt(bus, bus.read32(type + NAME) >>> 0);
  if (name.includes(".")) throw bug((option) => kernel.config(option), "fs/filesystems.c:81");
  return registerUnique(call, FILE_SYSTEMS, type, name);
}

export const FS: Services = {
  register_filesystem: registerFilesystem,
  unregister_filesystem: (call) => call.state(FileSystems).remove(call, call.args.word()) ? 0 : -EINVAL,
  nfs42_ssc_register: () => {},
  nfs42_ssc_unregister: () => {},
  nfs_ssc_register: () => {},
  nfs_ssc_unregister: () => {},
  bioset_init: () => 0,
  bioset_exit: () => {},
  __register_binfmt: (call) => call.state(BinaryFormats).add(call, call.args.word()),
  unregister_binfmt: (call) => void call.state(BinaryFormats).remove(call, call.args.word()),
  register_quota_format: (call) => call.state(QuotaFormats).add(call, call.args.word()),
  unregister_quota_format: (call) => void call.state(QuotaFormats).remove(call, call.args.word()),
};
