// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/cred.h.
 *
 * Models: prepare_kernel_cred(), override_creds(), revert_creds() and __put_cred() of kernel/cred.c.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import { offsetOf } from "../layout.ts";
import { bytesAt, putBytes } from "../memory.ts";
import type { Call, Services } from "../service.ts";

/** prepare_kernel_cred(): a copy of the first task's, without keyrings. */
function prepareKernelCred(call: Call): number {
  const { bus, kernel } = call;
  const task = call.args.word();
  const [initTask, initCred] = [kernel.profile.exports.find("init_task")?.value, call.images.get("init_cred")];
  if (task === 0 || task !== initTask || initCred === undefined) throw new NotModelled("prepare_kernel_cred() for this task");
  const size = offsetOf(call, "cred", "size");
  const cred = kernel.slab.kmalloc(size);
  putBytes(bus, cred, bytesAt(bus, initCred, size));
  bus.write32(cred + offsetOf(call, "cred", "usage"), 1);
  for (const keyring of ["session_keyring", "process_keyring", "thread_keyring", "request_key_auth"]) {
    bus.write32(cred + offsetOf(call, "cred", keyring), 0);
  }
  return cred;
}

/** Where the current task says whose rights it has. */
function credentialField(call: Call): number {
  return call.cpu.tpidruro + offsetOf(call, "task_struct", "cred");
}

export const CRED: Services = {
  prepare_kernel_cred: prepareKernelCred,
  override_creds: (call) => {
    const field = credentialField(call);
    const old = call.bus.read32(field);
    call.bus.write32(field, call.args.word());
    return old;
  },
  revert_creds: (call) => call.bus.write32(credentialField(call), call.args.word()),
  __put_cred: () => {},
};
