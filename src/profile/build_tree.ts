// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a kernel's build tree tells, for the kernel's profile.
 *
 * @module
 */

import type { AddressRange } from "../kernel/execmem.ts";
import { PERCPU_MODULE_RESERVE } from "../kernel/percpu.ts";
import { type Kconfig, loaderOptions } from "./kconfig.ts";
import type { BuiltFacts } from "./kernel_toml.ts";
import { readProbe } from "./struct_module.ts";
import { type Vmlinux, VmlinuxError } from "./vmlinux.ts";

const PAGE_SIZE = 4096;
/** To this the static part of per-CPU memory is rounded up. */
const PCPU_MIN_ALLOC_SIZE = 4;

/** Functions whose addresses the loader puts into a module. */
const PUT_INTO_MODULES = ["ftrace_caller", "__gnu_mcount_nc"];
/** Functions that recording stops at, where the booted kernel cannot be asked for them. */
const STOPPED_AT = ["do_init_module", "mod_tree_insert", "emergency_restart"];

/** What a build tree holds. */
export interface BuildTree {
  /** uname -r: include/config/kernel.release. */
  release: string;
  config: Kconfig;
  vmlinux: Vmlinux;
  /** The object that the tree's compiler made of probeSource(). */
  probe: Uint8Array;
}

/** What addresses of the kernel's symbols tell; of those that are not there, nothing. */
export function addressFacts(
  address: (name: string) => number | undefined,
  config: Kconfig,
): { kernelEnd?: number; percpuReserved?: AddressRange; symbols: Map<string, number> } {
  const isSmp = config.get("SMP") === "y";
  const [end, perCpuEnd] = [address("_end"), address("__per_cpu_end")];
  const functions = [...PUT_INTO_MODULES, ...(config.get("KALLSYMS") === "y" ? [] : STOPPED_AT)];
  const start = perCpuEnd === undefined ? 0 : (perCpuEnd + PCPU_MIN_ALLOC_SIZE - 1 & -PCPU_MIN_ALLOC_SIZE) >>> 0;
  const percpuReserved = isSmp ? { start, end: start + PERCPU_MODULE_RESERVE } : { start: 0, end: 0 };
  return {
    ...(end === undefined ? {} : { kernelEnd: (end + PAGE_SIZE - 1 & -PAGE_SIZE) >>> 0 }),
    ...(isSmp && perCpuEnd === undefined ? {} : { percpuReserved }),
    symbols: new Map(functions.flatMap((name) => {
      const found = address(name);
      return found === undefined ? [] : [[name, found] as const];
    })),
  };
}

/**
 * Reads the facts.
 *
 * @throws {VmlinuxError} where the configuration and vmlinux do not go together
 */
export function builtFacts({ release, config, vmlinux, probe }: BuildTree): Omit<BuiltFacts, "exportsCrc32"> {
  const pageOffset = Number(config.get("PAGE_OFFSET"));
  if (!(pageOffset > 0)) throw new VmlinuxError("the configuration gives no PAGE_OFFSET");
  const { kernelEnd, percpuReserved, symbols } = addressFacts((name) => vmlinux.address(name), config);
  if (kernelEnd === undefined) throw new VmlinuxError("vmlinux has no _end");
  return {
    ...readProbe(probe, config),
    release,
    config: loaderOptions(config),
    pageOffset,
    kernelEnd,
    percpuReserved,
    symbols,
  };
}
