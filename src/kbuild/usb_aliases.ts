// SPDX-License-Identifier: GPL-2.0-only
/**
 * Aliases of USB devices, whose release is a range of binary-coded or hexadecimal numbers and becomes several patterns.
 *
 * Models: do_usb_entry(), do_usb_entry_multi() and incbcd() of scripts/mod/file2alias.c.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { add, type DeviceEntry, type Width, withWildcard } from "./device_entry.ts";

/** USB_DEVICE_ID_MATCH_*: bits of match_flags for the ends of the range. */
const MATCH_DEV_LO = 0x4;
const MATCH_DEV_HI = 0x8;

/** Fields before and behind the release: what stands before the number, place, width, and the bit that says it is given. */
const IDENTITY: readonly (readonly [string, number, Width, number])[] = [["v", 2, 2, 0x1], ["p", 4, 2, 0x2]];
const CLASSES: readonly (readonly [string, number, Width, number])[] = [
  ["dc", 10, 1, 0x10],
  ["dsc", 11, 1, 0x20],
  ["dp", 12, 1, 0x40],
  ["ic", 13, 1, 0x80],
  ["isc", 14, 1, 0x100],
  ["ip", 15, 1, 0x200],
  ["in", 16, 1, 0x400],
];

/** Digits of a release. */
const DIGITS = 4;

/** A digit between two, written so that no pattern crosses from 9 to A. */
function digitRange(low: number, high: number, max: number): string {
  const hex = (value: number) => value.toString(16).toUpperCase();
  if (low === high) return hex(low);
  if (low === 0 && high >= max) return "";
  if (low > 0x9 || high < 0xa) return `[${hex(low)}-${hex(high)}]`;
  const decimal = low < 0x9 ? `[${hex(low)}-9` : `[${hex(low)}`;
  return decimal + (high > 0xa ? `A-${hex(high)}]` : `${hex(high)}]`);
}

/** One pattern: digits of the release that are fixed, and a range for the digit behind them. */
interface Release {
  readonly initial: number;
  readonly digits: number;
  readonly low: number;
  readonly high: number;
  readonly max: number;
}

/** do_usb_entry(). */
function usbAlias(entry: DeviceEntry, { initial, digits, low, high, max }: Release): string {
  const flags = entry.u16(0);
  const fields = (list: typeof CLASSES) =>
    list.map(([separator, at, width, bit]) => add(separator, (flags & bit) !== 0, entry.number(at, width), width)).join("");
  const fixed = digits > 0 ? initial.toString(16).toUpperCase().padStart(digits, "0") : "";
  const rest = digits < DIGITS - 1 ? "*" : "";
  return withWildcard(`usb:${fields(IDENTITY)}d${fixed}${digitRange(low, high, max)}${rest}${fields(CLASSES)}`);
}

/** incbcd(): the number behind or before, counted in decimal digits where `max` is 9. */
function step(value: number, by: 1 | -1, max: number): number {
  if (max > 0x9) return u32(value + by);
  let decimal = 0;
  for (let i = 0; i < DIGITS; i++) decimal += Math.min(value >>> i * 4 & 0xf, 9) * 10 ** i;
  const next = decimal + by;
  let bcd = 0;
  for (let i = 0; i < DIGITS; i++) bcd |= Math.floor(next / 10 ** i) % 10 << i * 4;
  return u32(bcd);
}

/** 9 where both ends of the range are decimal digits only, else 15. */
function highestDigit(low: number, high: number): number {
  const top = Math.min(high, 0x9999);
  for (let i = 0; i < DIGITS; i++) if ((low >>> i * 4 & 0xf) > 9 || (top >>> i * 4 & 0xf) > 9) return 0xf;
  return 0x9;
}

/** do_usb_entry_multi(): the aliases of an entry; none of one that names nothing. */
export function usbAliases(entry: DeviceEntry): string[] {
  const flags = entry.u16(0);
  let low = (flags & MATCH_DEV_LO) !== 0 ? entry.u16(6) : 0;
  let high = (flags & MATCH_DEV_HI) !== 0 ? entry.u16(8) : 0xffffffff;
  const max = highestDigit(low, high);
  if ((entry.u16(2) | entry.u16(4) | entry.u8(10) | entry.u8(13)) === 0) return [];
  const aliases: string[] = [];
  for (let digits = DIGITS - 1; low <= high; digits--) {
    const lowDigit = low & 0xf;
    const highDigit = Math.min(high & 0xf, max);
    low >>>= 4;
    high >>>= 4;
    if (low === high || digits === 0) {
      aliases.push(usbAlias(entry, { initial: low, digits, low: lowDigit, high: highDigit, max }));
      break;
    }
    if (lowDigit > 0) {
      aliases.push(usbAlias(entry, { initial: low, digits, low: lowDigit, high: max, max }));
      low = step(low, 1, max);
    }
    if (highDigit < max) {
      aliases.push(usbAlias(entry, { initial: high, digits, low: 0, high: highDigit, max }));
      high = step(high, -1, max);
    }
  }
  return aliases;
}
