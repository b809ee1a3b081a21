// SPDX-License-Identifier: GPL-2.0-only
/**
 * A trace of modules' code: functions as they are entered and left, calls into the kernel with their arguments, and how often each was
 * called; on demand, each instruction.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { CpuStop } from "../cpu/event.ts";
import type { Cpu } from "../cpu/state.ts";
import { s32, u32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { stringAt } from "./memory.ts";
import { prototypeOf } from "./prototypes.ts";
import { type Arguments, CallArguments } from "./service.ts";
import { findSymbolAt, type SymbolPlace } from "./symbol_name.ts";

/** Shows the instruction that some bytes are. */
export type Disassemble = (bytes: Uint8Array, address: number, thumb: boolean) => string;

/** Lines that a trace keeps; what comes after is only counted. */
const LINES = 100_000;
/** Characters of a string that are shown. */
const STRING = 60;
/** From here on a number is an address to a reader. */
const SMALL = 4096;

/** A function that has not returned. */
interface Entered {
  readonly name: string;
  readonly returnTo: number;
}

/** A call into the kernel that has not returned. */
interface OpenCall {
  readonly name: string;
  readonly text: string;
  shown: boolean;
}

/** A conversion of a format: flags, width, precision, length, letter. */
const CONVERSION = /%[-+ #0]*(\*|\d+)?(?:\.(\*|\d+))?(hh|ll|[hlqLzt])?([a-zA-Z%])/g;

export class Trace {
  /** Text, a line each, as far as it is kept. */
  readonly lines: string[] = [];
  /** Calls of each function, modules' and kernel's, by name. */
  readonly functions = new Map<string, number>();
  readonly calls = new Map<string, number>();
  instructions = 0;
  /** Lines that are not kept. */
  dropped = 0;
  /** Functions that have not returned, for each call from the kernel. */
  readonly #levels: Entered[][] = [];
  /** Calls into the kernel that have not returned; what they call back stands within their braces. */
  readonly #open: OpenCall[] = [];
  readonly #exports = new Map<number, string>();
  readonly #names = new Map<number, SymbolPlace | undefined>();
  #depth = 0;
  #previous = -1;

  /** @param disassemble shows each instruction, too */
  constructor(readonly disassemble?: Disassemble) {}

  #say(text: string): void {
    for (const call of this.#open) {
      if (call.shown) continue;
      call.shown = true;
      this.#line(`${call.text} {`);
      this.#depth++;
    }
    this.#line(text);
  }

  #line(text: string): void {
    if (this.lines.length < LINES) this.lines.push("  ".repeat(this.#depth) + text);
    else this.dropped++;
  }

  /** The kernel calls a function of a module. */
  begin(): void {
    this.#levels.push([]);
    this.#previous = -1;
  }

  /** That function has returned. */
  end(cpu: Cpu): void {
    this.#leave(cpu, this.#levels.pop() ?? [], 0);
  }

  /** An instruction of a module is about to run. */
  step(kernel: Kernel, cpu: Cpu): void {
    const pc = u32(cpu.r[15]);
    const entered = this.#levels.at(-1) ?? [];
    const found = entered.findLastIndex(({ returnTo }) => returnTo === pc);
    if (found >= 0) this.#leave(cpu, entered, found);
    if (pc !== this.#previous + 4 && pc !== this.#previous + 2) this.#enter(kernel, cpu, pc, entered);
    this.#previous = pc;
    this.instructions++;
    if (this.disassemble !== undefined) this.#say(this.#instruction(this.disassemble, kernel, cpu, pc));
  }

  #enter(kernel: Kernel, cpu: Cpu, pc: number, entered: Entered[]): void {
    if (!this.#names.has(pc)) this.#names.set(pc, findSymbolAt(kernel, pc));
    const place = this.#names.get(pc);
    if (place === undefined || place.offset !== 0) return;
    this.functions.set(place.name, (this.functions.get(place.name) ?? 0) + 1);
    this.#say(`${place.name} [${place.module}] {`);
    entered.push({ name: place.name, returnTo: u32(cpu.r[14] & ~1) });
    this.#depth++;
  }

  /** A function returns, and with it all that it has jumped to. */
  #leave(cpu: Cpu, entered: Entered[], from: number): void {
    for (const { name } of entered.splice(from).reverse()) {
      this.#depth--;
      this.#say(`} ${name} = ${number(cpu.r[0])}`);
    }
  }

  #instruction(disassemble: Disassemble, { space }: Kernel, { thumb }: Cpu, pc: number): string {
    const area = space.find(pc);
    const bytes = area?.bytes.subarray(pc - area.base, pc - area.base + 4) ?? new Uint8Array();
    return `${pc.toString(16)}: ${disassemble(bytes, pc, thumb)}`;
  }

  /** A function of the kernel is called. @param nameOf what the kernel exports at the address */
  call(kernel: Kernel, address: number, nameOf: () => string, cpu: Cpu): void {
    const name = this.#exports.get(address) ?? nameOf();
    this.#exports.set(address, name);
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    this.#open.push({ name, text: `${name}(${argumentsText(kernel, name, cpu)})`, shown: false });
  }

  /** That function has returned. */
  returned(result: number | bigint | void): void {
    const call = this.#open.pop();
    if (call === undefined) return;
    const end = result === undefined ? "" : ` = ${number(result)}`;
    if (call.shown) this.#depth--;
    this.#say(call.shown ? `} ${call.name}${end}` : `${call.text}${end}`);
  }

  /** The run is over: whatever is open has ended it. */
  stop(): void {
    for (const { text, shown } of this.#open.splice(0)) if (!shown) this.#line(text);
    this.#levels.length = 0;
    this.#depth = 0;
  }
}

function number(value: number | bigint): string {
  if (typeof value === "bigint") return `0x${BigInt.asUintN(64, value).toString(16)}`;
  return Math.abs(s32(value)) < SMALL ? String(s32(value)) : `0x${u32(value).toString(16)}`;
}

/** An address, with the symbol of a module that it belongs to. */
function pointer(kernel: Kernel, address: number): string {
  const place = address < SMALL ? undefined : findSymbolAt(kernel, address);
  if (place === undefined) return address === 0 ? "NULL" : `0x${address.toString(16)}`;
  return `${place.name}${place.offset === 0 ? "" : `+0x${place.offset.toString(16)}`}`;
}

/** A string in quotes, or the address where none can be read. */
function quoted(bus: Bus, address: number): string {
  if (address === 0) return "NULL";
  try {
    const text = stringAt(bus, address, STRING + 1);
    const shown = JSON.stringify(text.slice(0, STRING)).replace(/\\u00/g, "\\x");
    return text.length > STRING ? `${shown}...` : shown;
  } catch (error) {
    if (error instanceof CpuStop || error instanceof NotModelled) return `0x${address.toString(16)}`;
    throw error;
  }
}

/** The arguments behind a format. */
function* formatted(kernel: Kernel, bus: Bus, format: string, args: Arguments): Generator<string> {
  for (const [, width, precision, length, letter] of format.matchAll(CONVERSION)) {
    if (letter === "%") continue;
    for (const star of [width, precision]) if (star === "*") yield String(s32(args.word()));
    if (letter === "s") yield quoted(bus, args.word());
    else if (letter === "p") yield pointer(kernel, args.word());
    else if (length === "ll" || length === "L" || length === "q") yield number(args.double());
    else yield letter === "x" || letter === "X" ? `0x${args.word().toString(16)}` : number(args.word());
  }
}

function argumentsText(kernel: Kernel, name: string, cpu: Cpu): string {
  const { bus } = cpu;
  const args = new CallArguments(cpu);
  const kinds = prototypeOf(name);
  if (kinds === undefined) return [0, 1, 2, 3].map((register) => pointer(kernel, u32(cpu.r[register]))).join(", ");
  const shown: string[] = [];
  for (const kind of kinds) {
    const word = args.word();
    if (kind === "string") shown.push(quoted(bus, word));
    else if (kind === "format") {
      shown.push(quoted(bus, word));
      if (word !== 0) shown.push(...formatted(kernel, bus, stringAt(bus, word), args));
    } else if (kind === "pointer") shown.push(pointer(kernel, word));
    else shown.push(kind === "signed" ? String(s32(word)) : kind === "unsigned" ? String(word) : `0x${word.toString(16)}`);
  }
  return shown.join(", ");
}
