// SPDX-License-Identifier: GPL-2.0-only
/**
 * Reads a kernel profile from the values of its `kernel.toml`.
 *
 * @module
 */

import type { DeviceFacts } from "./device_facts.ts";
import type { AddressRange } from "./execmem.ts";
import { KernelExports } from "./exports.ts";
import {
  type CallFacts,
  type FieldPlace,
  type KernelProfile,
  moduleArea,
  type ObjectImage,
  ProfileError,
  type ReportFacts,
  type TraceEventFacts,
} from "./profile.ts";

/** A table of the file with the path that leads to it, for messages. */
class Table {
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

function traceEvents(facts: Table): TraceEventFacts {
  return {
    list: facts.number("list"),
    newest: facts.number("newest"),
    hash: facts.number("hash"),
    hashHeads: facts.addresses("hash_heads"),
    firstType: facts.number("first_type"),
  };
}

/** Words in rows: offset of the first, colon, words; all hex. */
function objectImage(table: Table): ObjectImage {
  const words = new Map<number, number>();
  for (const row of table.strings("words")) {
    if (!/^[0-9a-f]+:( [0-9a-f]{1,8})+$/.test(row)) {
      throw new ProfileError(`${table.path}words has the row "${row}"; it must be such as "010: c1783ae8 0 2"`);
    }
    const [offset, ...values] = row.split(/:? /).map((text) => parseInt(text, 16));
    for (const [i, value] of values.entries()) words.set(offset + 4 * i, value);
  }
  return { address: table.number("address"), size: table.number("size"), words };
}

function callFacts(facts: Table): CallFacts {
  return { callers: facts.strings("callers"), depth: facts.number("depth") };
}

function reportFacts(facts: Table): ReportFacts {
  return {
    version: facts.string("version"),
    hardware: facts.string("hardware"),
    swDomainPan: facts.boolean("sw_domain_pan"),
    vmapStack: facts.boolean("vmap_stack"),
    unwinder: facts.string("unwinder"),
    dumpStack: facts.strings("dump_stack"),
    warn: facts.strings("warn"),
    warnOn: facts.strings("warn_on"),
    suspicious: facts.string("suspicious"),
    div0: facts.values.div0 === undefined ? undefined : facts.string("div0"),
    calls: {
      init_module: callFacts(facts.table("init_module")),
      finit_module: callFacts(facts.table("finit_module")),
      delete_module: callFacts(facts.table("delete_module")),
    },
  };
}

/**
 * Makes a profile from the values of `kernel.toml`.
 *
 * @param exports text of `exports.tsv`
 * @param readCertificate reads one that `trusted_keys` names
 * @param devices of `devices.toml`, where the profile has it
 * @throws {ProfileError} naming the key and what belongs there
 */
export function parseProfile(
  toml: Readonly<Record<string, unknown>>,
  exports: string,
  readCertificate: (name: string) => Uint8Array,
  devices?: DeviceFacts,
): KernelProfile {
  const top = new Table(toml, "");
  const memory = top.table("memory");
  const machine = top.table("machine");
  const struct = top.table("struct_module");
  const config = new Set(top.strings("config"));
  const pageOffset = memory.number("page_offset");
  const keys = (name: string, enabled: boolean) => machine.addresses(name).map((address) => [address, enabled] as const);
  return {
    release: top.string("release"),
    alias: top.string("alias"),
    vermagic: top.string("vermagic"),
    config,
    pageOffset,
    kernelEnd: memory.optionalNumber("kernel_end"),
    modules: moduleArea(config, pageOffset, memory.optionalNumber("xip_end")),
    vmalloc: memory.range("vmalloc"),
    machine: {
      smp: machine.boolean("smp"),
      pvOffset: machine.number("pv_offset"),
      freePages: machine.number("free_pages"),
      ...(machine.values.free_buffer_pages === undefined ? {} : { freeBufferPages: machine.number("free_buffer_pages") }),
      vmallocTaken: machine.ranges("vmalloc_taken"),
      changedStaticKeys: new Map([...keys("static_keys_on", true), ...keys("static_keys_off", false)]),
      builtinModules: new Set(machine.strings("builtin_modules")),
      percpuReserved: machine.range("percpu_reserved"),
      ...(machine.values.trace_events === undefined ? {} : { traceEvents: traceEvents(machine.table("trace_events")) }),
      ...(devices === undefined ? {} : { devices }),
      registered: machine.values.registered === undefined
        ? new Map()
        : machine.table("registered").entries((table, key) => new Set(table.strings(key))),
    },
    symbols: top.table("symbols").entries((table, key) => table.number(key)),
    structModule: {
      size: struct.number("size"),
      fields: struct.table("fields").entries((table, key) => table.place(key)),
      maskedFields: struct.strings("masked_fields"),
    },
    taskStruct: {
      stackCanary: toml.task_struct === undefined ? undefined : top.table("task_struct").optionalNumber("stack_canary"),
    },
    objects: toml.objects === undefined
      ? new Map()
      : top.table("objects").entries((table, key) => objectImage(table.table(key))),
    offsets: toml.offsets === undefined
      ? new Map()
      : top.table("offsets").entries((table, key) => table.table(key).entries((fields, field) => fields.number(field))),
    variables: toml.variables === undefined ? new Map() : top.table("variables").entries((table, key) => table.bytes(key)),
    ...(toml.report === undefined ? {} : { report: reportFacts(top.table("report")) }),
    exports: new KernelExports(exports),
    trustedKeys: toml.trusted_keys === undefined ? [] : top.strings("trusted_keys").map(readCertificate),
  };
}
