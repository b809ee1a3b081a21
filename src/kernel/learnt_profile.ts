// SPDX-License-Identifier: GPL-2.0-only
/**
 * A profile of the facts that a kernel's user could tell. A key that is not there is a fact that nobody told; what stands in for it where
 * its value never shows is said at {@link KernelProfile.isLearnt}.
 *
 * @module
 */

import { u32 } from "../elf/word.ts";
import { UnknownFact } from "./fault.ts";
import { LearntExports } from "./learnt_exports.ts";
import { PERCPU_MODULE_RESERVE } from "./percpu.ts";
import { type FieldPlace, type KernelProfile, type Machine, moduleArea, type StructModule } from "./profile.ts";
import { Table } from "./profile_table.ts";

const CONFIG = "the kernel's .config";
const MODULE = "a module that the kernel loads";

/** PAGE_OFFSET, and as far above it VMALLOC_START and the end of the space, where they are not known. */
const STAND_IN = { pageOffset: 0xc0000000, vmallocOffset: 0x20000000, vmallocEnd: 0xff800000 };
/** Buckets of event_hash. */
const EVENT_HASH_SIZE = 128;

/** The options that are y; whether any other one is may not be known. */
class LearntOptions extends Set<string> {
  readonly #off: ReadonlySet<string>;

  constructor(on: Iterable<string>, off: Iterable<string>) {
    super(on);
    this.#off = new Set(off);
  }

  override has(name: string): boolean {
    if (super.has(name)) return true;
    if (this.#off.has(name)) return false;
    throw new UnknownFact(`CONFIG_${name}`, CONFIG);
  }
}

/** Fields whose places decide what a load comes to. */
const NEEDED_FIELDS = new Set(["name", "init", "exit"]);

class LearntFields extends Map<string, FieldPlace> {
  override get(name: string): FieldPlace | undefined {
    const place = super.get(name);
    if (place !== undefined || !NEEDED_FIELDS.has(name)) return place;
    throw new UnknownFact(`where struct module has ${name}`, name === "name" ? MODULE : `${MODULE} and has one`);
  }
}

/**
 * struct module as far as it is known.
 *
 * @param size of it in bytes
 */
export function learntStruct(size: number | undefined, fields: Iterable<readonly [string, FieldPlace]>): StructModule {
  return {
    isLearnt: true,
    get size() {
      if (size === undefined) throw new UnknownFact("the size of struct module", MODULE);
      return size;
    },
    fields: new LearntFields(fields),
    maskedFields: [],
  };
}

function readStruct(top: Table): StructModule {
  const table = top.has("struct_module") ? top.table("struct_module") : new Table({}, "struct_module.");
  const fields = table.has("fields") ? table.table("fields").entries((each, key) => each.place(key)) : [];
  return learntStruct(table.optionalNumber("size"), fields);
}

function learntMachine(top: Table, config: ReadonlySet<string>): Machine {
  const reserved = top.has("machine") ? top.table("machine").range("percpu_reserved") : undefined;
  return {
    get smp() {
      return config.has("SMP");
    },
    pvOffset: 0,
    freePages: Infinity,
    vmallocTaken: [],
    changedStaticKeys: new Map(),
    registered: new Map(),
    builtinModules: new Set(),
    percpuReserved: reserved ?? { start: 0, end: 4 * PERCPU_MODULE_RESERVE },
    percpuIsStandIn: reserved === undefined,
    traceEvents: { list: 0, newest: 0, hash: 0, hashHeads: new Array(EVENT_HASH_SIZE).fill(0), firstType: 0 },
  };
}

/**
 * Makes a profile from the values of a `kernel.toml` whose origin is "learnt".
 *
 * @param exports text of `exports.tsv`
 * @param readCertificate reads one that `trusted_keys` names
 * @throws {ProfileError} naming the key and what belongs there
 */
export function parseLearntProfile(
  top: Table,
  exports: string,
  readCertificate: (name: string) => Uint8Array,
): KernelProfile {
  const config = new LearntOptions(
    top.has("config") ? top.strings("config") : [],
    top.has("config_off") ? top.strings("config_off") : [],
  );
  const memory = top.has("memory") ? top.table("memory") : new Table({}, "memory.");
  const knownOffset = memory.optionalNumber("page_offset");
  const pageOffset = knownOffset ?? STAND_IN.pageOffset;
  const vermagic = top.has("vermagic") ? top.string("vermagic") : undefined;
  const trustedKeys = top.has("trusted_keys") ? top.strings("trusted_keys").map(readCertificate) : undefined;
  const release = top.has("release") ? top.string("release") : "unknown";
  const table = new LearntExports(exports, top.boolean("all_exports"), pageOffset);
  const symbols = top.has("symbols") ? top.table("symbols").entries((each, key) => each.number(key)) : new Map();
  const mcount = table.told("__gnu_mcount_nc");
  if (!symbols.has("__gnu_mcount_nc") && mcount?.isKernels) symbols.set("__gnu_mcount_nc", u32(mcount.value & ~1));
  return {
    isLearnt: true,
    release,
    alias: release,
    get vermagic() {
      if (vermagic === undefined) throw new UnknownFact("the kernel's version magic", `its image, its headers or ${MODULE}`);
      return vermagic;
    },
    config,
    pageOffset,
    kernelEnd: memory.optionalNumber("kernel_end"),
    get modules() {
      if (knownOffset === undefined) throw new UnknownFact("PAGE_OFFSET, and with it where modules go", CONFIG);
      return moduleArea(config, pageOffset);
    },
    vmalloc: { start: pageOffset + STAND_IN.vmallocOffset, end: STAND_IN.vmallocEnd },
    machine: learntMachine(top, config),
    symbols,
    structModule: readStruct(top),
    taskStruct: { stackCanary: undefined },
    variables: new Map(),
    objects: new Map(),
    offsets: new Map(),
    exports: table,
    get trustedKeys() {
      if (trustedKeys === undefined) throw new UnknownFact("the keys that the kernel trusts", "its image");
      return trustedKeys;
    },
  };
}
