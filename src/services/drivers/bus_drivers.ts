// SPDX-License-Identifier: GPL-2.0-only
/**
 * Services by which modules register drivers on the kernel's own buses, other than platform.
 *
 * Models: i2c_register_driver(), __pci_register_driver(), __spi_register_driver(), __serio_register_driver(),
 * __amba_driver_register(), __register_virtio_driver(), __sdio_register_driver(), __serdev_device_driver_register(),
 * __coreboot_driver_register(), mipi_dsi_driver_register_full() and __auxiliary_driver_register(), each of its bus's own file.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { EINVAL } from "../../kernel/errno.ts";
import { NotModelled } from "../../kernel/fault.ts";
import { KERN_ERR, KERN_WARNING } from "../../kernel/log.ts";
import { putString, stringAt } from "../memory.ts";
import type { Call, Service, Services } from "../service.ts";
import { unexported } from "../unexported.ts";
import { DEVICE_DRIVER, driverName, driverUnregister, registerOn } from "./driver_core.ts";

/** Where the structures of the buses' drivers have their struct device_driver, and the fields that registering looks at. */
const I2C_DRIVER = { driver: 24, clients: 112 };
const PCI_DRIVER = { name: 0, groups: 44, devGroups: 48, driver: 52, dynidsList: 132 };
const SPI_DRIVER = { idTable: 0, probe: 4, driver: 16 };
const SERIO_DRIVER = { manualBind: 8, driver: 40 };
const AMBA_DRIVER = { driver: 0, probe: 76 };
const VIRTIO_DRIVER = { driver: 0, featureTable: 80, featureTableSize: 84 };
const SDIO_DRIVER = { name: 0, driver: 16 };
const SERDEV_DEVICE_DRIVER = { driver: 0, driverShutdown: 44, shutdown: 84 };
const COREBOOT_DRIVER = { driver: 8 };
const MIPI_DSI_DRIVER = { driver: 0, probe: 76, remove: 80, shutdown: 84 };
const AUXILIARY_DRIVER = { probe: 0, name: 20, driver: 24, idTable: 100 };

/** struct of_device_id and struct spi_device_id. */
const OF_DEVICE_ID = { size: 196, compatible: 64, compatibleSize: 128 };
const SPI_DEVICE_ID_SIZE = 36;

const PROBE_PREFER_ASYNCHRONOUS = 1;

function initListHead({ bus }: Call, head: number): void {
  bus.write32(head, head);
  bus.write32(head + 4, head);
}

function setOwner({ bus }: Call, driver: number, owner: number): void {
  bus.write32(driver + DEVICE_DRIVER.owner, owner);
}

function i2cRegister(call: Call): number {
  const [owner, i2cDriver] = [call.args.word(), call.args.word()];
  const driver = i2cDriver + I2C_DRIVER.driver;
  setOwner(call, driver, owner);
  initListHead(call, i2cDriver + I2C_DRIVER.clients);
  return registerOn(call, "i2c", driver);
}

function pciRegister(call: Call): number {
  const { bus, args } = call;
  const [pciDriver, owner, modName] = [args.word(), args.word(), args.word()];
  const driver = pciDriver + PCI_DRIVER.driver;
  bus.write32(driver + DEVICE_DRIVER.name, bus.read32(pciDriver + PCI_DRIVER.name));
  setOwner(call, driver, owner);
  bus.write32(driver + DEVICE_DRIVER.modName, modName);
  bus.write32(driver + DEVICE_DRIVER.groups, bus.read32(pciDriver + PCI_DRIVER.groups));
  bus.write32(driver + DEVICE_DRIVER.devGroups, bus.read32(pciDriver + PCI_DRIVER.devGroups));
  initListHead(call, pciDriver + PCI_DRIVER.dynidsList);
  return registerOn(call, "pci", driver);
}

/** spi_match_id(), as yes or no. */
function isSpiId({ bus }: Call, table: number, name: string): boolean {
  for (let entry = table;; entry += SPI_DEVICE_ID_SIZE) {
    const id = stringAt(bus, entry);
    if (id === "" || id === name) return id !== "";
  }
}

/** The lines about names that the device tree may have and the driver's own table lacks: no modalias would find the module. */
function warnOfSpiNames(call: Call, spiDriver: number): void {
  const { bus, kernel } = call;
  const driver = spiDriver + SPI_DRIVER.driver;
  const name = driverName(call, driver);
  const ids = u32(bus.read32(spiDriver + SPI_DRIVER.idTable));
  const table = u32(bus.read32(driver + DEVICE_DRIVER.ofMatchTable));
  for (let entry = table; table !== 0; entry += OF_DEVICE_ID.size) {
    const compatible = stringAt(bus, entry + OF_DEVICE_ID.compatible, OF_DEVICE_ID.compatibleSize);
    if (compatible === "") break;
    const own = compatible.slice(compatible.indexOf(",") + 1);
    if (ids === 0 ? own === name : isSpiId(call, ids, own)) continue;
    kernel.printk(KERN_WARNING, `SPI driver ${name} has no spi_device_id for ${compatible}`);
  }
}

function registerSpi(call: Call, owner: number, spiDriver: number): number {
  const driver = spiDriver + SPI_DRIVER.driver;
  setOwner(call, driver, owner);
  warnOfSpiNames(call, spiDriver);
  return registerOn(call, "spi", driver);
}

/** The driver is bound to ports by a worker, later: manual_bind is as it was. */
function serioRegister(call: Call): number {
  const { bus, args, kernel } = call;
  const [serioDriver, owner, modName] = [args.word(), args.word(), args.word()];
  const driver = serioDriver + SERIO_DRIVER.driver;
  setOwner(call, driver, owner);
  bus.write32(driver + DEVICE_DRIVER.modName, modName);
  const error = registerOn(call, "serio", driver);
  if (error !== 0) {
    kernel.printk(KERN_ERR, `serio: driver_register() failed for ${driverName(call, driver)}, error: ${error}`);
  }
  return error;
}

function ambaRegister(call: Call): number {
  const [ambaDriver, owner] = [call.args.word(), call.args.word()];
  if (call.bus.read32(ambaDriver + AMBA_DRIVER.probe) === 0) return -EINVAL;
  setOwner(call, ambaDriver + AMBA_DRIVER.driver, owner);
  return registerOn(call, "amba", ambaDriver + AMBA_DRIVER.driver);
}

function virtioRegister(call: Call): number {
  const { bus, args } = call;
  const [virtioDriver, owner] = [args.word(), args.word()];
  const [size, table] = [VIRTIO_DRIVER.featureTableSize, VIRTIO_DRIVER.featureTable].map((at) => bus.read32(virtioDriver + at));
  if (size !== 0 && table === 0) throw new NotModelled("BUG() of __register_virtio_driver()");
  setOwner(call, virtioDriver + VIRTIO_DRIVER.driver, owner);
  return registerOn(call, "virtio", virtioDriver + VIRTIO_DRIVER.driver);
}

function sdioRegister(call: Call): number {
  const { bus, args } = call;
  const [sdioDriver, owner] = [args.word(), args.word()];
  const driver = sdioDriver + SDIO_DRIVER.driver;
  bus.write32(driver + DEVICE_DRIVER.name, bus.read32(sdioDriver + SDIO_DRIVER.name));
  setOwner(call, driver, owner);
  return registerOn(call, "sdio", driver);
}

function serdevRegister(call: Call): number {
  const { bus, args } = call;
  const [serdevDriver, owner] = [args.word(), args.word()];
  const driver = serdevDriver + SERDEV_DEVICE_DRIVER.driver;
  setOwner(call, driver, owner);
  bus.write32(driver + DEVICE_DRIVER.probeType, PROBE_PREFER_ASYNCHRONOUS);
  const [own, core] = [serdevDriver + SERDEV_DEVICE_DRIVER.shutdown, driver + SERDEV_DEVICE_DRIVER.driverShutdown];
  if (bus.read32(own) === 0 && bus.read32(core) !== 0) throw new NotModelled("serdev_legacy_shutdown()");
  return registerOn(call, "serial", driver);
}

function corebootRegister(call: Call): number {
  const [corebootDriver, owner] = [call.args.word(), call.args.word()];
  setOwner(call, corebootDriver + COREBOOT_DRIVER.driver, owner);
  return registerOn(call, "coreboot", corebootDriver + COREBOOT_DRIVER.driver);
}

/** mipi_dsi_driver_register_full(): the driver's functions are called by the bus's, which get the device as the driver core has it. */
function dsiRegister(call: Call): number {
  const { bus, args } = call;
  const [dsiDriver, owner] = [args.word(), args.word()];
  const driver = dsiDriver + MIPI_DSI_DRIVER.driver;
  setOwner(call, driver, owner);
  for (const method of ["probe", "remove", "shutdown"] as const) {
    if (bus.read32(dsiDriver + MIPI_DSI_DRIVER[method]) === 0) continue;
    bus.write32(driver + DEVICE_DRIVER[method], unexported(call, `mipi_dsi_drv_${method}`));
  }
  return registerOn(call, "mipi-dsi", driver);
}

/** spi_mem_driver_register_with_owner(): a driver of the SPI bus with functions of the kernel's own. */
function spiMemRegister(call: Call): number {
  const { bus, args } = call;
  const [driver, owner] = [args.word(), args.word()];
  for (const [i, method] of ["probe", "remove", "shutdown"].entries()) {
    bus.write32(driver + SPI_DRIVER.probe + 4 * i, unexported(call, `spi_mem_${method}`));
  }
  return registerSpi(call, owner, driver);
}

/** __auxiliary_driver_register(): the driver's name is that of the module and its own. */
function auxiliaryRegister(call: Call): number {
  const { bus, args, kernel } = call;
  const [auxiliary, owner, modName] = [args.word(), args.word(), args.word()];
  const { probe, idTable, name, driver: inner } = AUXILIARY_DRIVER;
  if ([probe, idTable].some((at) => bus.read32(auxiliary + at) === 0)) {
    throw new NotModelled("a warning of __auxiliary_driver_register()");
  }
  const driver = auxiliary + inner;
  const own = u32(bus.read32(auxiliary + name));
  const text = [modName, own].filter((each) => each !== 0).map((each) => stringAt(bus, each)).join(".");
  const address = kernel.slab.kmalloc(text.length + 1);
  putString(bus, address, text);
  bus.write32(driver + DEVICE_DRIVER.name, address);
  setOwner(call, driver, owner);
  bus.write32(driver + DEVICE_DRIVER.modName, modName);
  const error = registerOn(call, "auxiliary", driver);
  if (error !== 0) kernel.slab.kfree(address);
  return error;
}

/** The function that takes a driver out again, by the place of its struct device_driver. */
function unregister(driver: number): Service {
  return (call) => driverUnregister(call, call.args.word() + driver);
}

export const BUS_DRIVERS: Services = {
  i2c_register_driver: i2cRegister,
  i2c_del_driver: unregister(I2C_DRIVER.driver),
  __pci_register_driver: pciRegister,
  pci_unregister_driver: unregister(PCI_DRIVER.driver),
  __spi_register_driver: (call) => registerSpi(call, call.args.word(), call.args.word()),
  spi_mem_driver_register_with_owner: spiMemRegister,
  spi_mem_driver_unregister: unregister(SPI_DRIVER.driver),
  __serio_register_driver: serioRegister,
  serio_unregister_driver: unregister(SERIO_DRIVER.driver),
  __amba_driver_register: ambaRegister,
  amba_driver_unregister: unregister(AMBA_DRIVER.driver),
  __register_virtio_driver: virtioRegister,
  unregister_virtio_driver: unregister(VIRTIO_DRIVER.driver),
  __sdio_register_driver: sdioRegister,
  sdio_unregister_driver: unregister(SDIO_DRIVER.driver),
  __serdev_device_driver_register: serdevRegister,
  __coreboot_driver_register: corebootRegister,
  mipi_dsi_driver_register_full: dsiRegister,
  mipi_dsi_driver_unregister: unregister(MIPI_DSI_DRIVER.driver),
  __auxiliary_driver_register: auxiliaryRegister,
  auxiliary_driver_unregister: (call) => {
    const driver = call.args.word() + AUXILIARY_DRIVER.driver;
    const name = u32(call.bus.read32(driver + DEVICE_DRIVER.name));
    driverUnregister(call, driver);
    call.kernel.slab.kfree(name);
  },
  coreboot_driver_unregister: unregister(COREBOOT_DRIVER.driver),
};
