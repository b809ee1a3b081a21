// SPDX-License-Identifier: GPL-2.0-only
/**
 * The driver core: buses with their devices and drivers.
 *
 * Models: driver_register(), driver_unregister() and driver_attach() of drivers/base, with what a caller sees of them. What the machine
 * has before any module is in the profile's `devices.toml`. A driver that would be given one of those devices is not modelled: the kernel
 * would call its probe function with a structure of which nothing is known.
 *
 * @module
 */

import { hex32, u32 } from "../../elf/word.ts";
import { EBUSY } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR } from "../../kernel/log.ts";
import { stringAt } from "../memory.ts";
import type { Call, Services } from "../service.ts";
import { amba, type Match, platform } from "./match.ts";

/** struct device_driver. */
export const DEVICE_DRIVER = {
  name: 0,
  bus: 4,
  owner: 8,
  modName: 12,
  suppressBindAttrs: 16,
  probeType: 20,
  ofMatchTable: 24,
  groups: 56,
  devGroups: 60,
  p: 72,
};

/** sizeof(struct bus_type). */
const BUS_TYPE_SIZE = 84;
/** What the field `p` of a driver points to: struct driver_private, which only the driver core looks into. */
const DRIVER_PRIVATE_SIZE = 96;

/** A device on a bus. */
export interface Device {
  /** dev_name(). */
  readonly name: string;
  readonly modalias: string;
  /** The driver that it is bound to. */
  driver: string | undefined;
}

export interface Bus {
  readonly name: string;
  /** struct bus_type. */
  readonly address: number;
  readonly devices: Device[];
  /** struct device_driver by name; 0 for a driver that is built in. */
  readonly drivers: Map<string, number>;
  /** Undefined where it is not known. */
  readonly match: Match | undefined;
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
  readonly #buses: Bus[] = [];

  /** The kernel's own bus of this name. */
  own({ kernel: { profile }, objects }: Call, name: string): Bus {
    const known = this.#buses.find((bus) => bus.name === name);
    if (known !== undefined) return known;
    const { devices } = profile.machine;
    if (devices === undefined) throw new NotModelled(`bus ${name}, of whose devices the profile does not tell`);
    const facts = devices.buses.get(name);
    if (facts === undefined) throw new NotModelled(`bus ${name}, which the kernel does not have`);
    const bus: Bus = {
      name,
      address: profile.exports.find(SYMBOLS[name] ?? "")?.value ?? objects.reserve(`bus ${name}`, BUS_TYPE_SIZE),
      devices: facts.devices.map((device) => ({ ...device })),
      drivers: new Map(facts.drivers.map((driver) => [driver, 0])),
      match: MATCHES[name],
    };
    this.#buses.push(bus);
    return bus;
  }

  /** The bus that a struct bus_type is. */
  at(call: Call, address: number): Bus {
    const known = this.#buses.find((bus) => bus.address === address);
    const name = Object.keys(SYMBOLS).find((each) => call.kernel.profile.exports.find(SYMBOLS[each])?.value === address);
    if (known === undefined && name === undefined) throw new NotModelled(`the bus at ${hex32(address)}`);
    return known ?? this.own(call, name ?? "");
  }
}

/** The name of a driver. */
export function driverName({ bus }: Call, driver: number): string {
  return stringAt(bus, bus.read32(driver + DEVICE_DRIVER.name));
}

/**
 * driver_register().
 *
 * @param driver struct device_driver, whose bus is set
 * @returns 0 or a negative errno
 */
export function driverRegister(call: Call, driver: number): number {
  const { bus: memory, kernel } = call;
  const bus = call.state(Buses).at(call, u32(memory.read32(driver + DEVICE_DRIVER.bus)));
  const name = driverName(call, driver);
  if (bus.drivers.has(name)) {
    kernel.printk(KERN_ERR, `Error: Driver '${name}' is already registered, aborting...`);
    return -EBUSY;
  }
  for (const device of bus.devices.filter((each) => each.driver === undefined)) {
    if (bus.match === undefined) throw new NotModelled(`whether driver ${name} is for ${device.name} on bus ${bus.name}`);
    if (bus.match(call, driver, device)) throw new NotModelled(`probe of ${device.name} by driver ${name}`);
  }
  bus.drivers.set(name, driver);
  memory.write32(driver + DEVICE_DRIVER.p, kernel.slab.kmalloc(DRIVER_PRIVATE_SIZE));
  return 0;
}

/** As {@link driverRegister}, for a driver of one of the kernel's own buses. */
export function registerOn(call: Call, busName: string, driver: number): number {
  call.bus.write32(driver + DEVICE_DRIVER.bus, call.state(Buses).own(call, busName).address);
  return driverRegister(call, driver);
}

/** driver_unregister(). */
export function driverUnregister(call: Call, driver: number): void {
  const { bus: memory, kernel } = call;
  const bus = call.state(Buses).at(call, u32(memory.read32(driver + DEVICE_DRIVER.bus)));
  const name = driverName(call, driver);
  if (bus.drivers.get(name) !== driver) throw new NotModelled(`driver_unregister() of ${name}, which is not registered`);
  bus.drivers.delete(name);
  kernel.slab.kfree(u32(memory.read32(driver + DEVICE_DRIVER.p)));
  memory.write32(driver + DEVICE_DRIVER.p, 0);
}

export const DRIVER: Services = {
  driver_register: (call) => driverRegister(call, call.args.word()),
  driver_unregister: (call) => driverUnregister(call, call.args.word()),
};
