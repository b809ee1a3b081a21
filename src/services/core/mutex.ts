// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/mutex.h, linux/rwsem.h, linux/semaphore.h, on one CPU. A lock that is held is held by the same call, or by a thread that
 * never runs: waiting for it does not end.
 *
 * Models: kernel/locking/mutex.c, rwsem.c and semaphore.c, with the layout of a kernel with CONFIG_SMP and no lock debugging.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Service, Services } from "../service.ts";
import { initList } from "./list.ts";
import { takeTicket } from "./spinlock.ts";
import { words } from "./words.ts";

const MUTEX_LAYOUT = { owner: 0, waitLock: 4, osq: 8, waitList: 12 };
/** Flags in the low bits of a mutex's owner. */
const MUTEX_FLAGS = 7;
const RWSEM = { count: 0, owner: 4, osq: 8, waitLock: 12, waitList: 16 };
const RWSEM_WRITER_LOCKED = 1;
const RWSEM_READER_BIAS = 256;
const RWSEM_READER_OWNED = 1;
const SEMAPHORE = { count: 4 };

function mutexInit({ bus, args, kernel }: Call): void {
  if (!kernel.config("SMP")) throw new NotModelled("struct mutex of a kernel without CONFIG_SMP");
  const lock = args.word();
  for (const offset of [MUTEX_LAYOUT.owner, MUTEX_LAYOUT.waitLock, MUTEX_LAYOUT.osq]) bus.write32(lock + offset, 0);
  initList(bus, lock + MUTEX_LAYOUT.waitList);
}

function takeMutex({ bus, cpu }: Call, lock: number): boolean {
  const owner = bus.read32(lock + MUTEX_LAYOUT.owner);
  if ((owner & ~MUTEX_FLAGS) !== 0) return false;
  bus.write32(lock + MUTEX_LAYOUT.owner, owner | cpu.tpidruro);
  return true;
}

const mutexLock: Service = (call) => {
  if (!takeMutex(call, call.args.word())) throw new NotModelled("mutex_lock() of a mutex that is held: nobody gives it back");
  return 0;
};

function takeWrite({ bus, cpu }: Call, sem: number): boolean {
  if (bus.read32(sem + RWSEM.count) !== 0) return false;
  bus.write32(sem + RWSEM.count, RWSEM_WRITER_LOCKED);
  bus.write32(sem + RWSEM.owner, cpu.tpidruro);
  return true;
}

function takeRead({ bus, cpu }: Call, sem: number): boolean {
  const count = bus.read32(sem + RWSEM.count);
  if ((count & RWSEM_WRITER_LOCKED) !== 0) return false;
  bus.write32(sem + RWSEM.count, count + RWSEM_READER_BIAS);
  bus.write32(sem + RWSEM.owner, cpu.tpidruro | RWSEM_READER_OWNED);
  return true;
}

function rwsemLock(name: string, take: (call: Call, sem: number) => boolean): Service {
  return (call) => {
    if (!take(call, call.args.word())) throw new NotModelled(`${name}() of a semaphore that is held: nobody gives it back`);
    return 0;
  };
}

function upRead({ bus, args }: Call): void {
  const sem = args.word();
  bus.write32(sem + RWSEM.count, bus.read32(sem + RWSEM.count) - RWSEM_READER_BIAS);
}

function takeSemaphore({ bus }: Call, sem: number): boolean {
  const count = bus.read32(sem + SEMAPHORE.count);
  if (count === 0) return false;
  bus.write32(sem + SEMAPHORE.count, count - 1);
  return true;
}

const down: Service = (call) => {
  if (!takeSemaphore(call, call.args.word())) throw new NotModelled("down() of a semaphore that is at 0: nobody raises it");
  return 0;
};

const downWrite = rwsemLock("down_write", takeWrite);
const downRead = rwsemLock("down_read", takeRead);

/** refcount_dec_and_lock(): takes the lock with the last reference. */
function decrementAndLock(name: "_raw_spin_lock" | "mutex_lock"): Service {
  return (call) => {
    const [count, lock] = words(call, 2);
    const left = call.bus.read32(count) - 1;
    call.bus.write32(count, left);
    if (left !== 0) return 0;
    const taken = name === "mutex_lock" ? takeMutex(call, lock) : takeTicket(call, lock);
    if (!taken) throw new NotModelled(`${name}() of a lock that is held: nobody gives it back`);
    return 1;
  };
}

export const MUTEX: Services = {
  __mutex_init: mutexInit,
  mutex_lock: mutexLock,
  mutex_lock_interruptible: mutexLock,
  mutex_lock_killable: mutexLock,
  mutex_lock_io: mutexLock,
  mutex_trylock: (call) => Number(takeMutex(call, call.args.word())),
  mutex_unlock: ({ bus, args }) => bus.write32(args.word() + MUTEX_LAYOUT.owner, 0),
  mutex_is_locked: ({ bus, args }) => Number((bus.read32(args.word() + MUTEX_LAYOUT.owner) & ~MUTEX_FLAGS) !== 0),
  atomic_dec_and_mutex_lock: (call) => {
    const [count, lock] = words(call, 2);
    const left = call.bus.read32(count) - 1;
    if (left === 0 && !takeMutex(call, lock)) throw new NotModelled("atomic_dec_and_mutex_lock() of a mutex that is held");
    call.bus.write32(count, left);
    return Number(left === 0);
  },
  refcount_dec_and_lock: decrementAndLock("_raw_spin_lock"),
  refcount_dec_and_mutex_lock: decrementAndLock("mutex_lock"),
  __init_rwsem: ({ bus, args }) => {
    const sem = args.word();
    for (const offset of [RWSEM.count, RWSEM.owner, RWSEM.osq, RWSEM.waitLock]) bus.write32(sem + offset, 0);
    initList(bus, sem + RWSEM.waitList);
  },
  down_write: downWrite,
  down_write_killable: downWrite,
  down_write_trylock: (call) => Number(takeWrite(call, call.args.word())),
  up_write: ({ bus, args }) => {
    const sem = args.word();
    bus.write32(sem + RWSEM.owner, 0);
    bus.write32(sem + RWSEM.count, 0);
  },
  downgrade_write: ({ bus, cpu, args }) => {
    const sem = args.word();
    bus.write32(sem + RWSEM.count, RWSEM_READER_BIAS);
    bus.write32(sem + RWSEM.owner, cpu.tpidruro | RWSEM_READER_OWNED);
  },
  down_read: downRead,
  down_read_killable: downRead,
  down_read_interruptible: downRead,
  down_read_trylock: (call) => Number(takeRead(call, call.args.word())),
  up_read: upRead,
  down,
  down_interruptible: down,
  down_killable: down,
  // down_trylock() is the other way round: 0 where it was taken.
  down_trylock: (call) => Number(!takeSemaphore(call, call.args.word())),
  down_timeout: down,
  up: ({ bus, args }) => {
    const at = args.word() + SEMAPHORE.count;
    bus.write32(at, bus.read32(at) + 1);
  },
};
