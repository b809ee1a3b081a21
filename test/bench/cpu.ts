// SPDX-License-Identifier: GPL-2.0-only
/**
 * The CPU on a loop of arithmetic, loads and stores, warm; beside it Unicorn, which translates to machine code, where it is installed.
 *
 * @module
 */

import process from "node:process";
import { Bus, EXECUTE, READ, WRITE } from "../../src/cpu/bus.ts";
import { run } from "../../src/cpu/run.ts";
import { Cpu } from "../../src/cpu/state.ts";
import { openUnicorn, PROT_EXEC, PROT_READ, PROT_WRITE, Unicorn } from "../verify/cpu/unicorn.ts";
import { median, report } from "./figures.ts";

const CODE = 0x10000;
const DATA = 0x20000;
const TURNS = 2_000_000;
const ROUNDS = 7;
/** ldr r3, [r1]; add r3, r3, r0; eor r3, r3, r2; str r3, [r1, #4]; add r2, r2, r3, lsl #3; subs r0, r0, #1; bne the first; svc 1 */
const LOOP = [0xe5913000, 0xe0833000, 0xe0233002, 0xe5813004, 0xe0822183, 0xe2500001, 0x1afffff8, 0xef000001];
const INSTRUCTIONS = TURNS * (LOOP.length - 1);

/** R0 to R15 at the loop's start. */
const START = [TURNS, DATA, ...new Array(13).fill(0), CODE];

/** Millions of instructions a second of processor time, the median of warm rounds; processor time since the machine does other things. */
function speed(round: () => void): number {
  round();
  const rates = Array.from({ length: ROUNDS }, () => {
    const start = processorTime();
    round();
    return INSTRUCTIONS / (processorTime() - start) / 1000;
  });
  return median(rates);
}

/** Milliseconds of processor time of this process in user mode. */
function processorTime(): number {
  return process.cpuUsage().user / 1000;
}

const millions = (rate: number) => `${rate.toFixed(0)} million/s`;

/** Prints the speed of the CPU, and of Unicorn. */
export function benchCpu(): void {
  console.log("\nInstructions of A32, a loop of arithmetic, loads and stores, warm, by processor time");
  const code = new Uint8Array(4096);
  new Uint32Array(code.buffer).set(LOOP);
  const bus = new Bus();
  bus.map(CODE, code, READ | EXECUTE);
  bus.map(DATA, new Uint8Array(4096), READ | WRITE);
  const cpu = new Cpu(bus);
  const rate = speed(() => {
    cpu.r.set(START);
    run(cpu, 2 * INSTRUCTIONS);
  });
  report("the CPU of the model", millions(rate), "> 40 million/s");
  benchUnicorn(code);
}

function benchUnicorn(code: Uint8Array<ArrayBuffer>): void {
  const unicorn = openUnicorn();
  if (unicorn === undefined) {
    console.log("  Unicorn left out: libunicorn.so.2 is not installed (Debian: apt-get install libunicorn2)");
    return;
  }
  const engine = new Unicorn(unicorn.functions);
  engine.map(CODE, code, PROT_READ | PROT_EXEC);
  engine.map(DATA, new Uint8Array(4096), PROT_READ | PROT_WRITE);
  const rate = speed(() => void engine.run(0x1d3, new Int32Array(START), 0, CODE + 4 * (LOOP.length - 1)));
  report(`Unicorn ${unicorn.version}, which translates to machine code`, millions(rate));
  engine.close();
}
