// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of net/tcp.h.
 *
 * Models: tcp_register_congestion_control() of net/ipv4/tcp_cong.c and tcp_register_ulp() of net/ipv4/tcp_ulp.c. Instead of the hashes of
 * names the names themselves are compared.
 *
 * @module
 */

import { EEXIST, EINVAL } from "../../kernel/errno.ts";
import { KERN_ERR, KERN_NOTICE } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import { type Kind, registerUnique, Registry } from "../registry.ts";
import type { Call, Services } from "../service.ts";

class CongestionControls extends Registry {}
class UpperLayerProtocols extends Registry {}
const CONGESTION_CONTROLS: Kind = { type: CongestionControls, builtin: "congestion_controls", taken: EEXIST };
const UPPER_LAYER_PROTOCOLS: Kind = { type: UpperLayerProtocols, builtin: "upper_layer_protocols", taken: EEXIST };

/** struct tcp_congestion_ops; struct tcp_ulp_ops. */
const CONGESTION_OPS = { ssthresh: 0, congAvoid: 4, congControl: 28, undoCwnd: 32, name: 44 };
const ULP_OPS_NAME = 32;

/** tcp_validate_congestion_control(). */
function isComplete({ bus }: Call, ops: number): boolean {
  const has = (offset: number) => bus.read32(ops + offset) !== 0;
  const { ssthresh, undoCwnd, congAvoid, congControl } = CONGESTION_OPS;
  return has(ssthresh) && has(undoCwnd) && (has(congAvoid) || has(congControl));
}

function registerCongestionControl(call: Call): number {
  const ops = call.args.word();
  const name = stringAt(call.bus, ops + CONGESTION_OPS.name, 16);
  if (!isComplete(call, ops)) {
    call.kernel.printk(KERN_ERR, `TCP: ${name} does not implement required ops`);
    return -EINVAL;
  }
  const error = registerUnique(call, CONGESTION_CONTROLS, ops, name);
  if (error !== 0) call.kernel.printk(KERN_NOTICE, `TCP: ${name} already registered or non-unique key`);
  return error;
}

export const TCP: Services = {
  tcp_register_congestion_control: registerCongestionControl,
  tcp_unregister_congestion_control: (call) => void call.state(CongestionControls).remove(call, call.args.word()),
  tcp_register_ulp: (call) => {
    const ops = call.args.word();
    return registerUnique(call, UPPER_LAYER_PROTOCOLS, ops, stringAt(call.bus, ops + ULP_OPS_NAME, 16));
  },
  tcp_unregister_ulp: (call) => void call.state(UpperLayerProtocols).remove(call, call.args.word()),
};
