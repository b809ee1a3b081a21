// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services of linux/tty_driver.h, linux/tty_ldisc.h and linux/serial_core.h for registering.
 *
 * Models: __tty_alloc_driver(), tty_register_driver() and tty_register_device_attr() of drivers/tty/tty_io.c, tty_register_ldisc() of
 * drivers/tty/tty_ldisc.c, uart_register_driver() of drivers/tty/serial/serial_core.c.
 *
 * @module
 */

import { s32, u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { offsetOf } from "../layout.ts";
import { bytesAt, putBytes, stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { kernelFunction, unexported } from "../unexported.ts";
import { add, create, Devices, unregister } from "./device.ts";
import { placedField } from "./device_fields.ts";
import { mkdev, registerRegion, unregisterRegion } from "./fs_char.ts";
import { setName } from "../core/struct_kobject.ts";
import { Owned } from "./owned.ts";

/** struct tty_driver. */
const TTY_DRIVER = {
  size: 124,
  kref: 0,
  cdevs: 4,
  owner: 8,
  driverName: 12,
  name: 16,
  nameBase: 20,
  major: 24,
  minorStart: 28,
  num: 32,
  type: 36,
  subtype: 38,
  initTermios: 40,
  flags: 84,
  ttys: 96,
  ports: 100,
  termios: 104,
  driverState: 108,
  ops: 112,
};
/** Flags of linux/tty_driver.h. */
const INSTALLED = 1 << 0;
const REAL_RAW = 1 << 2;
const DYNAMIC_DEV = 1 << 3;
const DEVPTS_MEM = 1 << 4;
const DYNAMIC_ALLOC = 1 << 6;
const UNNUMBERED_NODE = 1 << 7;
const [TYPE_SERIAL, TYPE_PTY, SERIAL_TYPE_NORMAL] = [3, 4, 1];
/** struct ktermios; B9600 | CS8 | CREAD | HUPCL | CLOCAL. */
const KTERMIOS = { size: 44, cflag: 8, ispeed: 36, ospeed: 40 };
const UART_CFLAG = 0o15 | 0o60 | 0o200 | 0o2000 | 0o4000;
const UART_SPEED = 9600;
/** struct uart_driver. */
const UART_DRIVER = { owner: 0, driverName: 4, devName: 8, major: 12, minor: 16, nr: 20, state: 28, ttyDriver: 32 };
const [N_TTY, NR_LDISCS] = [0, 31];

class LineDisciplines {
  readonly registered = new Owned<number>();
}

function isError(pointer: number): boolean {
  return s32(pointer) < 0 && s32(pointer) >= -4095;
}

/** __tty_alloc_driver(). @returns the driver, or minus an errno */
function allocate(call: Call, lines: number, owner: number, flags: number): number {
  const { bus, kernel } = call;
  if (lines === 0 || ((flags & UNNUMBERED_NODE) !== 0 && lines > 1)) return -EINVAL;
  const driver = kernel.slab.kmalloc(TTY_DRIVER.size);
  const put = (offset: number, value: number) => bus.write32(driver + offset, value);
  put(TTY_DRIVER.kref, 1);
  put(TTY_DRIVER.num, lines);
  put(TTY_DRIVER.owner, owner);
  put(TTY_DRIVER.flags, flags);
  const array = (count: number) => kernel.slab.kmalloc(4 * count);
  if ((flags & DEVPTS_MEM) === 0) {
    put(TTY_DRIVER.ttys, array(lines));
    put(TTY_DRIVER.termios, array(lines));
  }
  if ((flags & DYNAMIC_ALLOC) === 0) put(TTY_DRIVER.ports, array(lines));
  put(TTY_DRIVER.cdevs, array((flags & DYNAMIC_ALLOC) === 0 ? lines : 1));
  return driver;
}

/** tty_driver_kref_put(): with the last reference, the arrays go too. */
function putDriver({ bus, kernel }: Call, driver: number): void {
  const references = bus.read32(driver + TTY_DRIVER.kref) - 1;
  bus.write32(driver + TTY_DRIVER.kref, references);
  if (references !== 0) return;
  const { cdevs, ports, termios, ttys } = TTY_DRIVER;
  for (const array of [cdevs, ports, termios, ttys]) kernel.slab.kfree(u32(bus.read32(driver + array)));
  kernel.slab.kfree(driver);
}

/** tty_line_name(). */
function lineName({ bus }: Call, driver: number, index: number): string {
  if (bus.read16(driver + TTY_DRIVER.type) === TYPE_PTY) throw new NotModelled("pty_line_name()");
  const name = stringAt(bus, u32(bus.read32(driver + TTY_DRIVER.name)));
  if ((bus.read32(driver + TTY_DRIVER.flags) & UNNUMBERED_NODE) !== 0) return name;
  return `${name}${index + bus.read32(driver + TTY_DRIVER.nameBase)}`;
}

/** tty_register_device_attr(). @returns the device, or minus an errno */
function registerDevice(call: Call, driver: number, index: number, parent: number, data: number, groups: number): number {
  const { bus, kernel } = call;
  const field = (offset: number) => bus.read32(driver + offset);
  if (index >= u32(field(TTY_DRIVER.num))) {
    const name = stringAt(bus, u32(field(TTY_DRIVER.name)));
    kernel.printk(KERN_ERR, `${name}: Attempt to register invalid tty line number (${s32(index)})`);
    return -EINVAL;
  }
  const devt = mkdev(field(TTY_DRIVER.major), field(TTY_DRIVER.minorStart)) + index;
  const device = create(call, { class: unexported(call, "tty_class"), parent, devt, data, groups });
  setName(call, device, lineName(call, driver, index));
  const error = add(call, device);
  return error === 0 ? device : error;
}

function unregisterDevice(call: Call, driver: number, index: number): void {
  const devt = mkdev(call.bus.read32(driver + TTY_DRIVER.major), call.bus.read32(driver + TTY_DRIVER.minorStart)) + index;
  const found = call.state(Devices).added.all(call).find(({ device }) => placedField(call, device, "devt") === devt);
  if (found !== undefined) unregister(call, found.device);
}

/** tty_register_driver(). @returns 0 or minus an errno */
function registerDriver(call: Call, driver: number): number {
  const { bus } = call;
  const field = (offset: number) => bus.read32(driver + offset);
  const asked = field(TTY_DRIVER.major);
  const [first, lines] = [field(TTY_DRIVER.minorStart), field(TTY_DRIVER.num)];
  const major = registerRegion(call, asked, first, lines, u32(field(TTY_DRIVER.name)));
  if (major < 0) return major;
  bus.write32(driver + TTY_DRIVER.major, major);
  for (let i = 0; (field(TTY_DRIVER.flags) & DYNAMIC_DEV) === 0 && i < lines; i++) {
    const device = registerDevice(call, driver, i, 0, 0, 0);
    if (isError(device)) throw new NotModelled(`tty_register_driver() whose line ${i} is refused`);
  }
  bus.write32(driver + TTY_DRIVER.flags, field(TTY_DRIVER.flags) | INSTALLED);
  return 0;
}

function unregisterDriver(call: Call, driver: number): void {
  const { bus } = call;
  const field = (offset: number) => bus.read32(driver + offset);
  const lines = field(TTY_DRIVER.num);
  unregisterRegion(call, field(TTY_DRIVER.major), field(TTY_DRIVER.minorStart), lines);
  for (let i = 0; (field(TTY_DRIVER.flags) & DYNAMIC_DEV) === 0 && i < lines; i++) unregisterDevice(call, driver, i);
}

function registerLineDiscipline(call: Call): number {
  const ops = call.args.word();
  const number = call.bus.read32(ops + 4);
  if (number < N_TTY || number >= NR_LDISCS) return -EINVAL;
  call.state(LineDisciplines).registered.add(call, ops, ops);
  return 0;
}

/** uart_register_driver(): a tty driver with a state for each port. */
function registerUart(call: Call): number {
  const { bus, kernel } = call;
  const uart = call.args.word();
  const field = (offset: number) => u32(bus.read32(uart + offset));
  if (field(UART_DRIVER.state) !== 0) throw new NotModelled("BUG() of uart_register_driver()");
  const lines = field(UART_DRIVER.nr);
  const state = kernel.slab.kmalloc(lines * offsetOf(call, "uart_state", "size"));
  bus.write32(uart + UART_DRIVER.state, state);
  const driver = allocate(call, lines, field(UART_DRIVER.owner), REAL_RAW | DYNAMIC_DEV);
  if (isError(driver)) {
    kernel.slab.kfree(state);
    return driver;
  }
  bus.write32(uart + UART_DRIVER.ttyDriver, driver);
  const put = (offset: number, value: number) => bus.write32(driver + offset, value);
  put(TTY_DRIVER.driverName, field(UART_DRIVER.driverName));
  put(TTY_DRIVER.name, field(UART_DRIVER.devName));
  put(TTY_DRIVER.major, field(UART_DRIVER.major));
  put(TTY_DRIVER.minorStart, field(UART_DRIVER.minor));
  put(TTY_DRIVER.type, TYPE_SERIAL | (SERIAL_TYPE_NORMAL << 16));
  putBytes(bus, driver + TTY_DRIVER.initTermios, bytesAt(bus, kernelFunction(call, "tty_std_termios"), KTERMIOS.size));
  put(TTY_DRIVER.initTermios + KTERMIOS.cflag, UART_CFLAG);
  put(TTY_DRIVER.initTermios + KTERMIOS.ispeed, UART_SPEED);
  put(TTY_DRIVER.initTermios + KTERMIOS.ospeed, UART_SPEED);
  put(TTY_DRIVER.driverState, uart);
  put(TTY_DRIVER.ops, unexported(call, "uart_ops"));
  const error = registerDriver(call, driver);
  if (error >= 0) return error;
  putDriver(call, driver);
  kernel.slab.kfree(state);
  return error;
}

function unregisterUart(call: Call): void {
  const { bus, kernel } = call;
  const uart = call.args.word();
  const driver = u32(bus.read32(uart + UART_DRIVER.ttyDriver));
  unregisterDriver(call, driver);
  putDriver(call, driver);
  kernel.slab.kfree(u32(bus.read32(uart + UART_DRIVER.state)));
  bus.write32(uart + UART_DRIVER.state, 0);
  bus.write32(uart + UART_DRIVER.ttyDriver, 0);
}

export const TTY: Services = {
  __tty_alloc_driver: (call) => allocate(call, call.args.word(), call.args.word(), call.args.word()),
  tty_driver_kref_put: (call) => putDriver(call, call.args.word()),
  tty_register_driver: (call) => registerDriver(call, call.args.word()),
  tty_unregister_driver: (call) => unregisterDriver(call, call.args.word()),
  tty_register_device: (call) => registerDevice(call, call.args.word(), call.args.word(), call.args.word(), 0, 0),
  tty_register_device_attr: (call) => {
    const { args } = call;
    return registerDevice(call, args.word(), args.word(), args.word(), args.word(), args.word());
  },
  tty_unregister_device: (call) => unregisterDevice(call, call.args.word(), call.args.word()),
  tty_register_ldisc: registerLineDiscipline,
  tty_unregister_ldisc: (call) => {
    call.state(LineDisciplines).registered.remove(call.args.word());
  },
  uart_register_driver: registerUart,
  uart_unregister_driver: unregisterUart,
};
