// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/percpu.h and linux/percpu_counter.h, for one CPU: a per-CPU pointer and the CPU's offset, which TPIDRPRW holds, make the
 * address.
 *
 * Models: pcpu_alloc_noprof() and free_percpu() of mm/percpu.c, lib/percpu_counter.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelModule } from "../../kernel/module.ts";
import type { KernelObjects } from "../kernel_objects.ts";
import type { Call, Services } from "../service.ts";
import { initList } from "./list.ts";
import { words } from "./words.ts";

/** Where the CPU's area lies behind the per-CPU pointers; the kernel chooses it at boot, from what memory there is. */
export const PER_CPU_OFFSET = 0x1e10_0000;
/** CPUs that a kernel of this project can have (NR_CPUS). */
const CPUS = 8;
/** Offsets in struct percpu_counter, and its size. */
const COUNTER = { lock: 0, count: 8, list: 16, counters: 24, size: 32 };

/** Where code finds the offset: __per_cpu_offset[]; the CPUs that are not there have none. */
export function knowPerCpuOffset({ profile }: Kernel, objects: KernelObjects): void {
  const at = profile.exports.find("__per_cpu_offset")?.value;
  for (let cpu = 0; at !== undefined && cpu < CPUS; cpu++) objects.know32(at + 4 * cpu, PER_CPU_OFFSET);
}

/** Modules whose data the CPU has. */
export class ModulePercpu {
  readonly #placed = new WeakSet<KernelModule>();

  /** Gives the CPU its copy of the data of modules that have come since. */
  place({ modules }: Kernel, objects: KernelObjects): void {
    for (const mod of modules) {
      if (mod.percpuSize === 0 || this.#placed.has(mod)) continue;
      this.#placed.add(mod);
      objects.know(u32(mod.percpu + PER_CPU_OFFSET), mod.percpuData);
    }
  }
}

/** Memory for the CPU. @returns the per-CPU pointer */
function allocate({ kernel }: Call, size: number): number {
  const address = kernel.slab.kmalloc(size);
  return address === 0 ? 0 : u32(address - PER_CPU_OFFSET);
}

function free({ kernel }: Call, pointer: number): void {
  if (pointer !== 0) kernel.slab.kfree(u32(pointer + PER_CPU_OFFSET));
}

/** The counter's value of 64 bits: what is common, and what the CPU has added. */
function sum({ bus }: Call, counter: number): bigint {
  const [low, high] = [0, 4].map((at) => BigInt(u32(bus.read32(counter + COUNTER.count + at))));
  const own = bus.read32(u32(u32(bus.read32(counter + COUNTER.counters)) + PER_CPU_OFFSET));
  return BigInt.asUintN(64, ((high << 32n) | low) + BigInt(own));
}

function setCount({ bus }: Call, counter: number, value: bigint): void {
  bus.write32(counter + COUNTER.count, Number(value & 0xffffffffn));
  bus.write32(counter + COUNTER.count + 4, Number((value >> 32n) & 0xffffffffn));
  bus.write32(u32(u32(bus.read32(counter + COUNTER.counters)) + PER_CPU_OFFSET), 0);
}

export const PERCPU: Services = {
  pcpu_alloc_noprof: (call) => allocate(call, call.args.word()),
  free_percpu: (call) => free(call, call.args.word()),
  __percpu_counter_init_many: (call) => {
    const [counters] = words(call, 1);
    const amount = call.args.double();
    const [, count] = words(call, 2);
    for (let i = 0; i < count; i++) {
      const counter = counters + i * COUNTER.size;
      call.bus.write32(counter + COUNTER.lock, 0);
      initList(call.bus, counter + COUNTER.list);
      call.bus.write32(counter + COUNTER.counters, allocate(call, 4));
      setCount(call, counter, amount);
    }
    return 0;
  },
  percpu_counter_destroy_many: (call) => {
    const [counters, count] = words(call, 2);
    for (let i = 0; i < count; i++) {
      const at = counters + i * COUNTER.size + COUNTER.counters;
      free(call, u32(call.bus.read32(at)));
      call.bus.write32(at, 0);
    }
  },
  percpu_counter_add_batch: (call) => {
    const counter = call.args.word();
    setCount(call, counter, BigInt.asUintN(64, sum(call, counter) + call.args.double()));
  },
  __percpu_counter_sum: (call) => sum(call, call.args.word()),
  percpu_counter_set: (call) => {
    const counter = call.args.word();
    setCount(call, counter, call.args.double());
  },
};
