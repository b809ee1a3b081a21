// SPDX-License-Identifier: GPL-2.0-only
/**
 * A booted guest, kept: the state of a machine whose agent waits for its plan. A kernel is booted once per command line; each
 * scenario then starts from that state, which no scenario has touched.
 *
 * The machine's memory is a file. A guest that starts from it maps the file and has copies of the pages that it writes, so that
 * nothing of it is read or copied that the guest does not touch.
 *
 * @module
 */

import { InputError } from "../../suite/input_error.ts";
import { boardArguments } from "./board.ts";
import { exists } from "../../suite/files.ts";
import { buildAgent, initramfs } from "./initramfs.ts";
import { onInterrupt } from "../interrupt.ts";
import type { KernelUnderTest } from "../kernel_under_test.ts";
import { kernelCmdline, type MachineOptions, saveState, startMachine } from "./machine.ts";
import { EMULATOR, emulatorVersion, needProgram } from "../programs.ts";
import { type KeptGuest, staleGuests } from "./stale.ts";
import { parseAddresses, WATCH_TEXT, type WatchedAddresses } from "./watched.ts";

/** A boot takes 8 s of an idle processor. */
const BOOT_LIMIT_MS = 900_000;
/** Names in a snapshot's directory. */
const INITRD = "initrd";
const STATE = "state";
const MEMORY = "memory";
const WATCH = "watch";
const ADDRESSES = "addresses";

/** What a guest starts from. */
export interface Snapshot extends Omit<MachineOptions, "directory" | "incoming"> {
  /** File of the machine's state, without its memory. */
  state: string;
  watched: WatchedAddresses;
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

async function lastLine(directory: string): Promise<string> {
  const text = await Deno.readTextFile(`${directory}/console`).catch(() => "");
  return text.trimEnd().split("\n").at(-1)?.trim() || "nothing";
}

/** Boots in the options' directory until the agent says that it is ready, and writes the machine's state there. */
async function boot(options: MachineOptions): Promise<void> {
  const { directory } = options;
  const machine = await startMachine(options);
  try {
    await machine.qmp.execute("cont");
    let ended = false;
    machine.ended.then(() => ended = true);
    for (const limit = Date.now() + BOOT_LIMIT_MS; !exists(`${directory}/ready`);) {
      if (ended || Date.now() > limit) {
        const why = ended ? "it ended" : `it is not ready after ${BOOT_LIMIT_MS / 1000} s`;
        throw new InputError(`Cannot boot ${options.image}: ${why}; its console's last line: ${await lastLine(directory)}`);
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    await machine.qmp.execute("stop");
    await saveState(machine, `${directory}/${STATE}`);
  } finally {
    await machine.stop();
  }
}

/** Makes the snapshot: in a directory beside its place, which then takes the place. */
async function makeSnapshot(
  directory: string,
  agent: Uint8Array,
  guest: Omit<MachineOptions, "initrd" | "memory" | "directory">,
) {
  const made = `${directory}.${crypto.randomUUID()}`;
  const keep = onInterrupt(() => Deno.removeSync(made, { recursive: true }));
  await Deno.mkdir(made, { recursive: true });
  try {
    await Deno.writeFile(`${made}/${INITRD}`, new Uint8Array(await new Blob(initramfs(agent)).arrayBuffer()));
    await Deno.writeTextFile(`${made}/${WATCH}`, WATCH_TEXT);
    await boot({ ...guest, initrd: `${made}/${INITRD}`, memory: `${made}/${MEMORY}`, directory: made });
    // Someone else may have made the same one meanwhile.
    if (!exists(directory)) await Deno.rename(made, directory);
  } finally {
    keep();
    if (exists(made)) await Deno.remove(made, { recursive: true });
  }
}

/** Removes the snapshots of a kernel that have not been used for long, or are too many. */
async function removeStale(folder: string): Promise<void> {
  const guests: KeptGuest[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) continue;
    const file = await Deno.stat(`${folder}/${name}/${STATE}`).catch(() => Deno.stat(`${folder}/${name}`)).catch(() =>
      undefined
    );
    guests.push({ name, used: file?.mtime?.getTime() ?? 0 });
  }
  for (const name of staleGuests(guests, Date.now())) {
    // Someone else may be removing it too.
    await Deno.remove(`${folder}/${name}`, { recursive: true }).catch(() => {});
  }
}

async function openSnapshot(cache: string, kernel: KernelUnderTest, cmdline: string, which: number): Promise<Snapshot> {
  const agent = await buildAgent(cache);
  const { board, image, dtb } = kernel;
  const emulator = await needProgram(EMULATOR, cache);
  const guest = { emulator, board, image, cmdline, ...(dtb === undefined ? {} : { dtb }) };
  const files = await Promise.all([image, ...(dtb === undefined ? [] : [dtb])].map(identity));
  const words = [
    await emulatorVersion(cache),
    ...boardArguments(board),
    kernelCmdline(board, cmdline),
    WATCH_TEXT,
    `boot ${which}`,
  ];
  const directory = `${cache}/${kernel.release}/boot-${await digestOf([agent, ...files, ...words])}`;
  if (!exists(directory)) {
    await makeSnapshot(directory, agent, guest);
    await removeStale(`${cache}/${kernel.release}`);
  }
  const state = `${directory}/${STATE}`;
  await Deno.utime(state, new Date(), new Date());
  const watched = parseAddresses(await Deno.readTextFile(`${directory}/${ADDRESSES}`), kernel.symbols);
  return { ...guest, initrd: `${directory}/${INITRD}`, memory: `${directory}/${MEMORY}`, state, watched };
}

/** Those that this process has asked for. */
const opened = new Map<string, Promise<Snapshot>>();

/**
 * The snapshot of this kernel with these words added to its command line; made if there is none yet.
 *
 * @param which a number; each has a boot of its own
 */
export function snapshotOf(cache: string, kernel: KernelUnderTest, cmdline: string, which: number): Promise<Snapshot> {
  const key = [cache, kernel.release, cmdline, which].join("\0");
  const snapshot = opened.get(key) ?? openSnapshot(cache, kernel, cmdline, which);
  opened.set(key, snapshot);
  return snapshot;
}
