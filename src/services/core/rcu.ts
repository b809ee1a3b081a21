// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/rcupdate.h and linux/srcu.h. Nobody reads beside the one CPU, so that a grace period is over when somebody waits for it:
 * callbacks run then, and otherwise stay.
 *
 * Models: kernel/rcu/tree.c, srcutree.c, kvfree_call_rcu().
 *
 * @module
 */

import type { Call, Service, Services } from "../service.ts";
import { words } from "./words.ts";

class Callbacks {
  /** What to call, with its one argument. */
  waiting: (readonly [callback: number, head: number])[] = [];
  /** Memory that goes with the next grace period. */
  frees: number[] = [];
}

/** rcu_barrier(): every callback so far has run. */
function barrier(call: Call): void {
  const callbacks = call.state(Callbacks);
  const { waiting, frees } = callbacks;
  [callbacks.waiting, callbacks.frees] = [[], []];
  for (const [callback, head] of waiting) call.invoke(callback, head);
  for (const address of frees) call.kernel.slab.kfree(address);
}

const nothing: Service = () => {};
const zero: Service = () => 0;

function enqueue(call: Call, head: number, callback: number): void {
  call.state(Callbacks).waiting.push([callback, head]);
}

export const RCU: Services = {
  call_rcu: (call) => {
    const [head, callback] = words(call, 2);
    enqueue(call, head, callback);
  },
  call_srcu: (call) => {
    const [, head, callback] = words(call, 3);
    enqueue(call, head, callback);
  },
  kvfree_call_rcu: (call) => {
    const [, pointer] = words(call, 2);
    call.state(Callbacks).frees.push(pointer);
  },
  synchronize_rcu: nothing,
  synchronize_rcu_expedited: nothing,
  synchronize_srcu: nothing,
  synchronize_srcu_expedited: nothing,
  synchronize_net: nothing,
  net_ns_barrier: nothing,
  mmu_notifier_synchronize: nothing,
  rcu_barrier: barrier,
  srcu_barrier: barrier,
  init_srcu_struct: zero,
  cleanup_srcu_struct: nothing,
  __srcu_read_lock: zero,
  __srcu_read_unlock: nothing,
};
