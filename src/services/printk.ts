// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/printk.h and linux/sprintf.h.
 *
 * Models: _printk() and vprintk() of kernel/printk/; snprintf(), scnprintf(), sprintf() and their v-forms of lib/vsprintf.c, kasprintf() of
 * lib/kasprintf.c.
 *
 * @module
 */

import { s32 } from "../elf/word.ts";
import { NotModelled } from "../kernel/fault.ts";
import { putString, stringAt } from "./memory.ts";
import { type Arguments, type Call, type Services, VaList } from "./service.ts";
import { vsprintf } from "./vsprintf.ts";

/** The text that format and arguments make. */
function formatted({ kernel, bus }: Call, format: number, args: Arguments): string {
  return vsprintf(kernel, bus, stringAt(bus, format), args);
}

function printk(call: Call, args: (call: Call) => Arguments): number {
  const format = call.args.word();
  return call.kernel.log.store(formatted(call, format, args(call)));
}

/** The arguments behind those that have been taken. */
const variable = ({ args }: Call): Arguments => args;
/** The va_list that is the next argument. */
const listed = ({ args, bus }: Call): Arguments => new VaList(bus, args.word());

/** vsnprintf() into memory of a size. @returns what would be written, without the NUL */
function print(call: Call, args: (call: Call) => Arguments): { length: number; size: number } {
  const [buffer, size, format] = [call.args.word(), call.args.word(), call.args.word()];
  if (s32(size) < 0) throw new NotModelled(`vsnprintf(): a buffer of ${size} bytes`);
  const text = formatted(call, format, args(call));
  if (size > 0) putString(call.bus, buffer, text.slice(0, size - 1));
  return { length: text.length, size };
}

function printAll(call: Call, args: (call: Call) => Arguments): number {
  const [buffer, format] = [call.args.word(), call.args.word()];
  const text = formatted(call, format, args(call));
  putString(call.bus, buffer, text);
  return text.length;
}

/** scnprintf(): what was written. */
function written({ length, size }: { length: number; size: number }): number {
  return size === 0 ? 0 : Math.min(length, size - 1);
}

function printIntoNew(call: Call, args: (call: Call) => Arguments): number {
  const [, format] = [call.args.word(), call.args.word()];
  const text = formatted(call, format, args(call));
  const address = call.kernel.slab.kmalloc(text.length + 1);
  if (address !== 0) putString(call.bus, address, text);
  return address;
}

export const PRINTK: Services = {
  _printk: (call) => printk(call, variable),
  vprintk: (call) => printk(call, listed),
  snprintf: (call) => print(call, variable).length,
  vsnprintf: (call) => print(call, listed).length,
  scnprintf: (call) => written(print(call, variable)),
  vscnprintf: (call) => written(print(call, listed)),
  sprintf: (call) => printAll(call, variable),
  vsprintf: (call) => printAll(call, listed),
  kasprintf: (call) => printIntoNew(call, variable),
  kvasprintf: (call) => printIntoNew(call, listed),
};
