// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs a function of a module, and plays the kernel to it: its functions, by the addresses that they are exported at, and its answers to
 * aborts and undefined instructions.
 *
 * Models: do_one_initcall() of init/main.c as far as the call goes.
 *
 * @module
 */

import { type CpuEvent, CpuStop } from "../cpu/event.ts";
import { run } from "../cpu/run.ts";
import { Cpu } from "../cpu/state.ts";
import { u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Phase } from "../kernel/log.ts";
import { KernelBus } from "./address_space.ts";
import { Clock } from "./core/clock.ts";
import { ModulePercpu, PER_CPU_OFFSET } from "./core/percpu.ts";
import { knowVariables } from "./core/variables.ts";
import { abortFault, overflowFault, undefinedFault } from "./fault_kinds.ts";
import { kernelExportAt } from "./kernel_exports.ts";
import { KernelObjects } from "./kernel_objects.ts";
import { placeImages } from "./object_images.ts";
import { type CallStack, die, type Fault, kindOf, STACK_SIZE, stackOf } from "./oops.ts";
import { type Call, CallArguments, type Service, type Services } from "./service.ts";
import { SERVICES } from "./services.ts";
import { findSymbolAt } from "./symbol_name.ts";
import { currentTask, equipTask } from "./task.ts";
import type { Trace } from "./trace.ts";

/** Instructions of one call before the model gives up on its end: a second or two. */
const STEP_LIMIT = 50_000_000;
/** What a call of a service counts as, in instructions: it is not for nothing, either. */
const SERVICE_STEPS = 100;
/** Calls of the kernel into modules within each other. */
const DEPTH_LIMIT = 100;

/** Bytes that the entry of an exception puts on the stack: struct pt_regs and what keeps it aligned. */
const EXCEPTION_FRAME = 88;

/** Runs the code of the modules of one kernel. */
export class CodeRunner {
  readonly #services: Services;
  /** What was called before, by address; undefined for what no service is. */
  readonly #called = new Map<number, Service | undefined>();
  readonly #objects: KernelObjects;
  readonly #states = new Map<new () => object, object>();
  readonly #task: number;
  readonly #images: ReadonlyMap<string, number>;
  readonly #stack: CallStack;
  /** The stack pointer of the call from outside. */
  #entry = 0;
  /** Instructions that the call from outside may still run. */
  #left = 0;
  /** Calls that the kernel has made into modules and that have not returned. */
  #depth = 0;

  /**
   * @param answers what functions of the kernel return, by their names, without doing anything; they go before the model's own services
   * @param trace is told what runs; without it, code runs some hundred times faster
   */
  constructor(readonly kernel: Kernel, answers: ReadonlyMap<string, number> = new Map(), readonly trace?: Trace) {
    const answering = Object.fromEntries(Array.from(answers, ([name, returns]) => [name, () => returns]));
    this.#services = { ...SERVICES, ...answering };
    this.#objects = new KernelObjects(kernel.space.kernelEnd);
    this.#task = currentTask(kernel, this.#objects);
    this.#images = placeImages(kernel, this.#objects);
    equipTask(kernel, this.#objects, this.#task, this.#images);
    knowVariables(kernel, this.#objects, this.#state(Clock));
    this.#stack = stackOf(kernel);
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
    const { log, profile: { report } } = this.kernel;
    log.phase = phase;
    const cpu = new Cpu(new KernelBus(this.kernel, this.#objects).bus);
    this.#entry = this.#stack.top - (report?.calls[this.kernel.systemCall].depth ?? 8);
    cpu.r[13] = this.#entry;
    cpu.tpidruro = this.#task;
    cpu.tpidrprw = PER_CPU_OFFSET;
    this.#state(ModulePercpu).place(this.kernel, this.#objects);
    cpu.masks = 0;
    this.#left = STEP_LIMIT;
    this.#depth = 0;
    try {
      return this.#invoke(cpu, address, []);
    } finally {
      this.trace?.stop();
      log.phase = undefined;
    }
  }

  /** Calls a function of a module, and gives the registers back as they were. @returns r0, signed */
  #invoke(cpu: Cpu, address: number, args: readonly number[]): number {
    if (this.#depth === DEPTH_LIMIT) throw new NotModelled(`more than ${DEPTH_LIMIT} calls of modules within each other`);
    this.#depth++;
    const registers = cpu.r.slice();
    const { thumb } = cpu;
    const { home } = this.#stack;
    cpu.r[13] = (cpu.r[13] & ~7) - 8 * Math.ceil(Math.max(args.length - 4, 0) / 2);
    for (const [i, value] of args.entries()) {
      if (i < 4) cpu.r[i] = value;
      else cpu.bus.write32(cpu.r[13] + 4 * (i - 4), value);
    }
    cpu.r[14] = home;
    cpu.r[15] = address & ~1;
    cpu.thumb = (address & 1) !== 0;
    this.trace?.begin();
    const result = this.#runTo(cpu, home, u32(address & ~1));
    this.trace?.end(cpu);
    cpu.r.set(registers);
    cpu.thumb = thumb;
    this.#depth--;
    return result;
  }

  /** Runs until the function that was called returns. */
  #runTo(cpu: Cpu, home: number, start: number): number {
    for (;;) {
      this.#traceStep(cpu);
      const { event, steps } = run(cpu, this.trace === undefined ? this.#left : 1);
      this.#left -= event.kind === "limit" ? steps : steps + 1;
      const pc = u32(cpu.r[15]);
      const isCall = event.kind === "abort" && event.access === "execute" && event.address === pc;
      if (isCall && pc === home) return cpu.r[0];
      if (event.kind === "limit" && this.#left > 0) continue;
      if (this.#left <= 0) throw this.#endless(pc);
      if (isCall && this.kernel.space.isKernel(pc)) {
        this.#serve(cpu, pc, u32(cpu.r[14]) === home ? `the end of ${this.#nameOf(start)}` : undefined);
      } else this.#fail(event, cpu);
    }
  }

  #traceStep(cpu: Cpu): void {
    const pc = u32(cpu.r[15]);
    if (pc !== this.#stack.home && !this.kernel.space.isKernel(pc)) this.trace?.step(this.kernel, cpu);
  }

  /**
   * Does what the kernel function at the PC does, and returns from it.
   *
   * @param caller the place of the call, where the return address does not tell it
   */
  #serve(cpu: Cpu, pc: number, caller?: string): void {
    const { kernel } = this;
    const returnTo = u32(cpu.r[14]);
    this.#left -= SERVICE_STEPS;
    const service = this.#serviceAt(pc);
    const nameOf = () => kernelExportAt(kernel, pc) ?? `the kernel's function at ${pc.toString(16)}`;
    this.trace?.call(kernel, pc, nameOf, cpu);
    if (service === undefined) {
      const name = nameOf();
      throw new NotModelled(`${name} called from ${caller ?? this.#nameOf(u32((returnTo & ~1) - 4))}`);
    }
    try {
      const result = service(this.#callOf(cpu));
      this.trace?.returned(result);
      if (typeof result === "bigint") {
        cpu.r[0] = Number(BigInt.asIntN(32, result));
        cpu.r[1] = Number(BigInt.asIntN(32, result >> 32n));
      } else if (result !== undefined) cpu.r[0] = result;
    } catch (error) {
      if (error instanceof CpuStop) this.#fail(error.event, cpu, true);
      throw error;
    }
    cpu.thumb = (returnTo & 1) !== 0;
    cpu.r[15] = returnTo & ~1;
  }

  /** The service of a function that the kernel exports at an address. */
  #serviceAt(address: number): Service | undefined {
    if (this.#called.has(address)) return this.#called.get(address);
    const name = this.kernel.profile.exports.namesAt(address).find((each) => Object.hasOwn(this.#services, each));
    const service = name === undefined ? undefined : this.#services[name];
    this.#called.set(address, service);
    return service;
  }

  #callOf(cpu: Cpu): Call {
    return {
      kernel: this.kernel,
      cpu,
      bus: cpu.bus,
      stack: this.#stack,
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

  #endless(pc: number): Error {
    return new NotModelled(`code that does not return within ${STEP_LIMIT} instructions; the last is at ${this.#nameOf(pc)}`);
  }

  #nameOf(address: number): string {
    const place = findSymbolAt(this.kernel, address);
    return place === undefined ? `0x${address.toString(16)}` : `${place.name}+0x${place.offset.toString(16)}`;
  }

  /**
   * The kernel's answer to what ended a run.
   *
   * @param inService the run ended in a function of the kernel, which the module has called
   */
  #fail(event: CpuEvent, cpu: Cpu, inService = false): never {
    const fault = this.#faultOf(event, cpu);
    throw die(this.kernel, cpu, this.#stack, this.#entry, fault, inService);
  }

  #faultOf(event: CpuEvent, cpu: Cpu): Fault {
    const place = () => this.#nameOf(u32(cpu.r[15]));
    switch (event.kind) {
      case "abort": {
        const { base } = this.#stack;
        const room = u32(cpu.r[13]) - base;
        if (room < EXCEPTION_FRAME && room > -STACK_SIZE) {
          if (this.kernel.profile.report?.vmapStack) return overflowFault(this.#stack, kindOf(this.kernel));
          throw new NotModelled(`an overflow of the stack that nothing catches, at ${place()}`);
        }
        if (event.why === "alignment") throw new NotModelled(`unaligned ${event.access} at ${place()}`);
        return abortFault(this.kernel, event);
      }
      case "undefined":
        return undefinedFault(this.kernel, u32(cpu.r[15]));
      case "limit":
        throw this.#endless(u32(cpu.r[15]));
      default:
        throw new NotModelled(`${event.kind} at ${place()}`);
    }
  }
}
