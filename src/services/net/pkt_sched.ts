// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/pkt_sched.h.
 *
 * Models: register_qdisc() and unregister_qdisc() of net/sched/sch_api.c.
 *
 * @module
 */

import { EEXIST, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";
import { unexported } from "../unexported.ts";

class Qdiscs extends Registry {}
const QDISCS: Kind = { type: Qdiscs, builtin: "qdiscs", taken: EEXIST };

/** struct Qdisc_ops and struct Qdisc_class_ops. */
const OPS = { classOps: 4, id: 8, enqueue: 32, dequeue: 36, peek: 40 };
const CLASS_OPS = { leaf: 12, find: 20, walk: 32, tcfBlock: 36, bindTcf: 40, unbindTcf: 44 };

function hasClassOps({ bus }: Call, classOps: number): boolean {
  const has = (offset: number) => bus.read32(classOps + offset) !== 0;
  if (!has(CLASS_OPS.find) || !has(CLASS_OPS.walk) || !has(CLASS_OPS.leaf)) return false;
  return !has(CLASS_OPS.tcfBlock) || (has(CLASS_OPS.bindTcf) && has(CLASS_OPS.unbindTcf));
}

/** register_qdisc(), whose checks come in this order. */
function registerQdisc(call: Call): number {
  const { bus } = call;
  const ops = call.args.word();
  const [enqueue, dequeue, peek] = [OPS.enqueue, OPS.dequeue, OPS.peek].map((offset) => bus.read32(ops + offset));
  const error = registerUnique(call, QDISCS, ops, stringAt(bus, ops + OPS.id, 16));
  if (error !== 0) return error;
  const classOps = bus.read32(ops + OPS.classOps) >>> 0;
  if (enqueue === 0) bus.write32(ops + OPS.enqueue, unexported(call, "noop_enqueue"));
  if (peek === 0 && dequeue === 0) bus.write32(ops + OPS.peek, unexported(call, "noop_dequeue"));
  if ((peek === 0 && dequeue !== 0) || (classOps !== 0 && !hasClassOps(call, classOps))) {
    call.state(Qdiscs).remove(call, ops);
    return -EINVAL;
  }
  if (dequeue === 0) bus.write32(ops + OPS.dequeue, unexported(call, "noop_dequeue"));
  return 0;
}

export const PKT_SCHED: Services = {
  register_qdisc: registerQdisc,
  unregister_qdisc: (call) => {
    if (!call.state(Qdiscs).remove(call, call.args.word())) throw new NotModelled("the warning of unregister_qdisc()");
  },
};
