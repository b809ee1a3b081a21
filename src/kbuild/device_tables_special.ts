// SPDX-License-Identifier: GPL-2.0-only
/**
 * Device tables whose entries are more than a name or a row of numbers.
 *
 * Models: do_pci_entry(), do_cdx_entry(), do_acpi_entry(), do_input_entry(), do_dmi_entry(), do_mdio_entry(), do_isapnp_entry(),
 * do_amba_entry() and do_wmi_entry() of scripts/mod/file2alias.c.
 *
 * @module
 */

import { hex32 } from "../elf/word.ts";
import { add, type DeviceEntry, upperHex, withWildcard } from "./device_entry.ts";
import type { DeviceTable } from "./device_tables.ts";

const ANY16 = 0xffff;
const ANY32 = 0xffffffff;

/** The prefix of an alias by override_only: 0, or 1 for drivers of VFIO. */
function overridePrefix(entry: DeviceEntry, bus: "PCI" | "CDX", override: number): string | undefined {
  const name = `${bus.toLowerCase()}:`;
  if (override === 0) return name;
  if (override === 1) return `vfio_${name}`;
  entry.diagnostics.warn(`Unknown ${bus} driver_override alias ${upperHex(override, 4)}`);
  return undefined;
}

/** Base class, subclass and interface, each with its mask: all of it or nothing. */
function pciAlias(entry: DeviceEntry): string | undefined {
  const [vendor, device, subvendor, subdevice, classes, mask] = [0, 4, 8, 12, 16, 20].map((at) => entry.u32(at));
  const prefix = overridePrefix(entry, "PCI", entry.u32(28));
  if (prefix === undefined) return undefined;
  const parts = ([["bc", 16], ["sc", 8], ["i", 0]] as const).map(([name, shift]) => ({
    name,
    value: classes >>> shift & 0xff,
    mask: mask >>> shift & 0xff,
  }));
  if (parts.some((part) => part.mask !== 0 && part.mask !== 0xff)) {
    entry.diagnostics.warn(`Can't handle masks in ${entry.module}:${upperHex(mask, 2)}`);
    return undefined;
  }
  return withWildcard(
    prefix + add("v", vendor !== ANY32, vendor, 4) + add("d", device !== ANY32, device, 4) +
      add("sv", subvendor !== ANY32, subvendor, 4) + add("sd", subdevice !== ANY32, subdevice, 4) +
      parts.map((part) => add(part.name, part.mask === 0xff, part.value, 1)).join(""),
  );
}

function cdxAlias(entry: DeviceEntry): string | undefined {
  const [vendor, device, subvendor, subdevice] = [0, 2, 4, 6].map((at) => entry.u16(at));
  const prefix = overridePrefix(entry, "CDX", entry.u32(16));
  if (prefix === undefined) return undefined;
  return prefix + add("v", vendor !== ANY16, vendor, 2) + add("d", device !== ANY16, device, 2) +
    add("sv", subvendor !== ANY16, subvendor, 2) + add("sd", subdevice !== ANY16, subdevice, 2) +
    add("c", entry.u32(12) === 0xffffff, entry.u32(8), 4);
}

/** An identifier, or a class whose bytes each may be any. */
function acpiAlias(entry: DeviceEntry): string {
  if (entry.has(0)) return `acpi*:${entry.text(0)}:*`;
  const [cls, mask] = [entry.u32(20), entry.u32(24)];
  const bytes = [16, 8, 0].map((shift) =>
    (mask >>> shift & 0xff) === 0 ? "??" : (cls >>> shift & 0xff).toString(16).padStart(2, "0")
  );
  return `acpi*:${bytes.join("")}:*`;
}

/** The bitmaps of struct input_device_id: letter, place, first and last bit, flag. */
const INPUT_BITMAPS: readonly (readonly [string, number, number, number, number])[] = [
  ["k", 16, 0x71, 0x2ff, 0x20],
  ["r", 112, 0, 0x0f, 0x40],
  ["a", 116, 0, 0x3f, 0x80],
  ["m", 124, 0, 0x07, 0x100],
  ["l", 128, 0, 0x0f, 0x200],
  ["s", 132, 0, 0x07, 0x400],
  ["f", 136, 0, 0x7f, 0x800],
  ["w", 152, 0, 0x10, 0x1000],
];

function inputAlias(entry: DeviceEntry): string {
  const flags = entry.u32(0);
  const bits = (at: number, min: number, max: number, flag: number) => {
    let text = "";
    for (let bit = min; (flags & flag) !== 0 && bit <= max; bit++) {
      if ((entry.u8(at + (bit >>> 3)) >>> (bit & 7) & 1) !== 0) text += `${bit.toString(16).toUpperCase()},*`;
    }
    return text;
  };
  return "input:" + add("b", (flags & 1) !== 0, entry.u16(4), 2) + add("v", (flags & 2) !== 0, entry.u16(6), 2) +
    add("p", (flags & 4) !== 0, entry.u16(8), 2) + add("e", (flags & 8) !== 0, entry.u16(10), 2) + "-e*" +
    bits(12, 0, 0x1f, 0x10) + INPUT_BITMAPS.map(([letter, ...bitmap]) => `${letter}*${bits(...bitmap)}`).join("");
}

/** dmi_fields[]: prefixes in the order of the alias, with the number in enum dmi_field. */
const DMI_FIELDS: readonly (readonly [string, number])[] = [
  ["bvn", 1],
  ["bvr", 2],
  ["bd", 3],
  ["br", 4],
  ["efr", 5],
  ["svn", 6],
  ["pn", 7],
  ["pvr", 8],
  ["rvn", 13],
  ["rn", 14],
  ["rvr", 15],
  ["cvn", 18],
  ["ct", 19],
  ["cvr", 20],
];

function dmiAlias(entry: DeviceEntry): string {
  const matches = [0, 1, 2, 3].map((i) => ({ slot: entry.u8(8 + i * 80) & 0x7f, text: entry.text(8 + i * 80 + 1) }));
  const parts = DMI_FIELDS.flatMap(([prefix, field]) =>
    matches.filter(({ slot }) => slot === field).map(({ text }) => `:${prefix}*${text.replace(/[^!-9;-~]/g, "")}*`)
  );
  return `dmi*${parts.join("")}:`;
}

/** A pattern of 32 bits, those outside the mask any. */
function mdioAlias(entry: DeviceEntry): string {
  const [id, mask] = [entry.u32(0), entry.u32(4)];
  const bit = (i: number) => (mask >>> i & 1) === 0 ? "?" : String(id >>> i & 1);
  return `mdio:${Array.from({ length: 32 }, (_, i) => bit(31 - i)).join("")}`;
}

function isapnpAlias(entry: DeviceEntry): string {
  const [vendor, fn] = [entry.u16(4), entry.u16(6)];
  const letters = [vendor >> 2 & 0x3f, (vendor & 3) << 3 | vendor >> 13 & 7, vendor >> 8 & 0x1f];
  const digits = [fn >> 4 & 0xf, fn & 0xf, fn >> 12 & 0xf, fn >> 8 & 0xf];
  return `pnp:d${String.fromCharCode(...letters.map((each) => 0x40 + each))}${
    digits.map((each) => each.toString(16)).join("")
  }*`;
}

/** append_nibble_mask(): a digit, any digit, or those that agree in the bits of the mask. */
function nibble(value: number, mask: number): string {
  if (mask === 0) return "?";
  const digit = (each: number) => each.toString(16).toUpperCase();
  if (mask === 0xf) return digit(value);
  const fitting = Array.from({ length: 16 }, (_, each) => each).filter((each) => (each & mask) === value);
  return `[${fitting.map(digit).join("")}]`;
}

function ambaAlias(entry: DeviceEntry): string {
  const [id, mask] = [entry.u32(0), entry.u32(4)];
  if ((id & ~mask) !== 0) {
    const [upperId, upperMask] = [id, mask].map((each) => `0x${hex32(each).slice(2).toUpperCase()}`);
    entry.diagnostics.fatal(
      `${entry.module}: Masked-off bit(s) of AMBA device ID are non-zero: id=${upperId}, mask=${upperMask}.  ` +
        "Please fix this driver.",
    );
  }
  const digits = [28, 24, 20, 16, 12, 8, 4, 0].map((shift) => nibble(id >>> shift & 0xf, mask >>> shift & 0xf));
  return `amba:d${digits.join("")}`;
}

/** UUID_STRING_LEN. */
const GUID_LENGTH = 36;

function wmiAlias(entry: DeviceEntry): string | undefined {
  const guid = entry.text(0);
  if (guid.length === GUID_LENGTH) return `wmi:${guid}`;
  entry.diagnostics.warn(`Invalid WMI device id 'wmi:${guid}' in '${entry.module}'`);
  return undefined;
}

export const busSpecificTables: Readonly<Record<string, DeviceTable>> = {
  pci: { size: 32, alias: pciAlias },
  cdx: { size: 20, alias: cdxAlias },
  acpi: { size: 28, alias: acpiAlias },
  input: { size: 164, alias: inputAlias },
  dmi: { size: 332, alias: dmiAlias },
  mdio: { size: 8, alias: mdioAlias },
  isapnp: { size: 12, alias: isapnpAlias },
  amba: { size: 12, alias: ambaAlias },
  wmi: { size: 44, alias: wmiAlias },
};
