// SPDX-License-Identifier: GPL-2.0-only
/**
 * The device tables, by bus: how long an entry is, and the alias it becomes.
 *
 * Models: devtable[] and the do_*_entry() functions of scripts/mod/file2alias.c; offsets and sizes are those of
 * include/linux/mod_devicetable.h on a 32-bit machine.
 *
 * @module
 */

import { add, type DeviceEntry, hexOfBytes, upperHex, uuid, type Width, withoutSpaces, withWildcard } from "./device_entry.ts";
import { busSpecificTables } from "./device_tables_special.ts";

/** One kind of table. */
export interface DeviceTable {
  /** Bytes of an entry. */
  readonly size: number;
  /** The alias of an entry; undefined where it gets none. */
  alias(entry: DeviceEntry): string | undefined;
}

/** A number in an alias: what stands before it, its place, its width, and what it is when any will do. */
type Field = readonly [separator: string, at: number, width: Width, any: number];

/** A table of numbers, each with a value that stands for any. */
function numbers(prefix: string, size: number, fields: readonly Field[], end: "wildcard" | "exact" = "wildcard"): DeviceTable {
  return {
    size,
    alias: (entry) => {
      const parts = fields.map(([separator, at, width, any]) => {
        const value = entry.number(at, width);
        return add(separator, value !== any, value, width);
      });
      const alias = prefix + parts.join("");
      return end === "wildcard" ? withWildcard(alias) : alias;
    },
  };
}

/** A table of numbers with a field at offset 0 that says which are given: the last of each row is the bit. */
function flagged(
  prefix: string,
  size: number,
  flagsWidth: Width,
  fields: readonly Field[],
  end: "wildcard" | "exact" = "wildcard",
): DeviceTable {
  return {
    size,
    alias: (entry) => {
      const flags = entry.number(0, flagsWidth);
      const parts = fields.map(([separator, at, width, bit]) =>
        add(separator, (flags & bit) !== 0, entry.number(at, width), width)
      );
      const alias = prefix + parts.join("");
      return end === "wildcard" ? withWildcard(alias) : alias;
    },
  };
}

/** A table of names, which begin each entry. */
function names(prefix: string, size: number, suffix = ""): DeviceTable {
  return { size, alias: (entry) => `${prefix}${entry.text(0)}${suffix}` };
}

const ANY8 = 0xff;
const ANY16 = 0xffff;
const ANY32 = 0xffffffff;

/** devtable[]: by the name in `__mod_<name>__<identifier>_device_table`. */
export const DEVICE_TABLES: Readonly<Record<string, DeviceTable>> = {
  ...busSpecificTables,
  hid: numbers("hid:", 16, [["b", 0, 2, ANY16], ["g", 2, 2, 0], ["v", 4, 4, ANY32], ["p", 8, 4, ANY32]], "exact"),
  ieee1394: flagged("ieee1394:", 24, 4, [["ven", 4, 4, 1], ["mo", 8, 4, 2], ["sp", 12, 4, 4], ["ver", 16, 4, 8]]),
  ccw: flagged("ccw:", 12, 2, [["t", 2, 2, 1], ["m", 6, 1, 2], ["dt", 4, 2, 4], ["dm", 7, 1, 8]]),
  ap: { size: 8, alias: (entry) => `ap:t${upperHex(entry.u8(2), 1)}*` },
  css: { size: 8, alias: (entry) => `css:t${entry.u8(1).toString(16).toUpperCase()}` },
  serio: numbers("serio:", 4, [["ty", 0, 1, ANY8], ["pr", 3, 1, ANY8], ["id", 2, 1, ANY8], ["ex", 1, 1, ANY8]]),
  pcmcia: flagged("pcmcia:", 52, 2, [
    ["m", 2, 2, 0x1],
    ["c", 4, 2, 0x2],
    ["f", 6, 1, 0x4],
    ["fn", 7, 1, 0x8],
    ["pfn", 8, 1, 0x100],
    ["pa", 12, 4, 0x10],
    ["pb", 16, 4, 0x20],
    ["pc", 20, 4, 0x40],
    ["pd", 24, 4, 0x80],
  ]),
  vio: {
    size: 64,
    alias: (entry) => withWildcard(withoutSpaces(`vio:T${entry.text(0) || "*"}S${entry.text(32) || "*"}`)),
  },
  eisa: names("eisa:s", 12, "*"),
  parisc: numbers("parisc:", 8, [["t", 0, 1, ANY8], ["hv", 2, 2, ANY16], ["rev", 1, 1, ANY8], ["sv", 4, 4, ANY32]]),
  sdio: numbers("sdio:", 12, [["c", 0, 1, ANY8], ["v", 2, 2, ANY16], ["d", 4, 2, ANY16]]),
  ssb: numbers("ssb:", 6, [["v", 0, 2, ANY16], ["id", 2, 2, ANY16], ["rev", 4, 1, ANY8]]),
  bcma: numbers("bcma:", 6, [["m", 0, 2, ANY16], ["id", 2, 2, ANY16], ["rev", 4, 1, ANY8], ["cl", 5, 1, ANY8]]),
  virtio: numbers("virtio:", 8, [["d", 0, 4, ANY32], ["v", 4, 4, ANY32]]),
  vmbus: { size: 20, alias: (entry) => `vmbus:${hexOfBytes(entry.bytes.subarray(0, 16))}` },
  rpmsg: names("rpmsg:", 36),
  i2c: names("i2c:", 24),
  i3c: flagged("i3c:", 12, 1, [["dcr", 1, 1, 1], ["manuf", 2, 2, 2], ["part", 4, 2, 4], ["ext", 6, 2, 8]], "exact"),
  slim: { size: 12, alias: (entry) => `slim:${entry.u16(0).toString(16)}:${entry.u16(2).toString(16)}:*` },
  spi: names("spi:", 36),
  platform: names("platform:", 24),
  zorro: numbers("zorro:", 8, [["i", 0, 4, ANY32]], "exact"),
  ipack: numbers("ipack:", 12, [["f", 0, 1, ANY8], ["v", 4, 4, ANY32], ["d", 8, 4, ANY32]]),
  mipscdmm: { size: 1, alias: (entry) => `mipscdmm:t${upperHex(entry.u8(0), 1)}*` },
  x86cpu: {
    size: 16,
    alias: (entry) => {
      const [vendor, family, model, feature] = [0, 2, 4, 8].map((at) => entry.u16(at));
      return "cpu:type:x86," + add("ven", vendor !== ANY16, vendor, 2) + add("fam", family !== 0, family, 2) +
        add("mod", model !== 0, model, 2) + ":feature:*" + (feature === 0 ? "" : `${upperHex(feature, 2)}*`);
    },
  },
  cpu: { size: 2, alias: (entry) => `cpu:type:*:feature:*${upperHex(entry.u16(0), 2)}*` },
  mei: {
    size: 56,
    alias: (entry) => `mei:${entry.text(0) || "*"}:${uuid(entry, 32)}${add(":", entry.u8(48) !== ANY8, entry.u8(48), 1)}:*`,
  },
  rapidio: numbers("rapidio:", 8, [["v", 2, 2, ANY16], ["d", 0, 2, ANY16], ["av", 6, 2, ANY16], ["ad", 4, 2, ANY16]]),
  ulpi: {
    size: 8,
    alias: (entry) => `ulpi:v${upperHex(entry.u16(0), 2).toLowerCase()}p${upperHex(entry.u16(2), 2).toLowerCase()}`,
  },
  hdaudio: numbers("hdaudio:", 20, [["v", 0, 4, 0], ["r", 4, 4, 0], ["a", 8, 1, 0]]),
  sdw: numbers("sdw:", 12, [["m", 0, 2, 0], ["p", 2, 2, 0], ["v", 4, 1, 0], ["c", 5, 1, 0]]),
  fslmc: { size: 18, alias: (entry) => `fsl-mc:v${upperHex(entry.u16(0), 4)}d${entry.text(2)}` },
  tbsvc: {
    size: 32,
    alias: (entry) => {
      const flags = entry.u32(0);
      const key = (flags & 1) !== 0 ? entry.text(4) : "*";
      const id = add("p", (flags & 2) !== 0, entry.u32(16), 4);
      const version = add("v", (flags & 4) !== 0, entry.u32(20), 4);
      return withWildcard(`tbsvc:k${key}${id}${version}${add("r", (flags & 8) !== 0, entry.u32(24), 4)}`);
    },
  },
  typec: {
    size: 8,
    alias: (entry) => `typec:id${upperHex(entry.u16(0), 2)}${add("m", entry.u8(2) !== 7, entry.u8(2), 1)}`,
  },
  tee: { size: 16, alias: (entry) => withWildcard(`tee:${uuid(entry, 0, true)}`) },
  mhi: names("mhi:", 36),
  mhi_ep: names("mhi_ep:", 36),
  auxiliary: names("auxiliary:", 36),
  ssam: {
    size: 12,
    alias: (entry) => {
      const [flags, domain, category, target, instance, fn] = entry.bytes;
      return `ssam:d${upperHex(domain, 1)}c${upperHex(category, 1)}` + add("t", (flags & 1) !== 0, target, 1) +
        add("i", (flags & 2) !== 0, instance, 1) + add("f", (flags & 4) !== 0, fn, 1);
    },
  },
  dfl: { size: 8, alias: (entry) => `dfl:t${upperHex(entry.u16(0), 2)}f${upperHex(entry.u16(2), 2)}*` },
  ishtp: { size: 20, alias: (entry) => `ishtp:{${uuid(entry, 0).toUpperCase()}}` },
  vchiq: names("vchiq:", 32),
  coreboot: { size: 8, alias: (entry) => `coreboot:t${upperHex(entry.u32(0), 4)}` },
};
