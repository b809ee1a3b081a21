// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/bug.h and asm-generic/bug.h, and dump_stack() of linux/printk.h.
 *
 * Models: warn_slowpath_fmt() of kernel/panic.c, dump_stack() of lib/dump_stack.c.
 *
 * @module
 */

import { s32 } from "../elf/word.ts";
import { stringAt } from "./memory.ts";
import { dumpStack, warn } from "./oops.ts";
import type { Call, Services } from "./service.ts";
import { vsprintf } from "./vsprintf.ts";

function warnSlowpath({ kernel, cpu, bus, stack, args }: Call): void {
  const [file, line, taint, format] = [args.word(), args.word(), args.word(), args.word()];
  const printText = () => {
    kernel.log.store(vsprintf(kernel, bus, stringAt(bus, format), args));
  };
  const place = `${file === 0 ? "(null)" : stringAt(bus, file)}:${s32(line)}`;
  warn(kernel, cpu, stack, place, taint, format === 0 ? undefined : printText);
}

export const BUG: Services = {
  warn_slowpath_fmt: warnSlowpath,
  dump_stack: ({ kernel, cpu, stack }) => dumpStack(kernel, cpu, stack, kernel.profile.report?.dumpStack ?? []),
};
