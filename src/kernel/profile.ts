// SPDX-License-Identifier: GPL-2.0-only
/**
 * A kernel profile: the facts of one built and booted kernel that the loader's answers depend on.
 *
 * @module
 */

import type { DeviceFacts } from "./device_facts.ts";
import type { AddressRange } from "./execmem.ts";
import type { KernelExports } from "./exports.ts";

/** What is wrong with a profile: where, what stands there, what belongs there. */
export class ProfileError extends Error {
  override name = "ProfileError";
}

/** Offset and size in bytes of a field. */
export type FieldPlace = readonly [offset: number, size: number];

/** `struct module` of one kernel. */
export interface StructModule {
  /** sizeof(struct module). */
  readonly size: number;
  /** Whether not all fields that the kernel has are named in `fields`. */
  readonly isLearnt?: boolean;
  readonly fields: ReadonlyMap<string, FieldPlace>;
  /** The fields whose values are not compared between two boots; `[]` in a name stands for any index. */
  readonly maskedFields: readonly string[];
}

/** The kernel's trace events as boot leaves them. */
export interface TraceEventFacts {
  /** Address of the list of all events, ftrace_events. */
  readonly list: number;
  /** Its first entry. */
  readonly newest: number;
  /** Address of the hash table by type, event_hash. */
  readonly hash: number;
  /** The first entry of each of its buckets. */
  readonly hashHeads: readonly number[];
  /** The lowest type that no event has. */
  readonly firstType: number;
}

/** What the loader knows of the machine that the kernel booted on. */
export interface Machine {
  /** is_smp(): whether the kernel found a multiprocessor, so that `.alt.smp.init` stays unpatched. */
  readonly smp: boolean;
  /** Physical address of the kernel's first byte of memory, less PAGE_OFFSET: what `.pv_table` sites get. */
  readonly pvOffset: number;
  /** Pages that vmalloc() can find for modules and for the copies of their files. */
  readonly freePages: number;
  /** nr_free_buffer_pages(): pages above the high watermarks; absent where they are not known. */
  readonly freeBufferPages?: number;
  /** Areas of vmalloc space that the booted kernel holds, guard pages included. */
  readonly vmallocTaken: readonly AddressRange[];
  /** The kernel's static keys that boot has switched: by address, whether they are on now. */
  readonly changedStaticKeys: ReadonlyMap<number, boolean>;
  /** Names under /sys/module of what is built in. */
  readonly builtinModules: ReadonlySet<string>;
  /** Where the reserved per-CPU chunk for modules begins, as a per-CPU pointer, and its size in bytes. */
  readonly percpuReserved: AddressRange;
  /** Whether that is not known, and stood in for by a chunk that is larger. */
  readonly percpuIsStandIn?: boolean;
  /** Absent where they are not known: what registering a module's events writes is then not modelled. */
  readonly traceEvents?: TraceEventFacts;
  /** Absent where they are not known: what registers with the driver core is then not modelled. */
  readonly devices?: DeviceFacts;
  /** Names and numbers under which the kernel itself has registered what it is made of: file systems, algorithms, protocols; by kind. */
  readonly registered: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Offsets in struct task_struct, as far as the profile tells them. */
export interface TaskStruct {
  /** TSK_STACK_CANARY: where the stack protector's canary is, with STACKPROTECTOR_PER_TASK. */
  readonly stackCanary: number | undefined;
}

/** An object of the booted kernel. */
export interface ObjectImage {
  /** Where it was. */
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** Its words that are not zero, by offset. */
  readonly words: ReadonlyMap<number, number>;
}

/** What a kernel's reports of a fault show of itself: its own functions on the stack, with the places that its compiler gave the calls. */
export interface ReportFacts {
  /** What stands behind the release: `#1  Debian 6.12.107-1`. */
  readonly version: string;
  readonly hardware: string;
  /** Whether the kernel closes the caller's memory to itself (CONFIG_CPU_SW_DOMAIN_PAN). */
  readonly swDomainPan: boolean;
  /** Whether an overflow of the stack is caught (CONFIG_VMAP_STACK). */
  readonly vmapStack: boolean;
  /** The function that looks at the stack: `unwind_backtrace`. */
  readonly unwinder: string;
  /** Its callers, for dump_stack(), WARN() with a text and without, up to the function that the module calls. */
  readonly dumpStack: readonly string[];
  readonly warn: readonly string[];
  readonly warnOn: readonly string[];
  /** Where do_init_module() shows the stack behind init that returned a positive number. */
  readonly suspicious: string;
  /** Where a division by zero shows the stack; undefined where the processor divides, and gives 0. */
  readonly div0: string | undefined;
  /** What calls a module's init or exit function. */
  readonly calls: Readonly<Record<SystemCall, CallFacts>>;
}

/** The system calls that come to a module's code. */
export type SystemCall = "init_module" | "finit_module" | "delete_module";

/** The kernel's functions between a system call and a module's function. */
export interface CallFacts {
  /** From the inside to the system call. */
  readonly callers: readonly string[];
  /** Bytes that they have on the stack. */
  readonly depth: number;
}

/**
 * The facts of one kernel. One whose profile was learnt from files may lack facts: asking for a fact that nobody told then throws
 * {@link UnknownFact}.
 */
export interface KernelProfile {
  /**
   * Learnt from what a user of the kernel has, not from the booted kernel. What only shows in bytes and in the places of vmalloc space is
   * stood in for, and not told: addresses of exports, the rest of struct module, the machine, which is taken to have room enough, and names
   * that are free.
   */
  readonly isLearnt: boolean;
  /** uname -r. */
  readonly release: string;
  /** A short name. */
  readonly alias: string;
  /** VERMAGIC_STRING. */
  readonly vermagic: string;
  /** Names of the options that are `y`, without CONFIG_. */
  readonly config: ReadonlySet<string>;
  /** [MODULES_VADDR, MODULES_END). */
  readonly modules: AddressRange;
  /** [VMALLOC_START, VMALLOC_END). */
  readonly vmalloc: AddressRange;
  /** PAGE_OFFSET. */
  readonly pageOffset: number;
  /** The first page behind the kernel's image, `_end`; undefined where the profile does not tell. */
  readonly kernelEnd: number | undefined;
  readonly structModule: StructModule;
  readonly taskStruct: TaskStruct;
  /** Objects of the booted kernel that modules look into: `init_net`. */
  readonly objects: ReadonlyMap<string, ObjectImage>;
  /** Offsets of fields, and `size`, of structs whose layout the configuration decides; by struct and field. Bytes. */
  readonly offsets: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Bytes of exported variables as boot leaves them, by name: those that modules' code reads. */
  readonly variables: ReadonlyMap<string, Uint8Array>;
  /** Undefined where the profile does not know them. */
  readonly report?: ReportFacts;
  readonly machine: Machine;
  /** Addresses of the few symbols of the kernel that the loader itself uses. */
  readonly symbols: ReadonlyMap<string, number>;
  readonly exports: KernelExports;
  /** Certificates built into the kernel, in DER. */
  readonly trustedKeys: readonly Uint8Array[];
}

/**
 * MODULES_VADDR and MODULES_END as arch/arm/include/asm/memory.h derives them from the configuration.
 *
 * @param xipEnd the first address after the text of an XIP kernel, rounded up to 2 MiB; modules begin there
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moduleArea } from "./profile.ts";
 * assertEquals(moduleArea(new Set(["HIGHMEM"]), 0xc0000000), { start: 0xbf000000, end: 0xbfe00000 });
 * assertEquals(moduleArea(new Set(["THUMB2_KERNEL"]), 0xc0000000), { start: 0xbf800000, end: 0xc0000000 });
 * ```
 */
export function moduleArea(config: ReadonlySet<string>, pageOffset: number, xipEnd?: number): AddressRange {
  const PMD_SIZE = 0x200000;
  const start = pageOffset - (config.has("THUMB2_KERNEL") ? 0x800000 : 0x1000000);
  return {
    start: config.has("XIP_KERNEL") && xipEnd !== undefined ? xipEnd : start,
    end: config.has("HIGHMEM") ? pageOffset - PMD_SIZE : pageOffset,
  };
}

/** Where in the linear map kmalloc()'s memory is taken to begin, if the kernel's end is not known: above any kernel image. */
const HEAP_OFFSET = 0x2000000;

/** The part of the linear map that kmalloc()'s memory comes from. */
export function heapArea({ pageOffset, kernelEnd, vmalloc }: KernelProfile): AddressRange {
  return { start: kernelEnd ?? pageOffset + HEAP_OFFSET, end: vmalloc.start };
}
