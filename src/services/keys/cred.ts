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
import { unexported } from "../unexported.ts";

/** The credentials that the current task has for the time being; undefined while they are its own. */
class Overridden {
  current: number | undefined;
}

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

export const CRED: Services = {
  prepare_kernel_cred: prepareKernelCred,
  override_creds: (call) => {
    const overridden = call.state(Overridden);
    const old = overridden.current ?? unexported(call, "struct cred of the current task");
    overridden.current = call.args.word();
    return old;
  },
  revert_creds: (call) => {
    const old = call.args.word();
    call.state(Overridden).current = old === unexported(call, "struct cred of the current task") ? undefined : old;
  },
  __put_cred: () => {},
};
