// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/timer.h, linux/hrtimer.h, linux/delay.h, linux/jiffies.h and linux/timekeeping.h.
 *
 * Models: kernel/time/timer.c, sleep_timeout.c, hrtimer.c as far as a timer is armed or not, time.c and timekeeping.c. A timer fires while
 * code sleeps past its time, not before: between two calls into modules no time passes.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { NotModelled } from "../../kernel/fault.ts";
import type { Call, Service, Services } from "../service.ts";
import { Clock, clockOf, NSEC_PER_SEC, showJiffies } from "./clock.ts";
import { words } from "./words.ts";
import { runWork } from "./workqueue.ts";

/** Offsets in struct timer_list. */
const TIMER = { next: 0, pprev: 4, expires: 8, function: 12, flags: 16 };
/** Offsets in struct hrtimer. */
const HRTIMER = { expires: 16, softExpires: 24, function: 32, base: 36, state: 40 };
const MAX_JIFFY_OFFSET = 0x3ffffffe;

class Timers {
  /** Armed timers, by the tick when they expire, in the order in which they were armed. */
  readonly armed = new Map<number, bigint>();
}

/** timer_pending() looks at entry.pprev. */
function isPending({ bus }: Call, timer: number): boolean {
  return bus.read32(timer + TIMER.pprev) !== 0;
}

function detach(call: Call, timer: number): boolean {
  const pending = isPending(call, timer);
  call.bus.write32(timer + TIMER.pprev, 0);
  call.state(Timers).armed.delete(timer);
  return pending;
}

/** The tick of 64 bits that a value of `jiffies` stands for: the one that is nearest to now. */
function tickOf(call: Call, expires: number): bigint {
  const { jiffies, jiffies64 } = clockOf(call);
  return jiffies64 + BigInt(s32(expires - jiffies));
}

/** __mod_timer(). @returns whether it was pending */
export function armTimer(call: Call, timer: number, expires: number): boolean {
  const { bus } = call;
  const pending = detach(call, timer);
  if (bus.read32(timer + TIMER.function) === 0) return false;
  bus.write32(timer + TIMER.expires, expires);
  bus.write32(timer + TIMER.pprev, timer);
  call.state(Timers).armed.set(timer, tickOf(call, expires));
  return pending;
}

/** timer_delete(). @returns whether it was pending */
export const disarmTimer = detach;

/** Lets time pass: work that is queued runs, and timers that expire. */
export function sleep(call: Call, nanoseconds: bigint): void {
  const clock = clockOf(call);
  runWork(call);
  const end = clock.jiffies64 + nanoseconds * BigInt(clock.hz) / NSEC_PER_SEC;
  const { armed } = call.state(Timers);
  for (;;) {
    const due = [...armed].filter(([, tick]) => tick <= end).sort(([, a], [, b]) => a < b ? -1 : a > b ? 1 : 0)[0];
    if (due === undefined) break;
    const [timer] = due;
    const handler = u32(call.bus.read32(timer + TIMER.function));
    detach(call, timer);
    call.invoke(handler, timer);
    runWork(call);
  }
  clock.advance(nanoseconds);
  showJiffies(call.kernel, call.objects, clock);
}

const delay = (perUnit: bigint): Service => (call) => {
  clockOf(call).advance(BigInt(call.args.word()) * perUnit);
  showJiffies(call.kernel, call.objects, clockOf(call));
};

function sleepFor(unit: bigint): Service {
  return (call) => {
    sleep(call, BigInt(call.args.word()) * unit);
    return 0;
  };
}

/** schedule_timeout(): nobody wakes the task before. */
const scheduleTimeout: Service = (call) => {
  const timeout = call.args.word();
  if (timeout === 0x7fffffff) throw new NotModelled("schedule_timeout() without an end: nobody wakes the task");
  sleep(call, BigInt(timeout) * NSEC_PER_SEC / BigInt(clockOf(call).hz));
  return 0;
};

const remove: Service = (call) => Number(detach(call, call.args.word()));

/** timer_shutdown(): the timer can no longer be armed. */
const shutdown: Service = (call) => {
  const timer = call.args.word();
  const pending = detach(call, timer);
  call.bus.write32(timer + TIMER.function, 0);
  return Number(pending);
};

const HRTIMER_STATE_ENQUEUED = 1;
/** struct hrtimer_clock_base of a timer: code hands it on only. */
const CLOCK_BASE_SIZE = 64;

function initHrtimer(call: Call, timer: number, callback: number): void {
  const { bus, objects } = call;
  for (let at = 0; at < 48; at += 4) bus.write32(timer + at, 0);
  bus.write32(timer, timer);
  bus.write32(timer + HRTIMER.function, callback);
  bus.write32(timer + HRTIMER.base, objects.reserve("struct hrtimer_clock_base", CLOCK_BASE_SIZE));
}

const cancelHrtimer: Service = ({ bus, args }) => {
  const at = args.word() + HRTIMER.state;
  const active = bus.read8(at);
  bus.write8(at, 0);
  return active;
};

const now: Service = (call) => clockOf(call).read();
const wall: Service = (call) => clockOf(call).readWall();
const seconds = (read: (clock: Clock) => bigint): Service => (call) => read(clockOf(call)) / NSEC_PER_SEC;

/** Writes a struct timespec64 where the argument points to. */
function timespec(read: (clock: Clock) => bigint): Service {
  return (call) => {
    const [at, time] = [call.args.word(), read(clockOf(call))];
    const seconds = time / NSEC_PER_SEC;
    call.bus.write32(at, Number(seconds & 0xffffffffn));
    call.bus.write32(at + 4, Number(seconds >> 32n));
    call.bus.write32(at + 8, Number(time % NSEC_PER_SEC));
  };
}

/** __msecs_to_jiffies() and its kin: rounded up. */
function toJiffies(unitsPerSecond: number): Service {
  return (call) => {
    const value = call.args.word();
    return s32(value) < 0 ? MAX_JIFFY_OFFSET : Math.ceil(value * clockOf(call).hz / unitsPerSecond);
  };
}

/** round_jiffies_common(): to whole seconds, so that timers expire together; where that lies ahead. */
function round(call: Call, jiffies: number, up: boolean): number {
  const { hz } = clockOf(call);
  const rest = jiffies % hz;
  const rounded = jiffies - rest + (rest < hz / 4 && !up ? 0 : hz);
  return s32(rounded - clockOf(call).jiffies) > 0 ? u32(rounded) : jiffies;
}

const roundJiffies = (up: boolean): Service => (call) => round(call, call.args.word(), up);
const roundRelative = (up: boolean): Service => (call) => {
  const { jiffies } = clockOf(call);
  return u32(round(call, u32(call.args.word() + jiffies), up) - jiffies);
};

export const TIMERS: Services = {
  init_timer_key: (call) => {
    const [timer, callback, flags] = words(call, 3);
    call.bus.write32(timer + TIMER.pprev, 0);
    call.bus.write32(timer + TIMER.function, callback);
    call.bus.write32(timer + TIMER.flags, flags);
  },
  mod_timer: (call) => {
    const [timer, expires] = words(call, 2);
    return Number(armTimer(call, timer, expires));
  },
  mod_timer_pending: (call) => {
    const [timer, expires] = words(call, 2);
    return Number(isPending(call, timer) && armTimer(call, timer, expires));
  },
  add_timer: (call) => {
    const timer = call.args.word();
    if (isPending(call, timer)) throw new NotModelled("add_timer() of a timer that is pending");
    armTimer(call, timer, u32(call.bus.read32(timer + TIMER.expires)));
  },
  timer_delete: remove,
  timer_delete_sync: remove,
  timer_shutdown: shutdown,
  timer_shutdown_sync: shutdown,
  hrtimer_init: (call) => initHrtimer(call, call.args.word(), 0),
  hrtimer_setup: (call) => {
    const [timer, callback] = words(call, 2);
    initHrtimer(call, timer, callback);
  },
  hrtimer_start_range_ns: (call) => {
    const timer = call.args.word();
    const expires = call.args.double();
    for (const at of [HRTIMER.expires, HRTIMER.softExpires]) {
      call.bus.write32(timer + at, Number(expires & 0xffffffffn));
      call.bus.write32(timer + at + 4, Number(expires >> 32n));
    }
    call.bus.write8(timer + HRTIMER.state, HRTIMER_STATE_ENQUEUED);
  },
  hrtimer_cancel: cancelHrtimer,
  hrtimer_try_to_cancel: cancelHrtimer,
  hrtimer_active: ({ bus, args }) => bus.read8(args.word() + HRTIMER.state),
  msleep: sleepFor(1_000_000n),
  msleep_interruptible: sleepFor(1_000_000n),
  usleep_range_state: sleepFor(1000n),
  schedule_timeout: scheduleTimeout,
  schedule_timeout_interruptible: scheduleTimeout,
  schedule_timeout_uninterruptible: scheduleTimeout,
  schedule_timeout_killable: scheduleTimeout,
  __udelay: delay(1000n),
  __ndelay: delay(1n),
  ktime_get: now,
  ktime_get_raw: now,
  ktime_get_mono_fast_ns: now,
  ktime_get_coarse_with_offset: wall,
  ktime_get_raw_fast_ns: now,
  ktime_get_boot_fast_ns: now,
  sched_clock: now,
  local_clock: now,
  ktime_get_seconds: seconds((clock) => clock.read()),
  ktime_get_real_seconds: seconds((clock) => clock.readWall()),
  ktime_get_real_fast_ns: wall,
  ktime_get_ts64: timespec((clock) => clock.read()),
  ktime_get_raw_ts64: timespec((clock) => clock.read()),
  ktime_get_coarse_ts64: timespec((clock) => clock.read()),
  ktime_get_real_ts64: timespec((clock) => clock.readWall()),
  ktime_get_coarse_real_ts64: timespec((clock) => clock.readWall()),
  getboottime64: timespec((clock) => clock.bootTime),
  // The offsets are those of the wall clock (TK_OFFS_REAL), of the time since boot, and of TAI, which nobody has set.
  ktime_get_with_offset: (call) => call.args.word() === 1 ? clockOf(call).read() : clockOf(call).readWall(),
  get_jiffies_64: (call) => clockOf(call).jiffies64,
  __msecs_to_jiffies: toJiffies(1000),
  __usecs_to_jiffies: toJiffies(1_000_000),
  jiffies_to_msecs: (call) => u32(Math.ceil(call.args.word() * 1000 / clockOf(call).hz)),
  jiffies_to_usecs: (call) => u32(call.args.word() * (1_000_000 / clockOf(call).hz)),
  round_jiffies: roundJiffies(false),
  round_jiffies_up: roundJiffies(true),
  round_jiffies_relative: roundRelative(false),
  round_jiffies_up_relative: roundRelative(true),
  nsecs_to_jiffies: (call) => Number(call.args.double() * BigInt(clockOf(call).hz) / NSEC_PER_SEC & 0xffffffffn),
};
