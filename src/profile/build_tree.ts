// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a kernel's build tree tells, for the kernel's profile.
 *
 * @module
 */

import { type Kconfig, loaderOptions } from "./kconfig.ts";
import type { BuiltFacts } from "./kernel_toml.ts";
import { readProbe } from "./struct_module.ts";
import { type Vmlinux, VmlinuxError } from "./vmlinux.ts";

const PAGE_SIZE = 4096;
/** PERCPU_MODULE_RESERVE (include/linux/percpu.h), in bytes, and PCPU_MIN_ALLOC_SIZE, to which the static part is rounded up. */
const PERCPU_MODULE_RESERVE = 8192;
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

/**
 * Reads the facts.
 *
 * @throws {VmlinuxError} where the configuration and vmlinux do not go together
 */
export function builtFacts({ release, config, vmlinux, probe }: BuildTree): Omit<BuiltFacts, "exportsCrc32"> {
  const perCpuEnd = config.get("SMP") === "y" ? vmlinux.address("__per_cpu_end") : undefined;
  const reserved = perCpuEnd === undefined ? undefined : (perCpuEnd + PCPU_MIN_ALLOC_SIZE - 1 & -PCPU_MIN_ALLOC_SIZE) >>> 0;
  const pageOffset = Number(config.get("PAGE_OFFSET"));
  if (!(pageOffset > 0)) throw new VmlinuxError("the configuration gives no PAGE_OFFSET");
  const end = vmlinux.address("_end");
  if (end === undefined) throw new VmlinuxError("vmlinux has no _end");
  const functions = [...PUT_INTO_MODULES, ...(config.get("KALLSYMS") === "y" ? [] : STOPPED_AT)];
  return {
    ...readProbe(probe, config),
    release,
    config: loaderOptions(config),
    pageOffset,
    kernelEnd: (end + PAGE_SIZE - 1 & -PAGE_SIZE) >>> 0,
    percpuReserved: reserved === undefined ? undefined : { start: reserved, end: reserved + PERCPU_MODULE_RESERVE },
    symbols: new Map(functions.flatMap((name) => {
      const address = vmlinux.address(name);
      return address === undefined ? [] : [[name, address] as const];
    })),
  };
}
