// SPDX-License-Identifier: GPL-2.0-only
/**
 * Reads values of a profile's `kernel.toml`, with messages that name the key and what belongs there.
 *
 * @module
 */

import type { AddressRange } from "./execmem.ts";
import { type FieldPlace, ProfileError } from "./profile.ts";

/** A table of the file with the path that leads to it, for messages. */
export class Table {
  constructor(readonly values: Readonly<Record<string, unknown>>, readonly path: string) {}

  #fail(key: string, expected: string): never {
    const value = this.values[key];
    const found = value === undefined
      ? "is missing"
      : `is ${JSON.stringify(value, (_, v) => typeof v === "bigint" ? Number(v) : v)}`;
    throw new ProfileError(`${this.path}${key} ${found}; it must be ${expected}`);
  }

  table(key: string): Table {
    const value = this.values[key];
    if (typeof value !== "object" || value === null || Array.isArray(value)) this.#fail(key, "a table");
    return new Table(value as Record<string, unknown>, `${this.path}${key}.`);
  }

  string(key: string): string {
    const value = this.values[key];
    return typeof value === "string" ? value : this.#fail(key, "a string");
  }

  number(key: string): number {
    const value = this.values[key];
    return typeof value === "number" && Number.isInteger(value) ? value : this.#fail(key, "an integer");
  }

  optionalNumber(key: string): number | undefined {
    return this.values[key] === undefined ? undefined : this.number(key);
  }

  boolean(key: string): boolean {
    const value = this.values[key];
    return typeof value === "boolean" ? value : this.#fail(key, "true or false");
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  strings(key: string): string[] {
    const value = this.values[key];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    return this.#fail(key, "a list of strings");
  }

  /** Addresses in hex. */
  addresses(key: string): number[] {
    const addresses = this.strings(key).map(toAddress);
    return addresses.some(Number.isNaN) ? this.#fail(key, 'a list of addresses such as "0xc18264d4"') : addresses;
  }

  /** A pair of addresses in hex, end not included. */
  range(key: string): AddressRange {
    return toRange(this.values[key]) ?? this.#fail(key, 'a pair such as ["0xbf000000", "0xbfe00000"]');
  }

  ranges(key: string): AddressRange[] {
    const value = this.values[key];
    if (!Array.isArray(value)) return this.#fail(key, "a list of address pairs");
    return value.map((each) => toRange(each) ?? this.#fail(key, "a list of address pairs"));
  }

  entries<T>(read: (table: Table, key: string) => T): Map<string, T> {
    return new Map(Object.keys(this.values).map((key) => [key, read(this, key)]));
  }

  /** Bytes as hex digits. */
  bytes(key: string): Uint8Array {
    const text = this.string(key);
    if (!/^([0-9a-f]{2})+$/.test(text)) this.#fail(key, 'bytes in hex such as "d7b80100"');
    return Uint8Array.fromHex(text);
  }

  /** Offset and size of a field. */
  place(key: string): FieldPlace {
    const value = this.values[key];
    if (Array.isArray(value) && value.length === 2 && value.every(Number.isInteger)) return [value[0], value[1]];
    return this.#fail(key, "offset and size, such as [12, 60]");
  }
}

/** The number of `0x...`, or NaN. */
function toAddress(value: unknown): number {
  return typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) ? Number(value) : NaN;
}

function toRange(value: unknown): AddressRange | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [start, end] = value.map(toAddress);
  return start <= end ? { start, end } : undefined;
}
