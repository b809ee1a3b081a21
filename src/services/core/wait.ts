// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/wait.h, linux/swait.h, linux/completion.h and linux/sched.h. Who waits lets queued work run; where that does not bring
 * what is waited for, nobody does.
 *
 * Models: kernel/sched/wait.c, swait.c, completion.c; schedule() and cond_resched() of kernel/sched/core.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Service, Services } from "../service.ts";
import { addTail, initList, listEntries, removeFromList } from "./list.ts";
import { words } from "./words.ts";
import { runWork } from "./workqueue.ts";

/** Offsets in struct wait_queue_head (and struct swait_queue_head), struct wait_queue_entry, struct completion. */
const HEAD = { lock: 0, list: 4 };
const ENTRY = { flags: 0, private: 4, func: 8, list: 12 };
const COMPLETION = { done: 0, wait: 4 };
const UINT_MAX = 0xffffffff;

function initHead({ bus, args }: Call): void {
  const head = args.word();
  bus.write32(head + HEAD.lock, 0);
  initList(bus, head + HEAD.list);
}

/** __wake_up(): calls the functions of those who wait. */
function wakeUp(call: Call): void {
  const [head, mode, , key] = words(call, 4);
  for (const list of listEntries(call.bus, head + HEAD.list)) {
    const entry = list - ENTRY.list;
    call.invoke(u32(call.bus.read32(entry + ENTRY.func)), entry, mode, 0, key);
  }
}

/** prepare_to_wait(): into the list, if it is in none. */
function prepare(call: Call): number {
  const { bus } = call;
  const [head, entry] = words(call, 2);
  const list = entry + ENTRY.list;
  if (u32(bus.read32(list)) === u32(list)) addTail(bus, list, head + HEAD.list);
  return 0;
}

const initEntry: Service = (call) => {
  const { bus, cpu } = call;
  const [entry, flags] = words(call, 2);
  bus.write32(entry + ENTRY.flags, flags);
  bus.write32(entry + ENTRY.private, cpu.tpidruro);
  bus.write32(entry + ENTRY.func, call.kernel.profile.exports.find("autoremove_wake_function")?.value ?? 0);
  initList(bus, entry + ENTRY.list);
};

const finish: Service = (call) => {
  const [, entry] = words(call, 2);
  removeFromList(call.bus, entry + ENTRY.list);
};

function complete({ bus, args }: Call): void {
  const at = args.word() + COMPLETION.done;
  const done = u32(bus.read32(at));
  if (done !== UINT_MAX) bus.write32(at, done + 1);
}

/** Takes one of what a completion has. */
function take({ bus }: Call, completion: number): boolean {
  const done = u32(bus.read32(completion + COMPLETION.done));
  if (done !== 0 && done !== UINT_MAX) bus.write32(completion + COMPLETION.done, done - 1);
  return done !== 0;
}

/** @param result what is returned where it is done, of the second argument */
function waitFor(result: (timeout: number) => number): Service {
  return (call) => {
    const [completion, timeout] = words(call, 2);
    if (!take(call, completion)) {
      runWork(call);
      if (!take(call, completion)) throw new NotModelled("wait_for_completion(): nobody completes it");
    }
    return result(timeout);
  };
}

const wait = waitFor(() => 0);
const waitTimeout = waitFor((timeout) => Math.max(1, timeout));

/** The queue's lock and list, and whoever adds an entry. */
const add: Service = (call) => {
  const [head, entry] = words(call, 2);
  addTail(call.bus, entry + ENTRY.list, head + HEAD.list);
};

export const WAIT: Services = {
  __init_waitqueue_head: initHead,
  __init_swait_queue_head: initHead,
  __wake_up: wakeUp,
  init_wait_entry: initEntry,
  prepare_to_wait: prepare,
  prepare_to_wait_event: prepare,
  prepare_to_wait_exclusive: prepare,
  finish_wait: finish,
  add_wait_queue: add,
  remove_wait_queue: finish,
  complete,
  complete_all: ({ bus, args }) => bus.write32(args.word() + COMPLETION.done, UINT_MAX),
  wait_for_completion: wait,
  wait_for_completion_interruptible: wait,
  wait_for_completion_killable: wait,
  wait_for_completion_timeout: waitTimeout,
  wait_for_completion_interruptible_timeout: waitTimeout,
  wait_for_completion_killable_timeout: waitTimeout,
  try_wait_for_completion: (call) => Number(take(call, call.args.word())),
  completion_done: ({ bus, args }) => Number(bus.read32(args.word() + COMPLETION.done) !== 0),
  __cond_resched: () => 0,
  yield: (call) => runWork(call),
};
