// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs programs on the model's CPU and on the reference, and says where they differ.
 *
 * @module
 */

import { NotModelled } from "../../../src/kernel/fault.ts";
import { Bus, EXECUTE, READ, USER, WRITE } from "../../../src/cpu/bus.ts";
import type { CpuEvent } from "../../../src/cpu/event.ts";
import { run } from "../../../src/cpu/run.ts";
import { Cpu } from "../../../src/cpu/state.ts";
import { bytesOf, CODE, CODE_SIZE, DATA, DATA_SIZE, type Program } from "./programs.ts";

/** What a CPU made of a program. */
export interface Outcome {
  readonly kind: CpuEvent["kind"] | "not modelled";
  /** R0 to R15, unsigned; empty where the program did not run through. */
  readonly registers: readonly number[];
  readonly cpsr: number;
}

/** Words of data that are what they are in every program: any numbers, but the same ones. */
export function fillData(words: Int32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + 1, 0x9e3779b1) ^ (i << 7);
}

/** Bits of the CPSR that are compared: all but the execution state of IT blocks, which the T32 programs run to their end. */
export const CPSR_MASK = 0xf80f01ff;

/** The model, with memory like the reference's. */
export class ModelCpu {
  readonly code = new Uint8Array(CODE_SIZE);
  readonly data = new Uint8Array(DATA_SIZE);
  readonly words = new Int32Array(this.data.buffer);
  readonly #cpu: Cpu;

  constructor() {
    const bus = new Bus();
    bus.map(CODE, this.code, READ | EXECUTE);
    bus.map(DATA, this.data, READ | WRITE | USER);
    this.#cpu = new Cpu(bus);
  }

  /** @param address where the program stands; no other has stood there before */
  run(program: Program, address: number): Outcome {
    this.code.set(bytesOf(program), address - CODE);
    const cpu = this.#cpu;
    cpu.bus.codeChanged(address, 4 * program.words.length);
    cpu.r.set(program.registers);
    cpu.r[15] = address;
    cpu.cpsr = program.cpsr;
    cpu.exclusive = -1;
    try {
      const { event } = run(cpu, program.words.length);
      return { kind: event.kind, registers: [...new Uint32Array(cpu.r)], cpsr: (cpu.cpsr & CPSR_MASK) >>> 0 };
    } catch (error) {
      if (!(error instanceof NotModelled)) throw error;
      return { kind: "not modelled", registers: [], cpsr: 0 };
    }
  }
}
