// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs code. Each instruction is decoded once: its executor stands in the page's cache, at first one that decodes.
 *
 * @module
 */

import type { Code, Page } from "./bus.ts";
import { decodeA32 } from "./decode.ts";
import { type CpuEvent, CpuStop } from "./event.ts";
import type { Cpu, Op } from "./state.ts";

const OFFSET = 4095;

function decodeArm(page: Page, code: Code, address: number): Op {
  const index = (address & OFFSET) >> 2;
  const op = decodeA32(page.words[index] >>> 0, address);
  page.keep(code, index, op, 4);
  return op;
}

/** A run's end. */
export interface RunResult {
  readonly event: CpuEvent;
  /** Instructions that ran, the one that ended the run not counted. */
  readonly steps: number;
}

/**
 * Runs from R15 on until something happens.
 *
 * @param limit most instructions to run
 * @returns what ended it; R15 then stands where {@link CpuEvent} says
 * @throws NotModelled with the instruction's name; R15 stands on it
 *
 * @example
 * ```ts
 * import { Bus, EXECUTE, READ } from "./bus.ts";
 * import { run } from "./run.ts";
 * import { Cpu } from "./state.ts";
 *
 * const code = new Uint8Array(4096);
 * new Uint32Array(code.buffer).set([0xe3a00005, 0xef000001]); // mov r0, #5; svc 1
 * const bus = new Bus();
 * bus.map(0x8000, code, READ | EXECUTE);
 * const cpu = new Cpu(bus);
 * cpu.r[15] = 0x8000;
 * const { event } = run(cpu, 100);
 * if (event.kind !== "svc" || cpu.r[0] !== 5) throw new Error("mov, then svc");
 * ```
 */
export function run(cpu: Cpu, limit: number): RunResult {
  const { r, bus } = cpu;
  let pc = r[15];
  let left = limit;
  try {
    while (left > 0) {
      const page = bus.codePage(pc);
      const base = pc & ~OFFSET;
      const code = page.code("arm");
      const { ops } = code;
      do {
        const op = ops[(pc & OFFSET) >> 2] ?? decodeArm(page, code, pc);
        r[15] = pc + 8;
        cpu.next = (pc + 4) | 0;
        op(cpu);
        pc = cpu.next;
        left--;
      } while (left > 0 && (pc & ~OFFSET) === base && !cpu.thumb);
    }
    r[15] = pc;
    return { event: { kind: "limit" }, steps: limit };
  } catch (error) {
    r[15] = pc;
    if (!(error instanceof CpuStop)) throw error;
    const { event } = error;
    if (event.kind === "svc") r[15] = cpu.next;
    return { event, steps: limit - left };
  }
}
