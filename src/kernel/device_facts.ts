// SPDX-License-Identifier: GPL-2.0-only
/**
 * The devices and drivers that the booted kernel has before any module, as its profile's `devices.toml` tells them.
 *
 * @module
 */

import { ProfileError } from "./profile.ts";

/** A device on a bus. */
export interface DeviceFact {
  /** dev_name(). */
  readonly name: string;
  /** MODALIAS of its uevent; empty where its bus gives none. */
  readonly modalias: string;
  /** The driver that it is bound to, if it is bound. */
  readonly driver: string | undefined;
}

export interface BusFacts {
  readonly devices: readonly DeviceFact[];
  /** Names of the drivers that are built in. */
  readonly drivers: readonly string[];
}

/** A number that somebody has: a major, or a minor of misc. */
export type TakenNumber = readonly [number: number, name: string];

/** An input device. */
export interface InputFact {
  readonly name: string;
  /** Bus, vendor, product and version. */
  readonly id: readonly number[];
  /** By its name in /proc/bus/input/devices: `KEY`. Words of 32 bits, the lowest first. */
  readonly bitmaps: ReadonlyMap<string, readonly number[]>;
}

export interface DeviceFacts {
  /** /sys/bus. */
  readonly buses: ReadonlyMap<string, BusFacts>;
  /** /sys/class. */
  readonly classes: readonly string[];
  /** /proc/devices; of two ranges with one name and major, one. */
  readonly charMajors: readonly TakenNumber[];
  readonly blockMajors: readonly TakenNumber[];
  /** /proc/misc. */
  readonly miscMinors: readonly TakenNumber[];
  readonly inputs: readonly InputFact[];
}

type Values = Readonly<Record<string, unknown>>;

function fail(path: string, expected: string): never {
  throw new ProfileError(`${path} must be ${expected}`);
}

function list<T>(values: Values, key: string, path: string, read: (value: unknown) => T | undefined, expected: string): T[] {
  const items = values[key];
  if (!Array.isArray(items)) return fail(`${path}${key}`, `a list of ${expected}`);
  return items.map((item) => read(item) ?? fail(`${path}${key}`, `a list of ${expected}`));
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

function readDevice(value: unknown): DeviceFact | undefined {
  if (!isStrings(value) || value.length < 2 || value.length > 3) return undefined;
  return { name: value[0], modalias: value[1], driver: value[2] };
}

/** `10 misc`, as in /proc/devices. */
function readNumber(value: unknown): TakenNumber | undefined {
  const match = typeof value === "string" ? /^(\d+) (.+)$/.exec(value) : null;
  return match === null ? undefined : [Number(match[1]), match[2]];
}

const numbersOf = (text: string, between: string) => text.split(between).map((word) => parseInt(word, 16));

function readInput(value: unknown): InputFact | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, id, ...bits } = value as Values;
  if (typeof name !== "string" || typeof id !== "string" || !/^(?:[0-9a-f]{4}:){3}[0-9a-f]{4}$/.test(id)) return undefined;
  const bitmaps = Object.entries(bits).map(([key, words]) => [key, numbersOf(String(words), " ").reverse()] as const);
  if (bitmaps.some(([, words]) => words.some(Number.isNaN))) return undefined;
  return { name, id: numbersOf(id, ":"), bitmaps: new Map(bitmaps) };
}

const readName = (value: unknown) => typeof value === "string" ? value : undefined;

/**
 * Reads the values of `devices.toml`.
 *
 * @throws {ProfileError} naming the key and what belongs there
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDeviceFacts } from "./device_facts.ts";
 * const platform = { drivers: ["reg-dummy"], devices: [["0.flash", "of:NflashT(null)Ccfi-flash"]] };
 * const numbers = { char_majors: ["1 mem"], block_majors: [], misc_minors: [] };
 * const { buses, charMajors } = parseDeviceFacts({ classes: ["tty"], ...numbers, bus: { platform } });
 * assertEquals(buses.get("platform")?.devices[0].name, "0.flash");
 * assertEquals(charMajors, [[1, "mem"]]);
 * ```
 */
export function parseDeviceFacts(toml: Values): DeviceFacts {
  const { bus } = toml;
  if (typeof bus !== "object" || bus === null) return fail("bus", "a table");
  const numbers = (key: string) => list(toml, key, "", readNumber, 'number and name, such as "10 misc"');
  const buses = Object.entries(bus).map(([name, values]: [string, Values]) => {
    const path = `bus.${name}.`;
    const devices = list(values, "devices", path, readDevice, "name, modalias and perhaps driver of a device");
    return [name, { devices, drivers: list(values, "drivers", path, readName, "names") }] as const;
  });
  return {
    buses: new Map(buses),
    classes: list(toml, "classes", "", readName, "names"),
    charMajors: numbers("char_majors"),
    blockMajors: numbers("block_majors"),
    miscMinors: numbers("misc_minors"),
    inputs: toml.input === undefined ? [] : list(toml, "input", "", readInput, "tables with name, id and bitmaps"),
  };
}
