// SPDX-License-Identifier: GPL-2.0-only
/**
 * Reads a kernel profile from the values of its `kernel.toml`.
 *
 * @module
 */

import type { DeviceFacts } from "./device_facts.ts";
import { KernelExports } from "./exports.ts";
import { parseLearntProfile } from "./learnt_profile.ts";
import {
  type CallFacts,
  type KernelProfile,
  moduleArea,
  type ObjectImage,
  ProfileError,
  type ReportFacts,
  type TraceEventFacts,
} from "./profile.ts";
import { Table } from "./profile_table.ts";

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

/** Whether the facts were learnt from what a user has, so that any of them may be missing. */
export function isLearnt(toml: Readonly<Record<string, unknown>>): boolean {
  return toml.origin === "learnt";
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
  if (isLearnt(toml)) return parseLearntProfile(top, exports, readCertificate);
  const memory = top.table("memory");
  const machine = top.table("machine");
  const struct = top.table("struct_module");
  const config = new Set(top.strings("config"));
  const pageOffset = memory.number("page_offset");
  const keys = (name: string, enabled: boolean) => machine.addresses(name).map((address) => [address, enabled] as const);
  return {
    isLearnt: false,
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
