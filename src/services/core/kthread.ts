// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/kthread.h and linux/cpuhotplug.h. A thread that is started does not run while a module's code does: nobody sleeps for it.
 *
 * Models: kernel/kthread.c; __cpuhp_setup_state() of kernel/cpu.c with the one CPU that is online.
 *
 * @module
 */

import { s32 } from "../../elf/word.ts";
import { EBUSY, EINTR } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Service, Services } from "../service.ts";
import { words } from "./words.ts";

/** Room for a struct task_struct of any configuration, bytes. */
const TASK_SIZE = 4096;

class Threads {
  readonly tasks = new Set<number>();
}

const create: Service = (call) => {
  const task = call.objects.reserve("struct task_struct", TASK_SIZE);
  call.state(Threads).tasks.add(task);
  return task;
};

/** kthread_stop() of a thread that has not come to run: its function is not called. */
const stop: Service = (call) => {
  if (!call.state(Threads).tasks.delete(call.args.word())) {
    throw new NotModelled("kthread_stop() of a thread that no module made");
  }
  return -EINTR;
};

/** CPUHP_BP_PREPARE_DYN and CPUHP_AP_ONLINE_DYN of 6.12: states that are given out as they are asked for. */
const DYNAMIC_STATES = [{ first: 64, count: 20 }, { first: 192, count: 40 }];

class Hotplug {
  /** Taken states, with the callback of those that have instances. */
  readonly states = new Map<number, number>();
}

/** __cpuhp_setup_state(). @returns the state that was given out, 0 for one that was named, or minus an errno */
const setUp: Service = (call) => {
  const [wanted, , invoke, startup, , multi] = words(call, 6);
  const { states } = call.state(Hotplug);
  const range = DYNAMIC_STATES.find(({ first }) => first === wanted);
  // Behind those that the kernel itself may have asked for.
  let state = range === undefined ? wanted : range.first + (range.count >> 1);
  while (range !== undefined && states.has(state)) state++;
  if (states.has(state)) return -EBUSY;
  if ((invoke & 255) !== 0 && startup !== 0 && (multi & 255) === 0) {
    const result = call.invoke(startup, 0);
    if (result !== 0) return result;
  }
  states.set(state, (multi & 255) === 0 ? 0 : startup);
  return range === undefined ? 0 : state;
};

const addInstance: Service = (call) => {
  const [state, node, invoke] = words(call, 3);
  const callback = call.state(Hotplug).states.get(s32(state)) ?? 0;
  return (invoke & 255) !== 0 && callback !== 0 ? call.invoke(callback, 0, node) : 0;
};

const remove: Service = (call) => {
  call.state(Hotplug).states.delete(call.args.word());
};

export const KTHREAD: Services = {
  kthread_create_on_node: create,
  kthread_create_on_cpu: create,
  kthread_bind: () => {},
  kthread_bind_mask: () => {},
  wake_up_process: () => 1,
  kthread_stop: stop,
  __cpuhp_setup_state: setUp,
  __cpuhp_setup_state_cpuslocked: setUp,
  __cpuhp_state_add_instance: addInstance,
  __cpuhp_remove_state: remove,
  __cpuhp_remove_state_cpuslocked: remove,
  __cpuhp_state_remove_instance: () => 0,
  cpus_read_lock: () => {},
  cpus_read_unlock: () => {},
};
