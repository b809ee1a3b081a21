// SPDX-License-Identifier: GPL-2.0-only
/**
 * From the device tables of an object to the aliases by which the module is found for a device.
 *
 * Models: handle_moddevtable(), device_id_check(), do_table(), do_of_table(), do_usb_table(), do_pnp_device_entry() and
 * do_pnp_card_entries() of scripts/mod/file2alias.c.
 *
 * @module
 */

import { SHT, STT } from "../elf/constants.ts";
import { DeviceEntry, withoutSpaces } from "./device_entry.ts";
import { DEVICE_TABLES } from "./device_tables.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { type ElfInfo, ObjectError } from "./elf_info.ts";
import { usbAliases } from "./usb_aliases.ts";

/** A kind of table whose entries become several aliases, or look at each other. */
interface SpecialTable {
  readonly size: number;
  /** The structure's name in messages, where it is another. */
  readonly called?: string;
  aliases(entries: readonly DeviceEntry[]): string[];
}

/** do_of_entry_multi(): what the device tree calls a node, and the same with further compatible strings behind. */
function ofAliases(entry: DeviceEntry): string[] {
  const type = entry.text(32);
  const compatible = entry.text(64);
  const tail = compatible === "" ? "" : `${type === "" ? "" : "*"}C${compatible}`;
  const alias = withoutSpaces(`of:N${entry.text(0) || "*"}T${type || "*"}${tail}`);
  return [alias, `${alias}C*`];
}

/** Of a Plug and Play identifier, which ACPI has in upper case. */
function pnpAliases(id: string): string[] {
  return [`pnp:d${id}*`, `acpi*:${id.replace(/[a-z]/g, (letter) => letter.toUpperCase())}:*`];
}

/** Bytes of an identifier, and how many a card has at the most. */
const PNP_ID_LENGTH = 8;
const PNP_MAX_DEVICES = 8;

function cardDevices(entry: DeviceEntry): string[] {
  const ids = Array.from({ length: PNP_MAX_DEVICES }, (_, i) => entry.text(12 + i * PNP_ID_LENGTH));
  const end = ids.indexOf("");
  return end < 0 ? ids : ids.slice(0, end);
}

/** do_pnp_card_entries(): each device once, but one that a card names twice. */
function cardAliases(entries: readonly DeviceEntry[]): string[] {
  const known = new Set<string>();
  return entries.flatMap((entry) => {
    const devices = cardDevices(entry);
    const fresh = devices.filter((id) => !known.has(id));
    for (const id of devices) known.add(id);
    return fresh.flatMap(pnpAliases);
  });
}

const SPECIAL_TABLES: Readonly<Record<string, SpecialTable>> = {
  usb: { size: 24, aliases: (entries) => entries.flatMap(usbAliases) },
  of: { size: 196, aliases: (entries) => entries.flatMap(ofAliases) },
  pnp: { size: 12, aliases: (entries) => entries.flatMap((entry) => pnpAliases(entry.text(0))) },
  pnp_card: { size: 76, called: "pnp", aliases: cardAliases },
};

function tableOf(bus: string): SpecialTable | undefined {
  if (Object.hasOwn(SPECIAL_TABLES, bus)) return SPECIAL_TABLES[bus];
  if (!Object.hasOwn(DEVICE_TABLES, bus)) return undefined;
  const table = DEVICE_TABLES[bus];
  return {
    size: table.size,
    aliases: (entries) => entries.map((entry) => table.alias(entry)).filter((alias) => alias !== undefined),
  };
}

/** device_id_check(): whole entries, the last of them empty. */
function checkTable(module: string, device: string, table: Uint8Array, size: number, diagnostics: Diagnostics): void {
  if (table.length % size !== 0 || table.length < size) {
    diagnostics.fatal(
      `${module}: sizeof(struct ${device}_device_id)=${size} is not a modulo of the size of section ` +
        `__mod_${device}__<identifier>_device_table=${table.length}.\n` +
        `Fix definition of struct ${device}_device_id in mod_devicetable.h`,
    );
  }
  const last = table.subarray(table.length - size);
  if (last.every((byte) => byte === 0)) return;
  const bytes = Array.from(last, (byte) => `0x${byte.toString(16).padStart(2, "0")} `).join("");
  diagnostics.note(
    `${module}: struct ${device}_device_id is ${size} bytes.  The last of ${table.length / size} is:\n${bytes}`,
  );
  diagnostics.fatal(`${module}: struct ${device}_device_id is not terminated with a NULL entry!`);
}

/** The bus of a symbol named `__mod_<bus>__<identifier>_device_table`. */
function busOf(name: string): string | undefined {
  const rest = name.slice("__mod_".length);
  const end = rest.indexOf("__");
  return end < 0 || !rest.endsWith("_device_table") ? undefined : rest.slice(0, end);
}

function tableBytes(elf: ElfInfo, symbol: number): Uint8Array {
  const { sh_type, sh_offset } = elf.sections[elf.symbolSection(symbol)];
  const size = elf.symbolSize(symbol);
  if (sh_type === SHT.NOBITS) return new Uint8Array(size);
  const at = sh_offset + elf.symbolValue(symbol);
  if (at + size > elf.bytes.length) {
    throw new ObjectError(`its device table ${elf.symbolName(symbol)} ends behind its ${elf.bytes.length} bytes`);
  }
  return elf.bytes.subarray(at, at + size);
}

/**
 * handle_moddevtable(): the aliases of the device table that a symbol whose name begins with `__mod_` stands for; none where it stands for
 * none.
 *
 * @param module the module's path, for messages
 */
export function deviceTableAliases(module: string, elf: ElfInfo, symbol: number, diagnostics: Diagnostics): string[] {
  const section = elf.symbolSection(symbol);
  if (section === 0 || section >= elf.sections.length || elf.symbolType(symbol) !== STT.OBJECT) return [];
  const bus = busOf(elf.symbolName(symbol));
  const table = bus === undefined ? undefined : tableOf(bus);
  if (bus === undefined || table === undefined) return [];
  const bytes = tableBytes(elf, symbol);
  const { size } = table;
  checkTable(module, table.called ?? bus, bytes, size, diagnostics);
  const entries = Array.from(
    { length: bytes.length / size - 1 },
    (_, i) => new DeviceEntry(bytes.subarray(i * size, (i + 1) * size), module, diagnostics),
  );
  return table.aliases(entries);
}
