// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/uidgid.h.
 *
 * Models: make_kuid(), from_kuid() and their like of kernel/user_namespace.c for init_user_ns, where each number stands for itself.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import type { Call, Service, Services } from "./service.ts";

/** The number that follows the namespace, unchanged. */
const same: Service = ({ args, kernel }: Call) => {
  const [namespace, id] = [args.word(), args.word()];
  if (namespace !== kernel.profile.exports.find("init_user_ns")?.value) {
    throw new NotModelled("users of another namespace than init_user_ns");
  }
  return id;
};

export const USER_NAMESPACE: Services = {
  make_kuid: same,
  make_kgid: same,
  from_kuid: same,
  from_kgid: same,
  from_kuid_munged: same,
  from_kgid_munged: same,
};
