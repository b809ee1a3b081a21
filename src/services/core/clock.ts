// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's clock. It stands still while code runs, steps on where code sleeps or asks for the time, and repeats from run to run; the
 * wall clock begins at a day of the kernel's release. Timers whose time comes while code sleeps are run then.
 *
 * Models: jiffies of kernel/time/timer.c, the clocks of kernel/time/timekeeping.c.
 *
 * @module
 */

import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelObjects } from "../kernel_objects.ts";
import type { Call } from "../service.ts";

/** Ticks per second, as the kernels of this project have them. */
export const HZ = 250;
export const NSEC_PER_SEC = 1_000_000_000n;
const NSEC_PER_TICK = NSEC_PER_SEC / BigInt(HZ);
/** INITIAL_JIFFIES: five minutes before the counter of 32 bits goes over. */
const INITIAL_JIFFIES = BigInt(-300 * HZ >>> 0);
/** Nanoseconds since boot when the first module comes. */
const BOOTED = 8n * NSEC_PER_SEC;
/** What asking for the time takes, so that two answers differ. */
const STEP = 1000n;
/** Nanoseconds from the epoch to boot: 2026-06-01, 0:00 UTC. */
const WALL = 1_780_272_000n * NSEC_PER_SEC;

export class Clock {
  #now = BOOTED;

  /** Nanoseconds since boot; asking takes a little. */
  read(): bigint {
    return this.#now += STEP;
  }

  /** Nanoseconds since the epoch. */
  readWall(): bigint {
    return WALL + this.read();
  }

  /** jiffies_64. */
  get jiffies64(): bigint {
    return INITIAL_JIFFIES + this.#now / NSEC_PER_TICK;
  }

  /** jiffies. */
  get jiffies(): number {
    return Number(this.jiffies64 & 0xffffffffn);
  }

  /** Lets time pass. @param nanoseconds 0 or more */
  advance(nanoseconds: bigint): void {
    this.#now += nanoseconds;
  }
}

/** Writes jiffies where code reads it. */
export function showJiffies({ profile }: Kernel, objects: KernelObjects, clock: Clock): void {
  const at = profile.exports.find("jiffies")?.value;
  if (at !== undefined) objects.know32(at, clock.jiffies);
}

/** Nanoseconds of ticks. */
export function ticks(count: number): bigint {
  return BigInt(count) * NSEC_PER_TICK;
}

/** The clock of a call's kernel. */
export function clockOf(call: Call): Clock {
  return call.state(Clock);
}
