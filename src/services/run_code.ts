// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs a function of a module, and plays the kernel to it: its functions, by the addresses that they are exported at, and its answers to
 * aborts and undefined instructions.
 *
 * Models: do_one_initcall() of init/main.c as far as the call goes; do_undefinstr() and report_bug() for BUG() in a module.
 *
 * @module
 */

import { type CpuEvent, CpuStop } from "../cpu/event.ts";
import { run } from "../cpu/run.ts";
import { Cpu } from "../cpu/state.ts";
import { s32, u32 } from "../elf/word.ts";
import { bug, NotModelled, pageFault, UnknownFact } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Phase } from "../kernel/log.ts";
import { KernelBus } from "./address_space.ts";
import { kernelExportAt } from "./kernel_exports.ts";
import { KernelObjects } from "./kernel_objects.ts";
import { placeImages } from "./object_images.ts";
import { type Call, CallArguments, type Service, type Services } from "./service.ts";
import { SERVICES } from "./services.ts";
import { findSymbolAt } from "./symbol_name.ts";
import { currentTask } from "./task.ts";

/** Instructions of one call before the model gives up on its end: a second or two. */
const STEP_LIMIT = 50_000_000;
/** Calls of the kernel into modules within each other. */
const DEPTH_LIMIT = 100;

/** struct bug_entry with file and line: address of the instruction, of the file's name, line, flags. */
const BUG_ENTRY = { size: 12, file: 4, line: 8 };

/** Services by the addresses of a kernel's exports. */
function byAddress({ profile: { exports } }: Kernel, services: Services): Map<number, Service> {
  const table = new Map<number, Service>();
  for (const [name, service] of Object.entries(services)) {
    const symbol = exports.told(name);
    if (symbol !== undefined) table.set(u32(symbol.value & ~1), service);
  }
  return table;
}

/** Runs the code of the modules of one kernel. */
export class CodeRunner {
  readonly #services: ReadonlyMap<number, Service>;
  readonly #objects: KernelObjects;
  readonly #states = new Map<new () => object, object>();
  readonly #task: number;
  readonly #images: ReadonlyMap<string, number>;
  /** Instructions that the call from outside may still run. */
  #left = 0;
  /** Calls that the kernel has made into modules and that have not returned. */
  #depth = 0;

  /**
   * @param answers what functions of the kernel return, by their names, without doing anything; they go before the model's own services
   */
  constructor(readonly kernel: Kernel, answers: ReadonlyMap<string, number> = new Map()) {
    const answering = Object.fromEntries(Array.from(answers, ([name, returns]) => [name, () => returns]));
    this.#services = byAddress(kernel, { ...SERVICES, ...answering });
    this.#objects = new KernelObjects(kernel.space.kernelEnd);
    this.#task = currentTask(kernel, this.#objects);
    this.#images = placeImages(kernel, this.#objects);
  }

  /**
   * Calls a function of a module that has no arguments.
   *
   * @param address of the function; bit 0 for Thumb
   * @param phase marks what is printed until it returns
   * @returns r0, signed
   * @throws KernelFault where the kernel oopses or dies
   * @throws NotModelled for what the model does not have: a function of the kernel, an instruction, an end
   */
  call(address: number, phase: Phase): number {
    const { log, profile } = this.kernel;
    if (profile.isLearnt) throw new UnknownFact("the memory that the module's code meets", "the booted kernel");
    log.phase = phase;
    const { bus, stackTop } = new KernelBus(this.kernel, this.#objects);
    const cpu = new Cpu(bus);
    cpu.r[13] = stackTop;
    cpu.tpidruro = this.#task;
    this.#left = STEP_LIMIT;
    this.#depth = 0;
    try {
      return this.#invoke(cpu, address, []);
    } finally {
      log.phase = undefined;
    }
  }

  /** Calls a function of a module, and gives the registers back as they were. @returns r0, signed */
  #invoke(cpu: Cpu, address: number, args: readonly number[]): number {
    if (this.#depth === DEPTH_LIMIT) throw new NotModelled(`more than ${DEPTH_LIMIT} calls of modules within each other`);
    this.#depth++;
    const registers = cpu.r.slice();
    const { thumb } = cpu;
    // An address that no code has, the last word of the stack: where the call returns to.
    const home = this.kernel.space.kernelEnd - 4;
    cpu.r[13] = (cpu.r[13] & ~7) - 8 * Math.ceil(Math.max(args.length - 4, 0) / 2);
    for (const [i, value] of args.entries()) {
      if (i < 4) cpu.r[i] = value;
      else cpu.bus.write32(cpu.r[13] + 4 * (i - 4), value);
    }
    cpu.r[14] = home;
    cpu.r[15] = address & ~1;
    cpu.thumb = (address & 1) !== 0;
    const result = this.#runTo(cpu, home, address & ~1);
    cpu.r.set(registers);
    cpu.thumb = thumb;
    this.#depth--;
    return result;
  }

  /** Runs until the function that was called returns. */
  #runTo(cpu: Cpu, home: number, start: number): number {
    for (;;) {
      const { event, steps } = run(cpu, this.#left);
      this.#left -= steps + 1;
      const pc = u32(cpu.r[15]);
      const isCall = event.kind === "abort" && event.access === "execute" && event.address === pc;
      if (isCall && pc === home) return cpu.r[0];
      if (this.#left <= 0) throw new NotModelled(`code that does not return within ${STEP_LIMIT} instructions`);
      if (isCall && this.kernel.space.isKernel(pc)) {
        this.#serve(cpu, pc, u32(cpu.r[14]) === home ? `the end of ${this.#nameOf(start)}` : undefined);
      } else this.#fail(event, pc);
    }
  }

  /**
   * Does what the kernel function at the PC does, and returns from it.
   *
   * @param caller the place of the call, where the return address does not tell it
   */
  #serve(cpu: Cpu, pc: number, caller?: string): void {
    const { kernel } = this;
    const returnTo = u32(cpu.r[14]);
    const service = this.#services.get(pc);
    if (service === undefined) {
      const name = kernelExportAt(kernel, pc) ?? `the kernel's function at ${pc.toString(16)}`;
      throw new NotModelled(`${name} called from ${caller ?? this.#nameOf(u32((returnTo & ~1) - 4))}`);
    }
    try {
      const result = service(this.#callOf(cpu));
      if (typeof result === "bigint") {
        cpu.r[0] = Number(BigInt.asIntN(32, result));
        cpu.r[1] = Number(BigInt.asIntN(32, result >> 32n));
      } else if (result !== undefined) cpu.r[0] = result;
    } catch (error) {
      if (error instanceof CpuStop) this.#fail(error.event, pc);
      throw error;
    }
    cpu.thumb = (returnTo & 1) !== 0;
    cpu.r[15] = returnTo & ~1;
  }

  #callOf(cpu: Cpu): Call {
    return {
      kernel: this.kernel,
      cpu,
      bus: cpu.bus,
      args: new CallArguments(cpu),
      objects: this.#objects,
      images: this.#images,
      state: (type) => this.#state(type),
      invoke: (address, ...args) => this.#invoke(cpu, address, args),
    };
  }

  #state<T extends object>(type: new () => T): T {
    const known = this.#states.get(type);
    if (known instanceof type) return known;
    const made = new type();
    this.#states.set(type, made);
    return made;
  }

  #nameOf(address: number): string {
    const place = findSymbolAt(this.kernel, address);
    return place === undefined ? address.toString(16) : `${place.name}+0x${place.offset.toString(16)}`;
  }

  /** The kernel's answer to what ended a run. */
  #fail(event: CpuEvent, pc: number): never {
    switch (event.kind) {
      case "abort":
        if (event.why === "alignment") throw new NotModelled(`unaligned ${event.access} at ${this.#nameOf(pc)}`);
        throw pageFault(event.address, event.access);
      case "undefined":
        throw this.#bugAt(pc);
      case "limit":
        throw new NotModelled(`code that does not return within ${STEP_LIMIT} instructions`);
      default:
        throw new NotModelled(`${event.kind} at ${this.#nameOf(pc)}`);
    }
  }

  /** report_bug(): the place that the module's bug table gives the instruction. */
  #bugAt(pc: number): Error {
    const { space, modules, config } = this.kernel;
    const table = modules.find((mod) => mod.within(pc))?.sections.find(({ name }) => name === "__bug_table");
    for (let at = 0; config("DEBUG_BUGVERBOSE") && table !== undefined && at < table.size; at += BUG_ENTRY.size) {
      const entry = table.address + at;
      if (space.read32(entry) !== pc) continue;
      return bug(config, `${space.cstring(space.read32(entry + BUG_ENTRY.file))}:${s32(space.read16(entry + BUG_ENTRY.line))}`);
    }
    return bug((option) => option !== "DEBUG_BUGVERBOSE" && config(option), "");
  }
}
