// SPDX-License-Identifier: GPL-2.0-only
/**
 * A byte stream from QEMU to us. QEMU is the one that connects, so that there is no port to guess and no moment to wait for.
 *
 * @module
 */

/** A socket with a reader that hands out one byte sequence at a time. */
export class Connection {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #start = 0;
  readonly #chunk = new Uint8Array(65536);
  readonly #socket: Deno.TcpConn;

  constructor(socket: Deno.TcpConn) {
    socket.setNoDelay(true);
    this.#socket = socket;
  }

  /** The next byte, or undefined at the end of the stream. */
  async byte(): Promise<number | undefined> {
    if (this.#start === this.#buffer.length) {
      const count = await this.#socket.read(this.#chunk).catch(() => null);
      if (!count) return undefined;
      this.#buffer = this.#chunk.slice(0, count);
      this.#start = 0;
    }
    return this.#buffer[this.#start++];
  }

  /** The bytes up to `end`, which is consumed; undefined at the end of the stream. */
  async until(end: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const first = await this.byte();
      if (first === undefined) return undefined;
      this.#start--;
      const at = this.#buffer.indexOf(end, this.#start);
      parts.push(this.#buffer.subarray(this.#start, at < 0 ? this.#buffer.length : at));
      this.#start = at < 0 ? this.#buffer.length : at + 1;
      if (at >= 0) break;
    }
    if (parts.length === 1) return parts[0];
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#socket.write(bytes.subarray(done));
  }

  close(): void {
    try {
      this.#socket.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** A port on the loopback interface where one connection is expected. */
export class Listener {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  /** What QEMU's `-chardev` takes for a socket that connects to us. */
  get chardev(): string {
    return `socket,host=127.0.0.1,port=${this.#listener.addr.port},server=off,nodelay=on`;
  }

  async accept(): Promise<Connection> {
    const socket = await this.#listener.accept();
    this.#listener.close();
    return new Connection(socket);
  }

  close(): void {
    try {
      this.#listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}
