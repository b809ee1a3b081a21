// SPDX-License-Identifier: GPL-2.0-only
/** Calls services as a module's code does, with memory of kmalloc(). Functions that the kernel calls back are JavaScript's. */

import { Cpu } from "../../src/cpu/state.ts";
import { s32, u32 } from "../../src/elf/word.ts";
import { noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import type { KernelProfile } from "../../src/kernel/profile.ts";
import { KernelBus } from "../../src/services/address_space.ts";
import { Clock } from "../../src/services/core/clock.ts";
import { knowVariables } from "../../src/services/core/variables.ts";
import { KernelObjects } from "../../src/services/kernel_objects.ts";
import { bytesAt, putString } from "../../src/services/memory.ts";
import { placeImages } from "../../src/services/object_images.ts";
import { CallArguments } from "../../src/services/service.ts";
import { stackOf } from "../../src/services/oops.ts";
import { SERVICES } from "../../src/services/services.ts";
import { currentTask } from "../../src/services/task.ts";

/** Where functions of the test have their addresses: nothing is mapped there. */
const FUNCTIONS = 0xbf000000;

export class Caller {
  readonly kernel: Kernel;
  readonly #cpu: Cpu;
  readonly #objects: KernelObjects;
  readonly #images: ReadonlyMap<string, number>;
  readonly #stackTop: number;
  readonly #states = new Map<unknown, unknown>();
  readonly #functions: ((...args: number[]) => number | void)[] = [];

  constructor(profile: KernelProfile) {
    this.kernel = new Kernel(profile, noSignatures);
    this.#objects = new KernelObjects(this.kernel.space.kernelEnd);
    this.#images = placeImages(this.kernel, this.#objects);
    this.#stackTop = stackOf(this.kernel).top - 256;
    this.#cpu = new Cpu(new KernelBus(this.kernel, this.#objects).bus);
    this.#cpu.tpidruro = currentTask(this.kernel, this.#objects);
    knowVariables(this.kernel, this.#objects, this.#state(Clock));
  }

  get memory() {
    return this.#cpu.bus;
  }

  /** Calls a service. @returns r0, signed */
  call(name: string, ...args: number[]): number {
    const cpu = this.#cpu;
    const registers = cpu.r.slice();
    cpu.r[13] = this.#stackTop;
    for (const [i, value] of args.entries()) {
      if (i < 4) cpu.r[i] = value;
      else cpu.bus.write32(cpu.r[13] + 4 * (i - 4), value);
    }
    const result = SERVICES[name]({
      kernel: this.kernel,
      cpu,
      bus: cpu.bus,
      stack: stackOf(this.kernel),
      args: new CallArguments(cpu),
      objects: this.#objects,
      images: this.#images,
      state: (type) => this.#state(type),
      invoke: (address, ...values) => this.#functions[(address - FUNCTIONS) / 4](...values.map(u32)) ?? 0,
    });
    cpu.r.set(registers);
    return s32(Number(BigInt.asIntN(32, BigInt(result ?? 0))));
  }

  #state<T extends object>(type: new () => T): T {
    const known = this.#states.get(type);
    if (known instanceof type) return known;
    const made = new type();
    this.#states.set(type, made);
    return made;
  }

  /** An address to give to the kernel, for a function that it calls back. */
  function(body: (...args: number[]) => number | void): number {
    return FUNCTIONS + 4 * (this.#functions.push(body) - 1);
  }

  /** Zeroed memory with some words in it, by their offsets. */
  block(size: number, words: Readonly<Record<number, number>> = {}): number {
    const address = this.kernel.slab.kmalloc(size);
    for (const [offset, value] of Object.entries(words)) this.memory.write32(address + Number(offset), value);
    return address;
  }

  string(text: string): number {
    const address = this.block(text.length + 1);
    putString(this.memory, address, text);
    return address;
  }

  word(address: number): number {
    return u32(this.memory.read32(address));
  }

  bytes(address: number, size: number): Uint8Array {
    return bytesAt(this.memory, address, size);
  }

  /** The lines printed since it was last asked, with their levels. */
  lines(): string[] {
    return this.kernel.log.take().map(({ level, text }) => `<${level}> ${text}`);
  }
}
