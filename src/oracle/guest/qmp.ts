// SPDX-License-Identifier: GPL-2.0-only
/**
 * A client of QEMU's machine protocol (QMP): one JSON object a line.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

const NEWLINE = 0x0a;
type Message = Record<string, unknown>;

/** QEMU's control connection. */
export class Qmp {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Takes QEMU's greeting and enters command mode. */
  static async open(connection: Connection): Promise<Qmp> {
    const qmp = new Qmp(connection);
    await qmp.#message();
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  async #message(): Promise<Message> {
    const line = await this.#connection.until(NEWLINE);
    if (line === undefined) throw new Error("Cannot read from QEMU's control connection: QEMU has gone");
    return JSON.parse(new TextDecoder().decode(line)) as Message;
  }

  /** Runs one command and gives what it returned. Events are passed over. */
  async execute(command: string, args: Message = {}): Promise<Message> {
    await this.#connection.write(new TextEncoder().encode(JSON.stringify({ execute: command, arguments: args }) + "\n"));
    for (;;) {
      const message = await this.#message();
      if ("error" in message) throw new Error(`QEMU refused ${command}: ${JSON.stringify(message.error)}`);
      if ("return" in message) return message.return as Message;
    }
  }

  /** Repeats a query until its `status` is one of `wanted`. */
  async waitForStatus(query: string, wanted: readonly string[], refused: readonly string[] = []): Promise<void> {
    for (;;) {
      const { status } = await this.execute(query);
      if (wanted.includes(String(status))) return;
      if (refused.includes(String(status))) throw new Error(`QEMU's ${query} says "${status}"`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  close(): void {
    this.#connection.close();
  }
}
