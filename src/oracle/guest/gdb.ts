// SPDX-License-Identifier: GPL-2.0-only
/**
 * A client of the GDB remote serial protocol, as far as QEMU's server needs it: breakpoints, the sixteen core registers, memory.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

const DOLLAR = 0x24;
const HASH = 0x23;
const INTERRUPT = 0x03;
/** Bytes of memory per packet: QEMU's packets hold 4096 characters. */
const READ_SIZE = 2000;
const PC = 15;

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** How the guest stopped running. */
export type Stop = { kind: "breakpoint"; address: number } | { kind: "interrupted" } | { kind: "gone" };

/** The guest's processor, seen through QEMU's gdb server. All methods but `interrupt` need a stopped guest. */
export class Gdb {
  readonly #connection: Connection;
  readonly #breakpoints = new Set<number>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async #send(packet: string): Promise<void> {
    let sum = 0;
    for (let i = 0; i < packet.length; i++) sum += packet.charCodeAt(i);
    await this.#connection.write(new TextEncoder().encode(`$${packet}#${(sum & 0xff).toString(16).padStart(2, "0")}`));
  }

  /** The next packet's text; undefined when QEMU has gone. */
  async #receive(): Promise<string | undefined> {
    if (await this.#connection.until(DOLLAR) === undefined) return undefined;
    const packet = await this.#connection.until(HASH);
    if (packet === undefined) return undefined;
    const text = new TextDecoder("latin1").decode(packet);
    await this.#connection.byte();
    await this.#connection.byte();
    await this.#connection.write(new Uint8Array([0x2b])).catch(() => {});
    return text;
  }

  async #ask(packet: string): Promise<string> {
    await this.#send(packet);
    const answer = await this.#receive();
    if (answer === undefined) throw new Error(`Cannot ask the gdb server "${packet}": QEMU has gone`);
    return answer;
  }

  async #mustBeOk(packet: string): Promise<void> {
    const answer = await this.#ask(packet);
    if (answer !== "OK") throw new Error(`The gdb server answered "${answer}" to "${packet}"`);
  }

  async setBreakpoint(address: number): Promise<void> {
    await this.#mustBeOk(`Z0,${address.toString(16)},4`);
    this.#breakpoints.add(address);
  }

  /** r0 to r15 as unsigned numbers. */
  async registers(): Promise<Uint32Array> {
    const bytes = fromHex((await this.#ask("g")).slice(0, 16 * 8));
    const view = new DataView(bytes.buffer);
    return Uint32Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i, true));
  }

  /** Memory at a virtual address; undefined where a part is not mapped. */
  async memory(address: number, size: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const bytes = new Uint8Array(size);
    for (let done = 0; done < size; done += READ_SIZE) {
      const count = Math.min(READ_SIZE, size - done);
      const answer = await this.#ask(`m${(address + done).toString(16)},${count.toString(16)}`);
      if (answer.length !== 2 * count) return undefined;
      bytes.set(fromHex(answer), done);
    }
    return bytes;
  }

  /** Memory at a physical address. */
  async physicalMemory(address: number, size: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    await this.#mustBeOk("Qqemu.PhyMemMode:1");
    const bytes = await this.memory(address, size);
    await this.#mustBeOk("Qqemu.PhyMemMode:0");
    return bytes;
  }

  /** Stops a running guest: the pending `resume` comes back. */
  async interrupt(): Promise<void> {
    await this.#connection.write(new Uint8Array([INTERRUPT]));
  }

  /** Lets the guest run up to the next breakpoint. A breakpoint at the present address has been dealt with. */
  async resume(): Promise<Stop> {
    const pc = (await this.registers())[PC];
    if (this.#breakpoints.has(pc)) {
      await this.#mustBeOk(`z0,${pc.toString(16)},4`);
      await this.#ask("s");
      await this.#mustBeOk(`Z0,${pc.toString(16)},4`);
    }
    await this.#send("c");
    for (;;) {
      const answer = await this.#receive();
      if (answer === undefined || answer.startsWith("W") || answer.startsWith("X")) return { kind: "gone" };
      if (!answer.startsWith("T") && !answer.startsWith("S")) continue;
      const address = (await this.registers())[PC];
      return this.#breakpoints.has(address) ? { kind: "breakpoint", address } : { kind: "interrupted" };
    }
  }

  close(): void {
    this.#connection.close();
  }
}
