// SPDX-License-Identifier: GPL-2.0-only
/**
 * A function of the kernel that a module's code calls, and how it gets its arguments.
 *
 * Source: Procedure Call Standard for the Arm Architecture (AAPCS32), parameter passing: r0 to r3, then the stack; a 64-bit argument is at
 * an even register or an address that is a multiple of eight. A va_list is the address of the next argument.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import type { Cpu } from "../cpu/state.ts";
import { align, u32 } from "../elf/word.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { CallStack } from "./oops.ts";
import type { KernelObjects } from "./kernel_objects.ts";

/** Arguments, one after the other. */
export interface Arguments {
  /** The next argument of up to 32 bits, unsigned. */
  word(): number;
  /** The next argument of 64 bits, unsigned. */
  double(): bigint;
}

function joined(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The arguments of the call that the CPU has just made. */
export class CallArguments implements Arguments {
  #next = 0;

  constructor(readonly cpu: Cpu) {}

  word(): number {
    const { r, bus } = this.cpu;
    const index = this.#next++;
    return u32(index < 4 ? r[index] : bus.read32(r[13] + 4 * (index - 4)));
  }

  double(): bigint {
    this.#next = align(this.#next, 2);
    return joined(this.word(), this.word());
  }
}

/** The arguments of a va_list. */
export class VaList implements Arguments {
  /** @param address of the next argument */
  constructor(readonly bus: Bus, public address: number) {}

  word(): number {
    const value = u32(this.bus.read32(this.address));
    this.address += 4;
    return value;
  }

  double(): bigint {
    this.address = align(this.address, 8);
    return joined(this.word(), this.word());
  }
}

/** A call of a kernel function. */
export interface Call {
  readonly kernel: Kernel;
  readonly cpu: Cpu;
  readonly bus: Bus;
  readonly stack: CallStack;
  readonly args: CallArguments;
  /** What is known of the kernel's own memory. */
  readonly objects: KernelObjects;
  /** Addresses of the objects that the profile has: `init_net`. */
  readonly images: ReadonlyMap<string, number>;
  /**
   * What services keep for this kernel from call to call: the one object of a class, made when it is first asked for.
   *
   * @param type a class whose constructor takes no arguments
   */
  state<T extends object>(type: new () => T): T;
  /**
   * Calls a function of a module: a callback, with its words of arguments.
   *
   * @param address of the function; bit 0 for Thumb
   * @returns r0, signed
   */
  invoke(address: number, ...args: number[]): number;
}

/** Does what the kernel function does. @returns r0, or r0 and r1 as 64 bits */
export type Service = (call: Call) => number | bigint | void;

/** Services by the names of the functions. */
export type Services = Readonly<Record<string, Service>>;
