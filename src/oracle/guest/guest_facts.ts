// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a booted guest tells of its kernel, for the kernel's profile: from its agent (the file `facts`, see agent/agent.c), and from
 * its memory at the addresses that vmlinux names.
 *
 * @module
 */

import type { AddressRange } from "../../kernel/execmem.ts";
import type { Kconfig } from "../../profile/kconfig.ts";
import type { BootedFacts } from "../../profile/kernel_toml.ts";
import type { Vmlinux } from "../../profile/vmlinux.ts";
import type { Gdb } from "./gdb.ts";
import { inTemporaryDirectory } from "../interrupt.ts";
import { startMachine } from "./machine.ts";
import type { Snapshot } from "./snapshot.ts";

const PAGE_SIZE = 4096;
const MEGABYTE = 0x100000;
/** VMALLOC_OFFSET and VMALLOC_END (arch/arm/include/asm/pgtable.h): the hole behind the linear map, and the end of the space. */
const VMALLOC_OFFSET = 8 * MEGABYTE;
const VMALLOC_END = 0xff800000;

/** What the agent says. */
export interface AgentFacts {
  freePages: number;
  /** The areas of vmalloc space in use, adjoining ones as one. */
  areas: AddressRange[];
  /** Names under /sys/module. */
  builtinModules: string[];
}

/**
 * Reads the text of `facts`.
 *
 * @throws {Error} where it does not say how much memory is free, or hides addresses
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseAgentFacts } from "./guest_facts.ts";
 * const text = "meminfo MemFree:  80 kB\nvmallocinfo 0xe0800000-0xe0803000 12288 of_iomap+0x4/0x8\nbuiltin printk\nbuiltin kernel\n";
 * const { freePages, areas, builtinModules } = parseAgentFacts(text);
 * assertEquals([freePages, areas, builtinModules], [20, [{ start: 0xe0800000, end: 0xe0803000 }], ["kernel", "printk"]]);
 * ```
 */
export function parseAgentFacts(text: string): AgentFacts {
  const free = /^meminfo MemFree: +(\d+) kB$/m.exec(text);
  if (!free) throw new Error("The guest does not say how much of its memory is free");
  const areas: AddressRange[] = [];
  // An area that is not purged yet is free as soon as the loader wants it.
  const found = [...text.matchAll(/^vmallocinfo 0x([0-9a-f]{8})-0x([0-9a-f]{8})(?! +\d+ unpurged)/gm)]
    .map(([, start, end]) => ({ start: parseInt(start, 16), end: parseInt(end, 16) }))
    .sort((a, b) => a.start - b.start);
  if (found.some(({ start }) => start === 0)) throw new Error("The guest hides the addresses of /proc/vmallocinfo");
  for (const area of found) {
    const last = areas.at(-1);
    if (last?.end === area.start) areas[areas.length - 1] = { start: last.start, end: area.end };
    else areas.push(area);
  }
  const builtinModules = [...text.matchAll(/^builtin (.+)$/gm)].map(([, name]) => name).sort();
  return { freePages: parseInt(free[1]) * 1024 / PAGE_SIZE, areas, builtinModules };
}

/** The word of the guest's memory at an address. */
async function word(gdb: Gdb, address: number): Promise<number> {
  const bytes = await gdb.memory(address, 4);
  if (!bytes) throw new Error(`Cannot read the guest's memory at 0x${address.toString(16)}`);
  return new DataView(bytes.buffer).getUint32(0, true);
}

/** Lets the guest come to where the kernel's memory can be read: not from within the agent, in user mode. */
async function stopInKernel(gdb: Gdb, vmlinux: Vmlinux): Promise<void> {
  const place = vmlinux.address("schedule");
  if (place === undefined) throw new Error("vmlinux has no schedule(): there is no place to stop at");
  await gdb.setBreakpoint(place);
  const { kind } = await gdb.resume();
  if (kind !== "breakpoint") throw new Error("Cannot stop the guest in its kernel: it has gone");
}

/** The exported keys that are on or off now and were not when the kernel was built. */
async function switchedKeys(gdb: Gdb, vmlinux: Vmlinux): Promise<{ on: number[]; off: number[] }> {
  const exported = new Set(vmlinux.exports().map(({ value }) => value));
  const [on, off]: number[][] = [[], []];
  for (const key of [...vmlinux.staticKeys()].filter((address) => exported.has(address)).sort((a, b) => a - b)) {
    const built = vmlinux.bytes(key, 4);
    const before = built !== undefined && new DataView(built.buffer, built.byteOffset).getInt32(0, true) > 0;
    const now = (await word(gdb, key) | 0) > 0;
    if (now !== before) (now ? on : off).push(key);
  }
  return { on, off };
}

/** What the guest of a snapshot tells. */
export async function bootedFacts(snapshot: Snapshot, vmlinux: Vmlinux, config: Kconfig): Promise<BootedFacts> {
  const folder = snapshot.state.slice(0, snapshot.state.lastIndexOf("/"));
  const { freePages, areas, builtinModules } = parseAgentFacts(await Deno.readTextFile(`${folder}/facts`));
  return await inTemporaryDirectory("insmodel-facts-", async (directory) => {
    const { gdb, stop } = await startMachine({ ...snapshot, incoming: snapshot.state, directory });
    try {
      await stopInKernel(gdb, vmlinux);
      const at = async (name: string) => {
        const address = vmlinux.address(name);
        return address === undefined ? undefined : await word(gdb, address);
      };
      const highMemory = await at("high_memory");
      if (highMemory === undefined) throw new Error("vmlinux has no high_memory: where vmalloc space begins cannot be told");
      const { on, off } = await switchedKeys(gdb, vmlinux);
      const start = (highMemory + VMALLOC_OFFSET & -VMALLOC_OFFSET) >>> 0;
      const pvOffset = await at("__pv_offset");
      return {
        // Without SMP_ON_UP there is no smp_on_up: the kernel does not ask what it runs on.
        smp: config.get("SMP") === "y" && (await at("smp_on_up") ?? 1) !== 0,
        pvOffset: pvOffset === undefined ? undefined : pvOffset | 0,
        freePages,
        vmalloc: { start, end: VMALLOC_END },
        vmallocTaken: areas.filter((area) => area.end > start),
        staticKeysOn: on,
        staticKeysOff: off,
        builtinModules,
      };
    } finally {
      await stop();
    }
  });
}
