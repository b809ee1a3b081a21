// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/spinlock.h, linux/rwlock.h and linux/bottom_half.h, on one CPU: a lock is free, or nobody would ever give it back.
 *
 * Models: the out-of-line functions of kernel/locking/spinlock.c with the tickets and the rwlocks of arch/arm/include/asm/spinlock.h;
 * __local_bh_enable_ip() of kernel/softirq.c. The locks have their shape without CONFIG_DEBUG_SPINLOCK.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Service, Services } from "../service.ts";
import { THREAD_INFO } from "../task.ts";

/** arch_spinlock_t: the ticket that is served, and the next one. */
const TICKETS = { owner: 0, next: 2 };
/** An rwlock that a writer has. */
const WRITE_LOCKED = 0x80000000;
/** SOFTIRQ_DISABLE_OFFSET: what a disabled bottom half adds to preempt_count. */
const SOFTIRQ_DISABLE_OFFSET = 0x200;
/** The I bit among the CPU's masks. */
const IRQ = 2;

function mustBeSmp({ kernel }: Call): void {
  if (!kernel.config("SMP")) throw new NotModelled("spinlocks of a kernel without CONFIG_SMP");
}

/** What a lock or an unlock does beside the lock itself. */
type Context = "" | "bh" | "irq" | "irqsave";

/** preempt_count_add(). */
function addToPreemptCount({ bus, cpu }: Call, count: number): void {
  const at = cpu.tpidruro + THREAD_INFO.preemptCount;
  bus.write32(at, bus.read32(at) + count);
}

/** @returns the flags that _irqsave returns */
function enter(call: Call, context: Context): number {
  const flags = call.cpu.cpsr;
  if (context === "bh") addToPreemptCount(call, SOFTIRQ_DISABLE_OFFSET);
  else if (context !== "") call.cpu.masks |= IRQ;
  return flags;
}

function leave(call: Call, context: Context): void {
  if (context === "bh") addToPreemptCount(call, -SOFTIRQ_DISABLE_OFFSET);
  else if (context === "irq") call.cpu.masks &= ~IRQ;
  else if (context === "irqsave") call.cpu.masks = (call.args.word() >>> 6) & 7;
}

/** arch_spin_trylock(). @returns whether it was free */
export function takeTicket({ bus }: Call, lock: number): boolean {
  const [owner, next] = [bus.read16(lock + TICKETS.owner), bus.read16(lock + TICKETS.next)];
  if (owner !== next) return false;
  bus.write16(lock + TICKETS.next, next + 1);
  return true;
}

function takeRead({ bus }: Call, lock: number): boolean {
  const count = bus.read32(lock);
  if (count < 0) return false;
  bus.write32(lock, count + 1);
  return true;
}

function takeWrite({ bus }: Call, lock: number): boolean {
  if (bus.read32(lock) !== 0) return false;
  bus.write32(lock, WRITE_LOCKED);
  return true;
}

/** How a kind of lock is taken and given back. */
interface Kind {
  readonly name: string;
  readonly take: (call: Call, lock: number) => boolean;
  readonly give: (call: Call, lock: number) => void;
}

const SPIN: Kind = {
  name: "spin",
  take: takeTicket,
  give: ({ bus }, lock) => bus.write16(lock + TICKETS.owner, bus.read16(lock + TICKETS.owner) + 1),
};
const READ: Kind = { name: "read", take: takeRead, give: ({ bus }, lock) => bus.write32(lock, bus.read32(lock) - 1) };
const WRITE: Kind = { name: "write", take: takeWrite, give: ({ bus }, lock) => bus.write32(lock, 0) };

function lock({ name, take }: Kind, context: Context): Service {
  return (call) => {
    mustBeSmp(call);
    const flags = enter(call, context);
    if (!take(call, call.args.word())) throw new NotModelled(`${name}_lock() of a lock that is held: nobody gives it back`);
    return context === "irqsave" ? flags : undefined;
  };
}

function tryLock({ take }: Kind, context: Context): Service {
  return (call) => {
    mustBeSmp(call);
    const taken = take(call, call.args.word());
    if (taken) enter(call, context);
    return Number(taken);
  };
}

function unlock({ give }: Kind, context: Context): Service {
  return (call) => {
    give(call, call.args.word());
    leave(call, context);
  };
}

const SUFFIXES: readonly (readonly [lock: string, unlock: string, context: Context])[] = [
  ["", "", ""],
  ["_bh", "_bh", "bh"],
  ["_irq", "_irq", "irq"],
  ["_irqsave", "_irqrestore", "irqsave"],
];

function servicesOf(kind: Kind): Services {
  const made: Record<string, Service> = {};
  for (const [onLock, onUnlock, context] of SUFFIXES) {
    made[`_raw_${kind.name}_lock${onLock}`] = lock(kind, context);
    made[`_raw_${kind.name}_unlock${onUnlock}`] = unlock(kind, context);
    made[`_raw_${kind.name}_trylock${onLock}`] = tryLock(kind, context);
  }
  return made;
}

/** The services of a bottom half's ends take the address of the caller and the count. */
const bottomHalf = (sign: 1 | -1): Service => (call) => {
  const [, count] = [call.args.word(), call.args.word()];
  addToPreemptCount(call, sign * count);
};

export const SPINLOCK: Services = {
  ...servicesOf(SPIN),
  ...servicesOf(READ),
  ...servicesOf(WRITE),
  __local_bh_disable_ip: bottomHalf(1),
  __local_bh_enable_ip: bottomHalf(-1),
};
