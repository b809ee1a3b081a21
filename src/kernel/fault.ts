// SPDX-License-Identifier: GPL-2.0-only
/**
 * How a call into the modelled kernel can end without a return value. Both are raised as exceptions, because they cut through every
 * frame of the loader just as the real thing does, and become part of the step's outcome at the system call's edge.
 *
 * @module
 */

import { hex32, u32 } from "../elf/word.ts";

/** The kernel oopses (an Oops kills the calling process) or dies: a value of the modelled thing, like an errno. */
export class KernelFault extends Error {
  override name = "KernelFault";

  /**
   * @param kind an Oops leaves the kernel running, a crash does not
   * @param line the first line of the kernel's report
   */
  constructor(readonly kind: "oops" | "crash", readonly line: string) {
    super(line);
  }
}

/** The model does not cover what the kernel does here. Never a pass, never a refusal. */
export class NotModelled extends Error {
  override name = "NotModelled";

  /** @param what the kernel function, and what in it is missing */
  constructor(readonly what: string) {
    super(`Not modelled: ${what}`);
  }
}

/** What the kernel does here depends on a fact of it that its profile does not have. */
export class UnknownFact extends NotModelled {
  override name = "UnknownFact";

  /**
   * @param fact what is not known
   * @param source what would tell it
   * @param symbol the symbol of which it is not known
   */
  constructor(readonly fact: string, readonly source: string, readonly symbol = "") {
    super(`unknown: ${symbol === "" ? fact : `${fact} ${symbol}`}; ${source} tells it`);
  }
}

/**
 * The addresses below have a page table, because the caller's program is there, and the kernel closes the user's domain to itself
 * (CPU_SW_DOMAIN_PAN). The machine looks at the domain before it looks at the page.
 */
const CALLER_END = 0x200000;

/** Whether an address is in the part of the caller's memory that has a table of pages. */
export function isCallersMemory(address: number): boolean {
  return u32(address) < CALLER_END;
}

/**
 * The fault of an access to an unmapped address.
 *
 * Source: arch/arm/mm/fault.c, die_kernel_fault(), and do_DataAbort() for a fault that has no handler.
 *
 * @param address where, 32 bits unsigned
 * @param isClosed whether the kernel closes the caller's memory to itself (CONFIG_CPU_SW_DOMAIN_PAN)
 */
export function pageFault(address: number, access: "read" | "write" | "execute", isClosed = true): KernelFault {
  if (isClosed && isCallersMemory(address)) {
    const status = access === "write" ? "81b" : "01b";
    const name = access === "execute" ? "prefetch abort" : "fault";
    return new KernelFault("oops", `Unhandled ${name}: page domain fault (0x${status}) at ${hex32(address)}`);
  }
  const what = u32(address) < 4096 ? "NULL pointer dereference" : "paging request";
  return new KernelFault(
    "oops",
    `Unable to handle kernel ${what} at virtual address ${hex32(address).slice(2)} when ${access}`,
  );
}

/**
 * BUG() or BUG_ON(): where the kernel keeps no place of it, the Oops of the instruction that it is.
 *
 * Source: arch/arm/include/asm/bug.h; __die() in arch/arm/kernel/traps.c.
 *
 * @param config whether an option is on
 * @param where source file and line of 6.12.107
 */
export function bug(config: (option: string) => boolean, where: string): KernelFault {
  if (config("DEBUG_BUGVERBOSE")) return new KernelFault("oops", `kernel BUG at ${where}!`);
  const kind = `${config("PREEMPT") ? " PREEMPT" : ""}${config("SMP") ? " SMP" : ""} ${
    config("THUMB2_KERNEL") ? "THUMB2" : "ARM"
  }`;
  return new KernelFault("oops", `Internal error: Oops - undefined instruction: 0 [#1]${kind}`);
}

/** __fortify_panic(): a string function ran past the end of its array (CONFIG_FORTIFY_SOURCE). */
export function fortifyPanic(config: (option: string) => boolean): KernelFault {
  return bug(config, "lib/string_helpers.c:1040");
}
