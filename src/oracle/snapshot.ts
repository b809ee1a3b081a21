// SPDX-License-Identifier: GPL-2.0-only
/**
 * A booted guest, kept: the state of a machine whose agent waits for its plan. A kernel is booted once per command line; each
 * scenario then starts from that state, which no scenario has touched.
 *
 * @module
 */

import { boardArguments } from "./board.ts";
import { buildAgent, initramfs } from "./initramfs.ts";
import type { KernelUnderTest } from "./kernel_under_test.ts";
import { kernelCmdline, type MachineOptions, startMachine, stateAddress } from "./machine.ts";
import { parseAddresses, WATCH_TEXT, type WatchedAddresses } from "./watched.ts";

const BOOT_LIMIT_MS = 180_000;
/** Names in a snapshot's directory. */
const INITRD = "initrd";
const STATE = "state.gz";
const WATCH = "watch";
const ADDRESSES = "addresses";

/** What a guest starts from. */
export interface Snapshot extends Omit<MachineOptions, "directory" | "incoming"> {
  /** File of the machine's state. */
  state: string;
  watched: WatchedAddresses;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function digestOf(parts: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<string> {
  const blob = new Blob(parts.map((part) => typeof part === "string" ? `${part}\0` : part));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
  return [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What changes when a file does. */
async function identity(path: string): Promise<string> {
  const { size, mtime } = await Deno.stat(path);
  return `${size} ${mtime?.getTime()}`;
}

async function consoleTail(directory: string): Promise<string> {
  const text = await Deno.readTextFile(`${directory}/console`).catch(() => "");
  return text.trimEnd().split("\n").slice(-5).join("\n");
}

/** Boots in the options' directory until the agent says that it is ready, and writes the machine's state there. */
async function boot(options: MachineOptions): Promise<void> {
  const { directory } = options;
  const machine = await startMachine(options);
  try {
    await machine.qmp.execute("cont");
    let ended = false;
    machine.ended.then(() => ended = true);
    for (const limit = Date.now() + BOOT_LIMIT_MS; !await exists(`${directory}/ready`);) {
      if (ended || Date.now() > limit) {
        const why = ended ? "it ended" : `it is not ready after ${BOOT_LIMIT_MS / 1000} s`;
        throw new Error(`Cannot boot the guest: ${why}\n${await consoleTail(directory)}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    await machine.qmp.execute("stop");
    await machine.qmp.execute("migrate", { uri: stateAddress("save", `${directory}/${STATE}`) });
    await machine.qmp.waitForStatus("query-migrate", ["completed"], ["failed", "cancelled"]);
  } finally {
    await machine.stop();
  }
}

/** The snapshot of this kernel with these words added to its command line; made if there is none yet. */
export async function snapshotOf(cache: string, kernel: KernelUnderTest, cmdline: string): Promise<Snapshot> {
  const agent = await buildAgent(cache);
  const { board, image, dtb } = kernel;
  const guest = { board, image, cmdline, ...(dtb === undefined ? {} : { dtb }) };
  const files = await Promise.all([image, ...(dtb === undefined ? [] : [dtb])].map(identity));
  const id = await digestOf([agent, ...files, ...boardArguments(board), kernelCmdline(board, cmdline), WATCH_TEXT]);
  const directory = `${cache}/${kernel.release}/boot-${id}`;
  if (!await exists(directory)) {
    const made = `${directory}.${crypto.randomUUID()}`;
    await Deno.mkdir(made, { recursive: true });
    try {
      await Deno.writeFile(`${made}/${INITRD}`, new Uint8Array(await new Blob(initramfs(agent)).arrayBuffer()));
      await Deno.writeTextFile(`${made}/${WATCH}`, WATCH_TEXT);
      await boot({ ...guest, initrd: `${made}/${INITRD}`, directory: made });
      // Someone else may have made the same one meanwhile.
      if (!await exists(directory)) await Deno.rename(made, directory);
    } finally {
      if (await exists(made)) await Deno.remove(made, { recursive: true });
    }
  }
  const watched = parseAddresses(await Deno.readTextFile(`${directory}/${ADDRESSES}`), kernel.symbols);
  return { ...guest, initrd: `${directory}/${INITRD}`, state: `${directory}/${STATE}`, watched };
}
