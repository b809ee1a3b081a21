// SPDX-License-Identifier: GPL-2.0-only
/**
 * Buses with their devices and drivers, and the registration of drivers.
 *
 * Models: driver_register(), driver_unregister() and driver_attach() of drivers/base, with what a caller sees of them. What the machine
 * has before any module is in the profile's `devices.toml`. A driver that would be given one of those devices is not modelled: the kernel
 * would call its probe function with a structure of which nothing is known.
 *
 * @module
 */

import { hex32, u32 } from "../../elf/word.ts";
import { EBUSY, EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR, KERN_WARNING } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { amba, type Match, platform } from "./match.ts";
import { Owned } from "./owned.ts";
import { field } from "./device_fields.ts";
import { detach, matchDevice, probeDevice } from "./probe.ts";

/** struct device_driver. */
export const DEVICE_DRIVER = {
  name: 0,
  bus: 4,
  owner: 8,
  modName: 12,
  suppressBindAttrs: 16,
  probeType: 20,
  ofMatchTable: 24,
  probe: 32,
  remove: 40,
  shutdown: 44,
  groups: 56,
  devGroups: 60,
  p: 72,
};

/** struct bus_type. */
export const BUS_TYPE = {
  size: 84,
  name: 0,
  devName: 4,
  match: 20,
  uevent: 24,
  probe: 28,
  remove: 36,
  shutdown: 40,
  dmaConfigure: 68,
};
/** What the field `p` of a driver points to: struct driver_private, which only the driver core looks into. */
const DRIVER_PRIVATE_SIZE = 96;

/** A device on a bus. */
export interface Device {
  /** dev_name(). */
  readonly name: string;
  readonly modalias: string;
  /** The driver that it is bound to. */
  driver: string | undefined;
  /** struct device; 0 for a device that the machine has before any module, of which nothing else is known. */
  readonly address: number;
}

/** A driver of a module. */
export interface Driver {
  readonly name: string;
  /** struct device_driver. */
  readonly address: number;
}

export interface Bus {
  readonly name: string;
  /** struct bus_type. */
  readonly address: number;
  /** Those of the machine, and those of modules. */
  readonly facts: readonly Device[];
  readonly devices: Owned<Device>;
  /** Names of the drivers that are built in, and those of modules. */
  readonly builtin: readonly string[];
  readonly drivers: Owned<Driver>;
  /** struct notifier_block of each that is told of devices. */
  readonly notifiers: Owned<number>;
  /** The kernel's own: how it matches, where that is known. The bus of a module has a function of its own. */
  readonly own?: { readonly match: Match | undefined };
}

/** The kernel's own buses that it exports, by the names of the variables; and how they match, where devices wait for a driver. */
const SYMBOLS: Readonly<Record<string, string>> = {
  amba: "amba_bustype",
  auxiliary: "auxiliary_bus_type",
  i2c: "i2c_bus_type",
  pci: "pci_bus_type",
  platform: "platform_bus_type",
  serio: "serio_bus",
  spi: "spi_bus_type",
};
const MATCHES: Readonly<Record<string, Match>> = { amba, platform };

/** The buses that there are. */
export class Buses {
  readonly #own: Bus[] = [];
  readonly #buses = new Owned<Bus>();

  /** The kernel's own bus of this name. */
  own({ kernel: { profile }, objects }: Call, name: string): Bus {
    const known = this.#own.find((bus) => bus.name === name);
    if (known !== undefined) return known;
    const { devices } = profile.machine;
    if (devices === undefined) throw new NotModelled(`bus ${name}, of whose devices the profile does not tell`);
    const facts = devices.buses.get(name);
    if (facts === undefined) throw new NotModelled(`bus ${name}, which the kernel does not have`);
    const bus: Bus = {
      name,
      address: profile.exports.find(SYMBOLS[name] ?? "")?.value ?? objects.reserve(`bus ${name}`, BUS_TYPE.size),
      facts: facts.devices.map((device) => ({ ...device, address: 0 })),
      devices: new Owned(),
      builtin: facts.drivers,
      drivers: new Owned(),
      notifiers: new Owned(),
      own: { match: MATCHES[name] },
    };
    this.#own.push(bus);
    const text = objects.reserve(`name of bus ${name}`, name.length + 1);
    objects.know(text, Array.from(`${name}\0`, (character) => character.charCodeAt(0)));
    objects.know32(bus.address + BUS_TYPE.name, text);
    return bus;
  }

  /** The bus that a struct bus_type is; undefined where none is registered there. */
  find(call: Call, address: number): Bus | undefined {
    const name = Object.keys(SYMBOLS).find((each) => call.kernel.profile.exports.find(SYMBOLS[each])?.value === address);
    const isIt = (bus: Bus) => bus.address === address;
    if (name !== undefined) return this.own(call, name);
    return this.#own.find(isIt) ?? this.#buses.all(call).find(isIt);
  }

  /** As {@link find}, for a bus that there has to be. */
  at(call: Call, address: number): Bus {
    const found = this.find(call, address);
    if (found === undefined) throw new NotModelled(`the bus at ${hex32(address)}, which is not registered`);
    return found;
  }

  /** bus_register() of a module's bus. */
  add(call: Call, address: number): void {
    const { kernel: { profile }, bus: memory } = call;
    const name = stringAt(memory, u32(memory.read32(address + BUS_TYPE.name)));
    if (profile.machine.devices === undefined) throw new NotModelled("the kernel's own buses, which the profile does not tell");
    if (profile.machine.devices.buses.has(name) || this.#buses.all(call).some((bus) => bus.name === name)) {
      throw new NotModelled(`bus ${name} a second time: "sysfs: cannot create duplicate filename" and a dump`);
    }
    const lists = {
      facts: [],
      devices: new Owned<Device>(),
      builtin: [],
      drivers: new Owned<Driver>(),
      notifiers: new Owned<number>(),
    };
    this.#buses.add(call, { name, address, ...lists }, address);
  }

  remove(bus: Bus): void {
    this.#buses.remove(bus);
  }
}

/** The name of a driver. */
export function driverName({ bus }: Call, driver: number): string {
  return stringAt(bus, u32(bus.read32(driver + DEVICE_DRIVER.name)));
}

/** A driver that has functions which its bus has, too, is told of it. */
function warnOfOldMethods({ bus: memory, kernel }: Call, driver: number, bus: Bus, name: string): void {
  const isTwice = (["probe", "remove", "shutdown"] as const).some((method) =>
    memory.read32(driver + DEVICE_DRIVER[method]) !== 0 && memory.read32(bus.address + BUS_TYPE[method]) !== 0
  );
  if (isTwice) kernel.printk(KERN_WARNING, `Driver '${name}' needs updating - please use bus_type methods`);
}

/**
 * driver_register().
 *
 * @param driver struct device_driver, whose bus is set
 * @returns 0 or a negative errno
 */
export function driverRegister(call: Call, driver: number): number {
  const { bus: memory, kernel } = call;
  const busAddress = u32(memory.read32(driver + DEVICE_DRIVER.bus));
  const bus = call.state(Buses).find(call, busAddress);
  const name = driverName(call, driver);
  if (bus === undefined) {
    const busName = stringAt(memory, u32(memory.read32(busAddress + BUS_TYPE.name)));
    const why = `was unable to register with bus_type '${busName}' because the bus was not initialized.`;
    kernel.printk(KERN_ERR, `Driver '${name}' ${why}`);
    return -EINVAL;
  }
  if (bus.own === undefined) warnOfOldMethods(call, driver, bus, name);
  if (bus.builtin.includes(name) || bus.drivers.all(call).some((each) => each.name === name)) {
    kernel.printk(KERN_ERR, `Error: Driver '${name}' is already registered, aborting...`);
    return -EBUSY;
  }
  memory.write32(driver + DEVICE_DRIVER.p, kernel.slab.kmalloc(DRIVER_PRIVATE_SIZE));
  bus.drivers.add(call, { name, address: driver }, driver);
  driverAttach(call, bus, driver);
  return 0;
}

/** driver_attach(): offers the driver all devices of the bus. */
function driverAttach(call: Call, bus: Bus, driver: number): void {
  for (const device of [...bus.facts, ...bus.devices.all(call)]) {
    if (matchDevice(call, bus, driver, device) > 0) probeDevice(call, bus, driver, device);
  }
}

/** As {@link driverRegister}, for a driver of one of the kernel's own buses. */
export function registerOn(call: Call, busName: string, driver: number): number {
  call.bus.write32(driver + DEVICE_DRIVER.bus, call.state(Buses).own(call, busName).address);
  return driverRegister(call, driver);
}

/** driver_unregister(): its devices lose it. */
export function driverUnregister(call: Call, driver: number): void {
  const { bus: memory, kernel } = call;
  const bus = call.state(Buses).at(call, u32(memory.read32(driver + DEVICE_DRIVER.bus)));
  const name = driverName(call, driver);
  const known = bus.drivers.all(call).find(({ address }) => address === driver);
  if (known === undefined) throw new NotModelled(`driver_unregister() of ${name}, which is not registered`);
  for (const device of bus.devices.all(call).toReversed()) {
    if (device.driver === name) detach(call, bus, driver, device);
  }
  bus.drivers.remove(known);
  kernel.slab.kfree(u32(memory.read32(driver + DEVICE_DRIVER.p)));
  memory.write32(driver + DEVICE_DRIVER.p, 0);
}

/** Whether a device on a bus has a driver of this kind: what bus_for_each_dev() finds. */
export function hasDevice(call: Call, bus: Bus, driver: number): boolean {
  return bus.devices.all(call).some(({ address }) => field(call, address, "driver") === driver);
}

/** driver_find(): by name, on a bus. */
function findDriver(call: Call): number {
  const [name, address] = [stringAt(call.bus, call.args.word()), call.args.word()];
  const bus = call.state(Buses).find(call, address);
  if (bus?.builtin.includes(name)) throw new NotModelled(`struct device_driver of ${name}, which is built in`);
  return bus?.drivers.all(call).find((driver) => driver.name === name)?.address ?? 0;
}

/** driver_for_each_device(): until the function does not return 0. */
function forEachDevice(call: Call): number {
  const { args, bus: memory } = call;
  const [driver, start, data, callback] = [args.word(), args.word(), args.word(), args.word()];
  const bus = call.state(Buses).at(call, u32(memory.read32(driver + DEVICE_DRIVER.bus)));
  const bound = bus.devices.all(call).map(({ address }) => address).filter((each) => field(call, each, "driver") === driver);
  for (const device of bound.slice(bound.indexOf(start) + 1)) {
    const result = call.invoke(callback, device, data);
    if (result !== 0) return result;
  }
  return 0;
}

export const DRIVER: Services = {
  driver_register: (call) => driverRegister(call, call.args.word()),
  driver_unregister: (call) => driverUnregister(call, call.args.word()),
  driver_attach: (call) => {
    const driver = call.args.word();
    driverAttach(call, call.state(Buses).at(call, u32(call.bus.read32(driver + DEVICE_DRIVER.bus))), driver);
    return 0;
  },
  driver_find: findDriver,
  driver_for_each_device: forEachDevice,
};
