// SPDX-License-Identifier: GPL-2.0-only
/** A CPU with a page of code and two pages of data. */

import { Bus, EXECUTE, READ, WRITE } from "../../src/cpu/bus.ts";
import { Cpu } from "../../src/cpu/state.ts";

export const CODE = 0x10000;
export const DATA = 0x20000;

export interface Machine {
  readonly cpu: Cpu;
  readonly data: Uint8Array;
}

/** @param words A32 code; the CPU stands on the first one */
export function machine(words: readonly number[], { writableCode = false } = {}): Machine {
  const code = new Uint8Array(4096);
  new Uint32Array(code.buffer).set(words);
  const data = new Uint8Array(8192);
  const bus = new Bus();
  bus.map(CODE, code, READ | EXECUTE | (writableCode ? WRITE : 0));
  bus.map(DATA, data, READ | WRITE);
  const cpu = new Cpu(bus);
  cpu.r[15] = CODE;
  return { cpu, data };
}
