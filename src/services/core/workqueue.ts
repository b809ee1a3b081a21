// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/workqueue.h. Work that is queued waits until somebody waits for it or sleeps: on one CPU without kernel preemption, no
 * worker runs before. It is then run in the order in which it was queued, on the stack of whoever waits.
 *
 * Models: kernel/workqueue.c. What init leaves queued does not run on its own when init has returned.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelObjects } from "../kernel_objects.ts";
import type { Call, Service, Services } from "../service.ts";
import { clockOf } from "./clock.ts";
import { armTimer, disarmTimer } from "./timer.ts";
import { words } from "./words.ts";

/** Offsets in struct work_struct and struct delayed_work. */
const WORK = { data: 0, entry: 4, func: 12 };
const DELAYED = { timer: 16, wq: 36, cpu: 40 };
/** WORK_STRUCT_PENDING_BIT. */
const PENDING = 1;
const WQ_MEM_RECLAIM = 8;
/** Room for a struct workqueue_struct of any configuration, bytes. */
const WORKQUEUE_SIZE = 512;

/** The kernel's own queues: exported pointers. */
const SYSTEM_WORKQUEUES = [
  "system_wq",
  "system_highpri_wq",
  "system_long_wq",
  "system_unbound_wq",
  "system_freezable_wq",
  "system_power_efficient_wq",
  "system_freezable_power_efficient_wq",
  "system_bh_wq",
  "system_bh_highpri_wq",
];

class Workqueues {
  /** Work of the kernel's own, by an address that stands for it. */
  readonly own = new Map<number, (call: Call) => void>();
  /** Queued work and its queue, in order. */
  readonly queued = new Map<number, number>();
}

/** The kernel's own queues are there. */
export function knowSystemWorkqueues({ profile }: Kernel, objects: KernelObjects): void {
  for (const name of SYSTEM_WORKQUEUES) {
    const at = profile.exports.find(name)?.value;
    if (at !== undefined) objects.know32(at, objects.reserve(`struct workqueue_struct ${name}`, WORKQUEUE_SIZE));
  }
}

/** test_and_set_bit() of WORK_STRUCT_PENDING_BIT. @returns whether it was pending */
function setPending({ bus }: Call, work: number): boolean {
  const data = bus.read32(work + WORK.data);
  bus.write32(work + WORK.data, data | PENDING);
  return (data & PENDING) !== 0;
}

function clearPending({ bus }: Call, work: number): boolean {
  const data = bus.read32(work + WORK.data);
  bus.write32(work + WORK.data, data & ~PENDING);
  return (data & PENDING) !== 0;
}

/** Runs one work that is queued. */
function runOne(call: Call, work: number): void {
  const { queued, own } = call.state(Workqueues);
  queued.delete(work);
  const run = own.get(work);
  if (run !== undefined) {
    own.delete(work);
    run(call);
    return;
  }
  clearPending(call, work);
  call.invoke(u32(call.bus.read32(work + WORK.func)), work);
}

/** Queues work of the kernel's own. */
export function queueOwnWork(call: Call, name: string, run: (call: Call) => void): void {
  const { queued, own } = call.state(Workqueues);
  const work = call.objects.reserve(name, 4);
  own.set(work, run);
  queued.set(work, 0);
}

/** Runs what is queued, and what that queues. @param wq of this queue only */
export function runWork(call: Call, wq?: number): void {
  const { queued } = call.state(Workqueues);
  for (;;) {
    const next = [...queued].find(([, queue]) => wq === undefined || queue === wq);
    if (next === undefined) return;
    runOne(call, next[0]);
  }
}

/** Takes work out of its queue or stops its timer. @returns whether it was pending */
function cancel(call: Call, work: number, isDelayed: boolean): boolean {
  if (isDelayed) disarmTimer(call, work + DELAYED.timer);
  call.state(Workqueues).queued.delete(work);
  return clearPending(call, work);
}

/** flush_work(). @returns whether there was something to wait for */
function flush(call: Call, work: number): boolean {
  const { queued } = call.state(Workqueues);
  const wq = queued.get(work);
  if (wq === undefined) return false;
  while (queued.has(work)) {
    const [first] = [...queued].find(([, queue]) => queue === wq) ?? [work];
    runOne(call, first);
  }
  return true;
}

function queueDelayed(call: Call, wq: number, work: number, delay: number): void {
  const { bus } = call;
  if (delay === 0) {
    call.state(Workqueues).queued.set(work, wq);
    return;
  }
  bus.write32(work + DELAYED.wq, wq);
  armTimer(call, work + DELAYED.timer, u32(clockOf(call).jiffies + delay));
}

const queueWork: Service = (call) => {
  const [, wq, work] = words(call, 3);
  if (setPending(call, work)) return 0;
  call.state(Workqueues).queued.set(work, wq);
  return 1;
};
const cancelWork: Service = (call) => Number(cancel(call, call.args.word(), false));
const cancelDelayed: Service = (call) => Number(cancel(call, call.args.word(), true));
const flushQueue: Service = (call) => runWork(call, call.args.word());
/** alloc_workqueue(): a queue with a rescuer waits until that thread is there; meanwhile others run. */
const allocate: Service = (call) => {
  const [, flags] = words(call, 2);
  if ((flags & WQ_MEM_RECLAIM) !== 0) runWork(call);
  return call.objects.reserve("struct workqueue_struct", WORKQUEUE_SIZE);
};

export const WORKQUEUE: Services = {
  alloc_workqueue: allocate,
  // The queue's work has run when it goes.
  destroy_workqueue: flushQueue,
  queue_work_on: queueWork,
  queue_work_node: queueWork,
  queue_delayed_work_on: (call) => {
    const [, wq, work, delay] = words(call, 4);
    if (setPending(call, work)) return 0;
    queueDelayed(call, wq, work, delay);
    return 1;
  },
  mod_delayed_work_on: (call) => {
    const [, wq, work, delay] = words(call, 4);
    const wasPending = cancel(call, work, true);
    setPending(call, work);
    queueDelayed(call, wq, work, delay);
    return Number(wasPending);
  },
  // The timer of delayed work: the work stands in front of it.
  delayed_work_timer_fn: (call) => {
    const work = call.args.word() - DELAYED.timer;
    call.state(Workqueues).queued.set(work, u32(call.bus.read32(work + DELAYED.wq)));
  },
  cancel_work: cancelWork,
  cancel_work_sync: cancelWork,
  cancel_delayed_work: cancelDelayed,
  cancel_delayed_work_sync: cancelDelayed,
  flush_work: (call) => Number(flush(call, call.args.word())),
  flush_delayed_work: (call) => {
    const work = call.args.word();
    if (disarmTimer(call, work + DELAYED.timer)) queueDelayed(call, u32(call.bus.read32(work + DELAYED.wq)), work, 0);
    return Number(flush(call, work));
  },
  __flush_workqueue: flushQueue,
  drain_workqueue: flushQueue,
};
