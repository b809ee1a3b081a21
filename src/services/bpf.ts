// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/btf.h and linux/bpf.h.
 *
 * Models: register_btf_kfunc_id_set() and __register_bpf_struct_ops() of kernel/bpf/btf.c for a kernel without CONFIG_DEBUG_INFO_BTF, where
 * nobody has types to register anything for.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { EINVAL } from "../kernel/errno.ts";
import type { Services } from "./service.ts";

/** struct btf_kfunc_id_set's set, and the flags of struct btf_id_set8. */
const SET = 4;
const SET_FLAGS = 4;
const BTF_SET8_KFUNCS = 1;

export const BPF: Services = {
  register_btf_kfunc_id_set: (call) => {
    const { bus } = call;
    const [, kset] = [call.args.word(), call.args.word()];
    const flags = bus.read32(u32(bus.read32(kset + SET)) + SET_FLAGS);
    return (flags & BTF_SET8_KFUNCS) === 0 ? -EINVAL : 0;
  },
  __register_bpf_struct_ops: () => 0,
};
