// SPDX-License-Identifier: GPL-2.0-only
/**
 * Finds the caller of a function of a module by its unwind tables.
 *
 * Models: unwind_frame() of arch/arm/kernel/unwind.c. Source: Exception Handling ABI for the Arm Architecture (EHABI32), chapters 6
 * (index table) and 10 (instructions of the unwinder).
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { hex32, u32 } from "../elf/word.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_WARNING } from "../kernel/log.ts";

/** r0 to r15 as a function had them. */
export type Frame = Int32Array;

const SP = 13;
const LR = 14;
const PC = 15;

const ENTRY_SIZE = 8;
const EXIDX_CANTUNWIND = 1;
const FINISH = 0xb0;

/** prel31_to_addr(): what a word of 31 bits points to from its own place. */
function prel31(bus: Bus, at: number): number {
  return u32(at + ((bus.read32(at) << 1) >> 1));
}

/** unwind_find_idx(): the entry of the function that an address lies in. */
function findEntry({ modules }: Kernel, bus: Bus, pc: number): number | undefined {
  const mod = modules.find((each) => each.within(pc));
  const text = mod?.sections.find(({ address, size }) => pc >= address && pc < address + size);
  if (mod === undefined || text === undefined) return undefined;
  const name = text.name === ".text" ? ".ARM.exidx" : `.ARM.exidx${text.name}`;
  const table = mod.sections.find((section) => section.name === name);
  if (table === undefined) return undefined;
  let found: number | undefined;
  for (let at = table.address; at < table.address + table.size; at += ENTRY_SIZE) if (prel31(bus, at) <= pc) found = at;
  return found;
}

/** The unwinder's instructions of an entry, one byte after the other; none where the function's callers cannot be found. */
function instructions(bus: Bus, entry: number): number[] | undefined {
  const content = u32(bus.read32(entry + 4));
  if (content === EXIDX_CANTUNWIND) return undefined;
  const at = content >>> 31 === 1 ? entry + 4 : prel31(bus, entry + 4);
  const first = u32(bus.read32(at));
  const personality = first >>> 24;
  if (personality !== 0x80 && personality !== 0x81) return undefined;
  const more = personality === 0x81 ? (first >>> 16) & 255 : 0;
  const bytes = personality === 0x81 ? [first >>> 8, first] : [first >>> 16, first >>> 8, first];
  for (let i = 1; i <= more; i++) {
    const word = bus.read32(at + 4 * i);
    bytes.push(word >>> 24, word >>> 16, word >>> 8, word);
  }
  return bytes.map((byte) => byte & 255);
}

/** Registers that the stack pointer points to, the lowest first. @param mask bit n for register n */
function pop(bus: Bus, frame: Frame, mask: number): void {
  let at = frame[SP];
  for (let register = 0; register < 16; register++) {
    if ((mask & (1 << register)) === 0) continue;
    frame[register] = bus.read32(at);
    at += 4;
  }
  if ((mask & (1 << SP)) === 0) frame[SP] = at;
}

function takeUleb128(bytes: number[]): number {
  let value = 0;
  for (let shift = 0; bytes.length > 0; shift += 7) {
    const byte = bytes.shift() ?? 0;
    value |= (byte & 127) << shift;
    if ((byte & 128) === 0) break;
  }
  return value;
}

/** unwind_exec_insn(). @returns whether the unwinder knows it */
function execute(bus: Bus, frame: Frame, byte: number, rest: number[]): boolean {
  if (byte < 0x40) frame[SP] += ((byte & 0x3f) << 2) + 4;
  else if (byte < 0x80) frame[SP] -= ((byte & 0x3f) << 2) + 4;
  else if (byte < 0x90) {
    const mask = ((byte & 15) << 8 | (rest.shift() ?? 0)) << 4;
    if (mask === 0) return false;
    pop(bus, frame, mask);
  } else if (byte < 0xa0 && (byte & 13) !== 13) frame[SP] = frame[byte & 15];
  else if (byte >= 0xa0 && byte < 0xb0) {
    const upTo4 = ((2 << (byte & 7)) - 1) << 4;
    pop(bus, frame, (byte & 8) === 0 ? upTo4 : upTo4 | 1 << LR);
  } else if (byte === 0xb1) {
    const mask = rest.shift() ?? 0;
    if (mask === 0 || mask > 15) return false;
    pop(bus, frame, mask);
  } else if (byte === 0xb2) frame[SP] += 0x204 + (takeUleb128(rest) << 2);
  else return false;
  return true;
}

/**
 * The registers that the caller of a function has when the function returns; R15 is the place it returns to. Where there is no table for the
 * function, a line of the log says so.
 *
 * @param frame the registers in the function; those of a fault, or of a call that it made
 * @returns undefined where the tables do not tell
 * @throws CpuStop where the stack cannot be read
 */
export function callerOf(kernel: Kernel, bus: Bus, frame: Frame): Frame | undefined {
  const entry = findEntry(kernel, bus, u32(frame[PC] & ~1));
  if (entry === undefined) kernel.printk(KERN_WARNING, `unwind: Index not found ${hex32(frame[PC]).slice(2)}`);
  const bytes = entry === undefined ? undefined : instructions(bus, entry);
  if (bytes === undefined) return undefined;
  const caller = frame.slice();
  caller[PC] = 0;
  while (bytes.length > 0) {
    const byte = bytes.shift() ?? FINISH;
    if (byte === FINISH) break;
    if (!execute(bus, caller, byte, bytes)) return undefined;
  }
  if (caller[PC] === 0) caller[PC] = caller[LR];
  return caller[PC] === frame[PC] && caller[SP] === frame[SP] ? undefined : caller;
}
