// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's clock. It stands still while code runs, steps on where code sleeps or asks for the time, and repeats from run to run; the
 * wall clock begins at a day of the kernel's release. Timers whose time comes while code sleeps are run then.
 *
 * Models: jiffies of kernel/time/timer.c, the clocks of kernel/time/timekeeping.c.
 *
 * @module
 */

import { NotModelled } from "../../kernel/fault.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelObjects } from "../kernel_objects.ts";
import type { Call } from "../service.ts";

export const NSEC_PER_SEC = 1_000_000_000n;
/** CONFIG_HZ as it can be chosen: ticks per second. */
const FREQUENCIES = [100, 200, 250, 300, 500, 1000];
/** INITIAL_JIFFIES: five minutes before the counter of 32 bits goes over. */
const INITIAL_SECONDS = -300;
/** Nanoseconds since boot when the first module comes. */
const BOOTED = 8n * NSEC_PER_SEC;
/** What asking for the time takes, so that two answers differ. */
const STEP = 1000n;
/** Nanoseconds from the epoch to boot: 2026-06-01, 0:00 UTC. */
const WALL = 1_780_272_000n * NSEC_PER_SEC;

export class Clock {
  #now = BOOTED;
  #hz: number | undefined;

  /** The ticks per second are those of a kernel. */
  setFrequency(config: (option: string) => boolean): void {
    this.#hz = FREQUENCIES.find((each) => config(`HZ_${each}`));
  }

  /** HZ: ticks per second. */
  get hz(): number {
    if (this.#hz === undefined) throw new NotModelled("HZ: the profile does not tell");
    return this.#hz;
  }

  get hasFrequency(): boolean {
    return this.#hz !== undefined;
  }

  /** Nanoseconds since boot; asking takes a little. */
  read(): bigint {
    return this.#now += STEP;
  }

  /** Nanoseconds since the epoch. */
  readWall(): bigint {
    return WALL + this.read();
  }

  /** When the kernel booted, nanoseconds since the epoch. */
  get bootTime(): bigint {
    return WALL;
  }

  /** jiffies_64. */
  get jiffies64(): bigint {
    return BigInt((INITIAL_SECONDS * this.hz) >>> 0) + this.#now * BigInt(this.hz) / NSEC_PER_SEC;
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
  if (at !== undefined && clock.hasFrequency) objects.know32(at, clock.jiffies);
}

/** The clock of a call's kernel. */
export function clockOf(call: Call): Clock {
  return call.state(Clock);
}
