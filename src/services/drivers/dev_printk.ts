// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/dev_printk.h: lines about a device.
 *
 * Models: _dev_err() and its like, _dev_printk() and dev_err_probe() of drivers/base/core.c.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { ENOMEM, EPROBE_DEFER, errnoName } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ALERT, KERN_CRIT, KERN_EMERG, KERN_ERR, KERN_INFO, KERN_NOTICE, KERN_WARNING } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Arguments, Call, Service, Services } from "../service.ts";
import { vsprintf } from "../vsprintf.ts";
import { Classes } from "./class.ts";
import { deviceName, field, placedField } from "./device_fields.ts";

/** dev_driver_string(): the name of the driver, or else of the bus, or else of the class. */
function driverString(call: Call, device: number): string {
  const { bus } = call;
  const holder = field(call, device, "driver") || field(call, device, "bus");
  if (holder !== 0) return stringAt(bus, u32(bus.read32(holder)));
  const classAddress = placedField(call, device, "class");
  const known = call.state(Classes).find(call, classAddress);
  if (classAddress !== 0 && known === undefined) throw new NotModelled("the name of a class of the kernel's own");
  return known?.name ?? "";
}

/** How a line about a device begins. */
function prefixOf(call: Call, device: number): string {
  return device === 0 ? "(NULL device *): " : `${driverString(call, device)} ${deviceName(call, device)}: `;
}

function print(call: Call, level: number, device: number, format: number, args: Arguments): void {
  const { kernel, bus } = call;
  const text = vsprintf(kernel, bus, stringAt(bus, format), args);
  kernel.log.store(`\x01${level}${prefixOf(call, device)}${text}`);
}

function atLevel(level: number): Service {
  return (call) => print(call, level, call.args.word(), call.args.word(), call.args);
}

/** dev_err_probe(): what is deferred, and want of memory, is not said. */
function errorOfProbe(call: Call): number {
  const { args, kernel, bus } = call;
  const [device, error, format] = [args.word(), args.word() | 0, args.word()];
  const text = vsprintf(kernel, bus, stringAt(bus, format), args);
  if (error === -EPROBE_DEFER || error === -ENOMEM) return error;
  kernel.log.store(`\x01${KERN_ERR}${prefixOf(call, device)}error -${errnoName(-error)}: ${text}`);
  return error;
}

export const DEV_PRINTK: Services = {
  _dev_emerg: atLevel(KERN_EMERG),
  _dev_alert: atLevel(KERN_ALERT),
  _dev_crit: atLevel(KERN_CRIT),
  _dev_err: atLevel(KERN_ERR),
  _dev_warn: atLevel(KERN_WARNING),
  _dev_notice: atLevel(KERN_NOTICE),
  _dev_info: atLevel(KERN_INFO),
  _dev_printk: (call) => {
    const [level, device, format] = [stringAt(call.bus, call.args.word()), call.args.word(), call.args.word()];
    print(call, Number(level[1]), device, format, call.args);
  },
  dev_err_probe: errorOfProbe,
};
