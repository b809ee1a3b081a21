// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the kernel calls the faults of a module's code.
 *
 * Models: fsr_info[] and ifsr_info[] of arch/arm/mm/fsr-2level.c, with die_kernel_fault(), do_DataAbort() and do_PrefetchAbort() of
 * arch/arm/mm/fault.c; report_bug() of lib/bug.c; handle_bad_stack() of arch/arm/kernel/traps.c.
 *
 * @module
 */

import type { CpuEvent } from "../cpu/event.ts";
import { hex32, s32 } from "../elf/word.ts";
import { bug, isCallersMemory, pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ALERT, KERN_CRIT, KERN_EMERG, KERN_WARNING } from "../kernel/log.ts";
import type { CallStack, Fault } from "./oops.ts";

/** Fault status: no table for the megabyte, no page, a page that may not be touched like this. */
const SECTION_TRANSLATION = 0x5;
const PAGE_TRANSLATION = 0x7;
const PAGE_PERMISSION = 0xf;
const PAGE_DOMAIN = 0x1b;
/** The domain of a program's memory. */
const USER_DOMAIN = 0x10;
/** FSR_WRITE, and FSR_LNX_PF: a prefetch abort. */
const WRITE = 0x800;
const PREFETCH = 0x80000000;

const CUT_HERE = "8<--- cut here ---";
/** struct bug_entry with file and line: address of the instruction, of the file's name, line, flags. */
const BUG_ENTRY = { size: 12, file: 4, line: 8 };

/** An access that the memory does not allow. */
export function abortFault(kernel: Kernel, { access, address, why }: Extract<CpuEvent, { kind: "abort" }>): Fault {
  const isFetch = access === "execute";
  const tables: readonly [number, string] = [KERN_ALERT, `[${hex32(address).slice(2)}] (page tables)`];
  const isClosed = kernel.profile.report?.swDomainPan ?? true;
  if (isClosed && isCallersMemory(address)) {
    const status = (PAGE_DOMAIN | (access === "write" ? WRITE : 0)).toString(16);
    const { line } = pageFault(address, access);
    const intro = [[KERN_ALERT, CUT_HERE], [KERN_ALERT, line], ...(isFetch ? [] : [tables])] as const;
    return { line, intro, error: `: ${status}`, irqsOff: true };
  }
  const isPermission = why === "permission";
  const { line } = isPermission && isFetch
    ? { line: `Unable to handle kernel execution of memory at virtual address ${hex32(address).slice(2)} when execute` }
    : pageFault(address, access, isClosed);
  const translation = isCallersMemory(address)
    ? PAGE_TRANSLATION | USER_DOMAIN
    : kernel.space.hasTable(address)
    ? PAGE_TRANSLATION
    : SECTION_TRANSLATION;
  const status = (isPermission ? PAGE_PERMISSION : translation) + (access === "write" ? WRITE : isFetch ? PREFETCH : 0);
  const intro = [[KERN_ALERT, CUT_HERE], [KERN_ALERT, line], tables] as const;
  return { line, intro, error: `Oops: ${status.toString(16)}`, irqsOff: false };
}

/** A push below the end of the stack. */
export function overflowFault({ base, top }: CallStack, end: string): Fault {
  return {
    line: `Internal error: kernel stack overflow: 0 [#1]${end}`,
    intro: [
      [KERN_EMERG, "Insufficient stack space to handle exception!"],
      [KERN_EMERG, `Task stack:     [${hex32(base)}..${hex32(top)}]`],
      [KERN_EMERG, "IRQ stack:      [(stack)..(stack)]"],
      [KERN_EMERG, "Overflow stack: [(stack)..(stack)]"],
    ],
    error: "kernel stack overflow: 0",
    irqsOff: true,
    hidesCode: true,
  };
}

/** report_bug(): the place that the module's bug table gives the instruction; for one that it does not have, an undefined instruction. */
export function undefinedFault({ space, modules, config }: Kernel, pc: number): Fault {
  const table = modules.find((mod) => mod.within(pc))?.sections.find(({ name }) => name === "__bug_table");
  for (let at = 0; config("DEBUG_BUGVERBOSE") && table !== undefined && at < table.size; at += BUG_ENTRY.size) {
    const entry = table.address + at;
    if (space.read32(entry) !== pc) continue;
    const place = `${space.cstring(space.read32(entry + BUG_ENTRY.file))}:${s32(space.read16(entry + BUG_ENTRY.line))}`;
    const { line } = bug(config, place);
    const intro = [[KERN_WARNING, "------------[ cut here ]------------"], [KERN_CRIT, line]] as const;
    return { line, intro, error: "Oops - BUG: 0", irqsOff: true };
  }
  const { line } = bug((option) => option !== "DEBUG_BUGVERBOSE" && config(option), "");
  return { line, intro: [], error: "Oops - undefined instruction: 0", irqsOff: true };
}
