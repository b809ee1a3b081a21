// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/pkt_cls.h.
 *
 * Models: register_tcf_proto_ops() of net/sched/cls_api.c and tcf_em_register() of net/sched/ematch.c.
 *
 * @module
 */

import { EEXIST, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Services } from "../service.ts";

class Classifiers extends Registry {}
class Ematches extends Registry {}
const CLASSIFIERS: Kind = { type: Classifiers, builtin: "classifiers", taken: EEXIST };
const EMATCHES: Kind = { type: Ematches, builtin: "ematches", taken: EEXIST };

/** struct tcf_proto_ops and struct tcf_ematch_ops. */
const PROTO_OPS_KIND = 8;
const EMATCH_OPS = { kind: 0, match: 12 };

export const PKT_CLS: Services = {
  register_tcf_proto_ops: (call) => {
    const ops = call.args.word();
    return registerUnique(call, CLASSIFIERS, ops, stringAt(call.bus, ops + PROTO_OPS_KIND, 16));
  },
  unregister_tcf_proto_ops: (call) => {
    if (!call.state(Classifiers).remove(call, call.args.word())) {
      throw new NotModelled("the warning of unregister_tcf_proto_ops()");
    }
  },
  tcf_em_register: (call) => {
    const ops = call.args.word();
    if (call.bus.read32(ops + EMATCH_OPS.match) === 0) return -EINVAL;
    return registerUnique(call, EMATCHES, ops, String(call.bus.read32(ops + EMATCH_OPS.kind)));
  },
  tcf_em_unregister: (call) => void call.state(Ematches).remove(call, call.args.word()),
};
