// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs code. Each instruction is decoded once: its executor stands in the page's cache, at first one that decodes.
 *
 * @module
 */

import { decodeA32, decodeT32, isWide } from "./decode.ts";
import { type CpuEvent, CpuStop } from "./event.ts";
import { passes } from "./exec_branch.ts";
import type { Bus, Code, Page } from "./bus.ts";
import type { Cpu, Op } from "./state.ts";

const OFFSET = 4095;

function decodeArm(page: Page, code: Code, address: number): Op {
  const index = (address & OFFSET) >> 2;
  const op = decodeA32(page.words[index] >>> 0, address);
  page.keep(code, index, op, 4);
  return op;
}

/** Decodes at an even address. An instruction that goes over the page's end is not kept: the next page may change alone. */
function decodeThumb(bus: Bus, page: Page, code: Code, address: number, inIt: boolean): { op: Op; size: number } {
  const first = bus.fetch16(address);
  const wide = isWide(first);
  const word = wide ? ((first << 16) | bus.fetch16(address + 2)) >>> 0 : first;
  const op = decodeT32(word, address, inIt);
  const size = wide ? 4 : 2;
  if ((address & OFFSET) + size <= OFFSET + 1) page.keep(code, (address & OFFSET) >> 1, op, size);
  return { op, size };
}

/** The instruction at an address, from the cache or decoded. */
function thumbAt(bus: Bus, page: Page, code: Code, address: number, inIt: boolean): { op: Op; size: number } {
  const index = (address & OFFSET) >> 1;
  const op = code.ops[index];
  return op === undefined ? decodeThumb(bus, page, code, address, inIt) : { op, size: code.sizes[index] };
}

/** ITAdvance(). */
function advance(it: number): number {
  return (it & 7) === 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f);
}

/** One instruction of an IT block, under its condition. */
function stepThumbInIt(cpu: Cpu, page: Page, pc: number): void {
  const { op, size } = thumbAt(cpu.bus, page, page.code("thumbInIt"), pc, true);
  const { it } = cpu;
  cpu.r[15] = pc + 4;
  cpu.next = (pc + size) | 0;
  cpu.it = advance(it);
  if (passes(cpu, it >> 4)) op(cpu);
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
  let it = cpu.it;
  try {
    while (left > 0) {
      const page = bus.codePage(pc);
      const base = pc & ~OFFSET;
      if (cpu.thumb) {
        const code = page.code("thumb");
        const { ops, sizes } = code;
        do {
          const index = (pc & OFFSET) >> 1;
          const cached = ops[index];
          it = cpu.it;
          if (it !== 0) {
            stepThumbInIt(cpu, page, pc);
          } else if (cached !== undefined) {
            r[15] = pc + 4;
            cpu.next = (pc + sizes[index]) | 0;
            cached(cpu);
          } else {
            const { op, size } = decodeThumb(bus, page, code, pc, false);
            r[15] = pc + 4;
            cpu.next = (pc + size) | 0;
            op(cpu);
          }
          pc = cpu.next;
          left--;
        } while (left > 0 && (pc & ~OFFSET) === base && cpu.thumb);
      } else {
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
    }
    r[15] = pc;
    return { event: { kind: "limit" }, steps: limit };
  } catch (error) {
    r[15] = pc;
    const event = error instanceof CpuStop ? error.event : undefined;
    if (event?.kind === "svc") r[15] = cpu.next;
    else cpu.it = it;
    if (event === undefined) throw error;
    return { event, steps: limit - left };
  }
}
