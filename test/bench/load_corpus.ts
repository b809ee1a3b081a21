// SPDX-License-Identifier: GPL-2.0-only
/**
 * Loads the modules whose paths come on standard input, a line each, into one kernel, and prints a {@link CorpusResult}.
 *
 * @module
 */

import { KernelFault, NotModelled } from "../../src/kernel/fault.ts";
import { noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { finitModule } from "../../src/module/syscalls.ts";
import { loadProfile } from "../../src/profile/load_profile.ts";

export interface CorpusResult {
  readonly loaded: number;
  /** Refused, or not modelled. */
  readonly refused: number;
  /** Milliseconds, the profile included. */
  readonly time: number;
  /** Bytes of memory that the process has at the end. */
  readonly memory: number;
}

/** Reads files one after the other into the same memory, which grows as needed: the bytes last until the next file. */
class FileReader {
  #buffer = new Uint8Array(1 << 20);

  read(path: string): Uint8Array {
    using file = Deno.openSync(path);
    let length = 0;
    for (;;) {
      const count = file.readSync(this.#buffer.subarray(length));
      if (count === null) return this.#buffer.subarray(0, length);
      length += count;
      if (length === this.#buffer.length) this.#grow();
    }
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#buffer.length);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

/** @returns whether the module is there now */
function load(kernel: Kernel, bytes: Uint8Array): boolean {
  try {
    const file = { bytes, kind: "regular", access: "read-only" } as const;
    return finitModule(kernel, file, "", 0, { privileged: true, runInit: () => 0 }) === 0;
  } catch (error) {
    if (error instanceof KernelFault || error instanceof NotModelled) return false;
    throw error;
  } finally {
    kernel.log.take();
  }
}

async function main(): Promise<void> {
  const files = (await new Response(Deno.stdin.readable).text()).split("\n");
  const start = performance.now();
  const kernel = new Kernel(await loadProfile(), { ...noSignatures, verifyPkcs7Signature: () => 0 });
  const reader = new FileReader();
  let loaded = 0;
  for (const path of files) if (load(kernel, reader.read(path))) loaded++;
  const time = performance.now() - start;
  const result: CorpusResult = { loaded, refused: files.length - loaded, time, memory: Deno.memoryUsage().rss };
  console.log(JSON.stringify(result));
}

if (import.meta.main) await main();
