// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the properties share: kernels, modules made from values, and arbitraries that prefer the edges.
 *
 * @module
 */

import fc from "fast-check";
import { u32 } from "../../src/elf/word.ts";
import { KernelFault, NotModelled } from "../../src/kernel/fault.ts";
import { noSignatures } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { type KernelProfile, moduleArea } from "../../src/kernel/profile.ts";
import { type Caller, finitModule } from "../../src/module/syscalls.ts";
import { deleteModule } from "../../src/module/unload.ts";
import { loadProfile } from "../../src/profile/load_profile.ts";
import type { KernelFacts } from "../../src/suite/build/kernel_facts.ts";
import { buildMinimal } from "../../src/suite/build/minimal.ts";
import { Table } from "../../src/suite/build/table.ts";

/** The kernel that the properties are about, unless they say another one. */
export const PROFILE: KernelProfile = await loadProfile();

/** A kernel with other options; its module area follows from them. */
export function variant({ on = [], off = [] }: { on?: readonly string[]; off?: readonly string[] }): KernelProfile {
  const config = new Set([...PROFILE.config, ...on].filter((name) => !off.includes(name)));
  return { ...PROFILE, config, modules: moduleArea(config, PROFILE.pageOffset) };
}

export function bootedKernel(profile: KernelProfile = PROFILE): Kernel {
  return new Kernel(profile, noSignatures);
}

/** The kernel's numbers that a module made from nothing needs. */
function factsOf(profile: KernelProfile): KernelFacts {
  const offset = (name: string) => profile.structModule.fields.get(name)![0];
  return {
    vermagic: profile.vermagic,
    structModule: { size: profile.structModule.size, name: offset("name"), init: offset("init"), exit: offset("exit") },
    moduleLayoutCrc: profile.exports.find("module_layout")!.crc!,
    crc: (name) => profile.exports.find(name)?.crc,
  };
}

const FACTS = factsOf(PROFILE);

/** A module from the keys of a recipe's `[module]`; see recipe.ts. */
export function minimalModule(values: Readonly<Record<string, unknown>> = {}): Uint8Array {
  return buildMinimal(new Table("property", { name: "subject", ...values }), "subject", FACTS, () => new Uint8Array());
}

/** How a load ended. */
export type Ending = number | KernelFault | NotModelled;

/** finit_module(2) of bytes; anything but a return code, a fault of the kernel or something not modelled is a bug of ours. */
export function insmod(kernel: Kernel, bytes: Uint8Array, caller: Partial<Caller> = {}, params = "", flags = 0): Ending {
  try {
    return finitModule(kernel, { bytes, kind: "regular", access: "read-only" }, params, flags, {
      privileged: true,
      runInit: () => 0,
      ...caller,
    });
  } catch (error) {
    if (error instanceof KernelFault || error instanceof NotModelled) return error;
    throw error;
  }
}

/** delete_module(2). */
export function rmmod(kernel: Kernel, name: string): number {
  return deleteModule(kernel, name, 0, true, () => {});
}

/**
 * What a kernel holds, as text that two states can be compared by: mapped pages of the module area, the lowest holes of vmalloc space and
 * of the per-CPU chunk (found by trying), copied parameters, and the modules with their references.
 */
export function footprint(kernel: Kernel): string {
  const { percpu, execmem, space } = kernel;
  const pages: string[] = [];
  for (let page = execmem.areas.modules.start; page < execmem.areas.modules.end; page += 4096) {
    if (space.find(page) !== undefined) pages.push(page.toString(16));
  }
  const pointers = [4, 64].map((size) => percpu.alloc(size, 4));
  for (const pointer of pointers) if (pointer !== undefined) percpu.free(pointer);
  const copies = [1, 1, 2, 3, 1].map((count) => execmem.copyPages(new Uint8Array(count * 4096)));
  for (const copy of copies) if (copy !== undefined) execmem.freeCopy(copy);
  const modules = kernel.modules.map(({ name, state, refcnt, users, uses }) =>
    [name, state, refcnt, "used by", ...users.map((each) => each.name), "uses", ...uses.map((each) => each.name)].join(" ")
  );
  return [
    `module area: ${pages.join(" ")}`,
    `per-CPU: ${pointers.join(" ")}`,
    `copies: ${copies.map((copy) => copy?.base).join(" ")}`,
    `parameters: ${[...kernel.kmallocedParams].join(" ")}`,
    ...modules,
  ].join("\n");
}

/** Any 32-bit word, as an unsigned number; edges more often than not. */
export const word: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(0xffffffff) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(32), fc.integer({ min: -8, max: 8 }), fc.boolean())
      .map(([bit, delta, negative]) => u32((negative ? -1 : 1) * 2 ** bit + delta)),
  },
);
/** An address of an instruction in the module area. */
export const place: fc.Arbitrary<number> = fc.nat(0x37ffff).map((index) => 0xbf000000 + 4 * index);
