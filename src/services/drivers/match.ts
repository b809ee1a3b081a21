// SPDX-License-Identifier: GPL-2.0-only
/**
 * Whether a driver is for a device of one of the kernel's own buses.
 *
 * Models: platform_match() of drivers/base/platform.c with __of_match_node() of drivers/of/base.c, and amba_match() of
 * drivers/amba/bus.c, on a device's name and modalias. A modalias has every string of the property `compatible`.
 *
 * @module
 */

import { u32 } from "../../elf/word.ts";
import { offsetOf } from "../layout.ts";
import { stringAt } from "../memory.ts";
import type { Call } from "../service.ts";
import type { Device } from "./driver_core.ts";
import { IN_PLATFORM_DEVICE, IN_PLATFORM_DRIVER } from "./platform_probe.ts";

/**
 * The match() of a bus.
 *
 * @param driver struct device_driver
 */
export type Match = (call: Call, driver: number, device: Device) => boolean;

/** struct device_driver, from its beginning, and what is around it in the structure of its bus. */
const OF_MATCH_TABLE = 24;
const NAME = 0;
/** struct platform_driver: id_table. */
const PLATFORM_ID_TABLE = 96 - IN_PLATFORM_DRIVER;
/** struct amba_driver: id_table. */
const AMBA_ID_TABLE = 88;
/** struct of_device_id. */
const OF_DEVICE_ID = { size: 196, name: 0, type: 32, compatible: 64 };
/** struct platform_device_id. */
const PLATFORM_DEVICE_ID = { size: 24, name: 0 };
/** struct amba_id. */
const AMBA_ID = { size: 12, id: 0, mask: 4 };

/** A node of the device tree. */
interface Node {
  readonly name: string;
  readonly type: string;
  readonly compatible: readonly string[];
}

/** The node in `of:NnameTtypeCfirstCsecond`; a node without type has `(null)`. */
function nodeOf({ modalias }: Device): Node | undefined {
  const match = /^of:N(.*?)T(.*?)((?:C[^C]+)*)$/.exec(modalias);
  if (match === null) return undefined;
  const [, name, type, compatible] = match;
  return { name, type: type === "(null)" ? "" : type, compatible: compatible.split("C").slice(1) };
}

/** __of_match_node(), as yes or no. The kernel compares `compatible` without regard to case. */
function isInOfTable({ bus }: Call, table: number, node: Node): boolean {
  for (let entry = table; table !== 0; entry += OF_DEVICE_ID.size) {
    const name = stringAt(bus, entry + OF_DEVICE_ID.name);
    const type = stringAt(bus, entry + OF_DEVICE_ID.type);
    const compatible = stringAt(bus, entry + OF_DEVICE_ID.compatible).toLowerCase();
    if (name === "" && type === "" && compatible === "") break;
    const isOf = compatible === "" || node.compatible.some((each) => each.toLowerCase() === compatible.replaceAll(" ", "_"));
    if (isOf && (type === "" || type === node.type) && (name === "" || name === node.name)) return true;
  }
  return false;
}

/** platform_match(). */
export const platform: Match = (call, driver, device) => {
  const { bus } = call;
  const node = nodeOf(device);
  if (node !== undefined && isInOfTable(call, u32(bus.read32(driver + OF_MATCH_TABLE)), node)) return true;
  const name = node === undefined ? device.modalias.replace(/^platform:/, "") : device.name;
  const table = u32(bus.read32(driver + PLATFORM_ID_TABLE));
  if (table === 0) return stringAt(bus, u32(bus.read32(driver + NAME))) === name;
  for (let entry = table;; entry += PLATFORM_DEVICE_ID.size) {
    const id = stringAt(bus, entry + PLATFORM_DEVICE_ID.name);
    if (id === "") return false;
    if (id !== name) continue;
    if (device.address !== 0) {
      bus.write32(device.address - IN_PLATFORM_DEVICE + offsetOf(call, "platform_device", "id_entry"), entry);
    }
    return true;
  }
};

/** amba_match(): by the peripheral's identification, which is the modalias. */
export const amba: Match = ({ bus }, driver, { modalias }) => {
  const periphid = parseInt(modalias.replace(/^amba:d/, ""), 16);
  for (let entry = u32(bus.read32(driver + AMBA_ID_TABLE));; entry += AMBA_ID.size) {
    const mask = bus.read32(entry + AMBA_ID.mask);
    if (mask === 0) return false;
    if ((periphid & mask) === bus.read32(entry + AMBA_ID.id)) return true;
  }
};
