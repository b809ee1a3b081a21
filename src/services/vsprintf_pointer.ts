// SPDX-License-Identifier: GPL-2.0-only
/**
 * What `%p` shows, by the letters behind it.
 *
 * Models: pointer() of lib/vsprintf.c and what it calls. The kernel hashes plain pointers with a key that each boot draws anew; here the
 * hash has no key, so that one address shows as the same number in each run, and as another one than on any real kernel.
 *
 * @module
 */

import type { Bus } from "../cpu/bus.ts";
import { s32, u32 } from "../elf/word.ts";
import { errnoName } from "../kernel/errno.ts";
import { NotModelled } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { bytesAt, stringAt } from "./memory.ts";
import { VaList } from "./service.ts";
import { sprintSymbol, type SymbolStyle } from "./symbol_name.ts";
import { bitmapString, escapedString, fourccString, resourceString, timeString } from "./vsprintf_data.ts";
import { checkPointer, number, type PrintfSpec, string, text, vsprintf } from "./vsprintf.ts";

const PLAIN: PrintfSpec = {
  left: false,
  plus: false,
  space: false,
  special: false,
  zeroPad: false,
  width: -1,
  precision: -1,
};
const ERR_PTR = 0xfffff001;

/** pointer_string(): eight digits, unless a width is given. */
function pointerString(value: number, spec: PrintfSpec): string {
  const padded = spec.width === -1 ? { ...spec, width: 8, zeroPad: true } : spec;
  return number(BigInt(value), padded, { base: 16 }, false);
}

/** A number of 32 bits in place of the kernel's keyed hash: different for different addresses (the finaliser of MurmurHash3). */
function hash(address: number): number {
  const first = Math.imul(address ^ (address >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return u32(second ^ (second >>> 16));
}

/** default_pointer(): no address is shown, but NULL and what stands for an errno is. */
function defaultPointer(address: number, spec: PrintfSpec): string {
  return pointerString(address === 0 || address >= ERR_PTR ? address : hash(address), spec);
}

/** err_ptr(): the name of an errno. */
function errPtr(address: number, spec: PrintfSpec): string {
  const name = errnoName(-s32(address));
  if (/^\d/.test(name)) throw new NotModelled(`vsnprintf(): %pe of ${s32(address)}`);
  return text(`-${name}`, spec);
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/** hex_string(): `%*ph`, at most 64 bytes. */
function hexString(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  if (spec.width === 0) return "";
  const separator = { C: ":", D: "-", N: "" }[letters[1]] ?? " ";
  const size = spec.width > 0 ? Math.min(spec.width, 64) : 1;
  return checkPointer(address, spec) ?? Array.from(bytesAt(bus, address, size), hex).join(separator);
}

/** mac_address_string(). */
function macAddress(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const bytes = Array.from(bytesAt(bus, address, 6), hex);
  const separator = letters[0] === "m" ? "" : letters[1] === "F" ? "-" : ":";
  return text((letters[1] === "R" ? bytes.reverse() : bytes).join(separator), spec);
}

/** ip4_addr_string(), and ip6_addr_string() of an address that is not to be shortened. */
function ipAddress(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const full = letters[0] === "i";
  if (letters[1] === "4") {
    const bytes = checkPointer(address, spec) ?? Array.from(bytesAt(bus, address, 4));
    if (typeof bytes === "string") return bytes;
    const inOrder = letters[2] === "h" || letters[2] === "l" ? bytes.reverse() : bytes;
    return text(inOrder.map((byte) => String(byte).padStart(full ? 3 : 1, "0")).join("."), spec);
  }
  if (letters[1] === "6" && !letters.includes("c")) {
    const bytes = checkPointer(address, spec) ?? Array.from(bytesAt(bus, address, 16), hex);
    return typeof bytes === "string" ? bytes : text(bytes.join("").replace(/.{4}(?!$)/g, full ? "$&" : "$&:"), spec);
  }
  throw new NotModelled(`vsnprintf(): %p${letters}`);
}

const UUID_ORDER = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** uuid_string(). */
function uuid(bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const bytes = bytesAt(bus, address, 16);
  const order = letters[1] === "L" || letters[1] === "l" ? GUID_ORDER : UUID_ORDER;
  const digits = order.map((i) => hex(bytes[i])).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return text(letters[1] === "L" || letters[1] === "B" ? digits.toUpperCase() : digits, spec);
}

/** va_format(): the format and the va_list that a struct va_format leads to. */
function vaFormat(kernel: Kernel, bus: Bus, address: number, spec: PrintfSpec): string {
  const error = checkPointer(address, spec);
  if (error !== undefined) return error;
  const format = stringAt(bus, bus.read32(address));
  return vsprintf(kernel, bus, format, new VaList(bus, u32(bus.read32(bus.read32(address + 4)))));
}

const SYMBOL_STYLES: Readonly<Record<string, SymbolStyle>> = { S: "offset", s: "no offset", B: "backtrace" };

/** Letters that show structures of the kernel's, which the model does not have. */
const STRUCTURES = "NdCDgGOfA";

/**
 * pointer().
 *
 * @param letters all letters and digits behind `%p`
 * @param address the value, 32 bits unsigned
 * @throws NotModelled for what shows a structure of the kernel's
 */
export function pointer(kernel: Kernel, bus: Bus, letters: string, address: number, spec: PrintfSpec): string {
  const [letter = ""] = letters;
  if (letter !== "" && STRUCTURES.includes(letter)) throw new NotModelled(`vsnprintf(): %p${letters}`);
  switch (letter) {
    case "S":
    case "s":
    case "B":
      if (letters[1] === "b") throw new NotModelled(`vsnprintf(): %p${letters}`);
      return text(sprintSymbol(kernel, address, SYMBOL_STYLES[letter]), spec);
    case "R":
    case "r":
      return resourceString(bus, letter, address, spec);
    case "b":
      return bitmapString(bus, letters, address, spec);
    case "E":
      return escapedString(bus, letters, address, spec);
    case "t":
      return timeString(bus, letters, address, spec);
    case "4":
      return fourccString(bus, letters, address, spec);
    case "h":
      return hexString(bus, letters, address, spec);
    case "M":
    case "m":
      return macAddress(bus, letters, address, spec);
    case "I":
    case "i":
      return ipAddress(bus, letters, address, spec);
    case "U":
      return uuid(bus, letters, address, spec);
    case "V":
      return vaFormat(kernel, bus, address, spec);
    case "a":
      // address_val(): phys_addr_t and dma_addr_t have 32 bits without the large physical address extension.
      return checkPointer(address, spec) ??
        number(BigInt(u32(bus.read32(address))), { ...PLAIN, special: true, zeroPad: true, width: 10 }, { base: 16 }, false);
    case "x":
      return pointerString(address, spec);
    case "e":
      return address >= ERR_PTR ? errPtr(address, spec) : defaultPointer(address, spec);
    case "k":
    case "u":
      return letters[1] === "s" ? string(bus, address, spec) : text("(einval)", { ...spec, precision: 8 });
    default:
      return defaultPointer(address, spec);
  }
}
