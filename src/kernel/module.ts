// SPDX-License-Identifier: GPL-2.0-only
/**
 * A module in the kernel: `struct module` and its memory.
 *
 * Models: struct module, enum module_state, enum mod_mem_type and struct module_memory of include/linux/module.h.
 *
 * @module
 */

import { latin1 } from "../elf/latin1.ts";
import type { ExportedSymbol } from "./exports.ts";
import type { MappedArea } from "./memory.ts";
import type { Name } from "./name.ts";
import { UnknownFact } from "./fault.ts";
import type { StructModule } from "./profile.ts";
import type { Section } from "./section.ts";

/** enum mod_mem_type. */
export const MOD_TEXT = 0;
export const MOD_DATA = 1;
export const MOD_RODATA = 2;
export const MOD_RO_AFTER_INIT = 3;
export const MOD_INIT_TEXT = 4;
export const MOD_INIT_DATA = 5;
export const MOD_INIT_RODATA = 6;
export const MOD_MEM_NUM_TYPES = 7;

/** Names of the memory types, by number; the last is for what has no memory. */
export const MOD_MEM_NAMES = [
  "MOD_TEXT",
  "MOD_DATA",
  "MOD_RODATA",
  "MOD_RO_AFTER_INIT",
  "MOD_INIT_TEXT",
  "MOD_INIT_DATA",
  "MOD_INIT_RODATA",
  "",
] as const;

/** mod_mem_type_is_init(). */
export function isInitType(type: number): boolean {
  return type >= MOD_INIT_TEXT && type <= MOD_INIT_RODATA;
}

/** Bytes of `name` in struct module. */
export const MODULE_NAME_LEN = 60;

/** enum module_state. */
export const MODULE_STATE = { LIVE: 0, COMING: 1, GOING: 2, UNFORMED: 3 } as const;
export type ModuleState = typeof MODULE_STATE[keyof typeof MODULE_STATE];

/** struct module_memory. While the sections are laid out only the size is known. */
export interface ModuleMemory {
  /** Bytes; a multiple of the page size once it is allocated. */
  size: number;
  area: MappedArea | undefined;
}

/** Where a section's bytes ended up, for /sys/module/NAME/sections and for the suite. */
export interface PlacedSection {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  /** Memory type; MOD_MEM_NUM_TYPES for an empty section of a type that got no memory. */
  readonly type: number;
}

/** A table in a module's memory: address of its first entry (0: none) and number of entries. */
export interface ModuleTable {
  readonly address: number;
  readonly count: number;
}

/** struct mod_plt_sec: the PLT of the core or of init. */
export interface ModPltSec {
  /** The section that holds the entries. */
  plt: Section | undefined;
  /** Address of the first entry, 0 until one is asked for. */
  pltEnt: number;
  /** Entries in use, and how many of them are there from the start. */
  count: number;
  fixed: number;
}

/** A symbol exported by a module; `name` and the rest are read from the module's memory. */
export interface KernelModuleExport extends ExportedSymbol {
  readonly owner: KernelModule;
  readonly nameInMemory: Name;
}

function noMemories(): ModuleMemory[] {
  const mem: ModuleMemory[] = [];
  for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) mem.push({ size: 0, area: undefined });
  return mem;
}

const NO_TABLE: ModuleTable = { address: 0, count: 0 };

/**
 * One module. What the kernel keeps in the bytes of `struct module` is written there too (`put`), so that the module's own code and
 * whoever reads its memory find it.
 */
export class KernelModule {
  state: ModuleState = MODULE_STATE.UNFORMED;
  readonly mem: readonly ModuleMemory[] = noMemories();
  /** Bit mask of taint flags. */
  taints = 0;
  usingGplonlySymbols = false;
  /** Marked as a livepatch module. */
  klp = false;
  /** The parameter string. */
  args = "";
  asyncProbeRequested = false;
  /** `refcnt`: MODULE_REF_BASE (1) and the references. */
  refcnt = 0;
  /** Modules that use this one (`source_list`), newest first. */
  readonly users: KernelModule[] = [];
  /** Modules that this one uses (`target_list`), newest first. */
  readonly uses: KernelModule[] = [];
  /** Exports, once the symbols' addresses are final. */
  exports: readonly KernelModuleExport[] = [];
  kp: ModuleTable = NO_TABLE;
  syms: ModuleTable = NO_TABLE;
  gplSyms: ModuleTable = NO_TABLE;
  crcs = 0;
  gplCrcs = 0;
  extable: ModuleTable = NO_TABLE;
  jumpEntries: ModuleTable = NO_TABLE;
  ftraceCallsites: ModuleTable = NO_TABLE;
  /** Per-CPU pointer, and size in bytes. */
  percpu = 0;
  percpuSize = 0;
  /** Memory that holds the values of version and srcversion. */
  readonly modinfoCopies: number[] = [];
  /** What each CPU's copy begins with. */
  percpuData = new Uint8Array();
  /** Address of the struct ddebug_table, 0 where there is none. */
  ddebugTable = 0;
  /** mod->arch.core and mod->arch.init. */
  readonly arch: { readonly core: ModPltSec; readonly init: ModPltSec } = {
    core: { plt: undefined, pltEnt: 0, count: 0, fixed: 0 },
    init: { plt: undefined, pltEnt: 0, count: 0, fixed: 0 },
  };
  /** Of the allocated sections: few ask for them, and many modules have many, so they are kept as numbers. */
  readonly #sectionNames: string[] = [];
  /** Address, size and type of each. */
  readonly #sectionPlaces: number[] = [];
  /** Address of `struct module`; set when the module has its own memory. */
  address = 0;

  /**
   * @param name what mod->name says; see Kernel.rereadName()
   * @param layout where the fields of struct module are
   * @param at view of the bytes of struct module, in the file's copy first, then in the module's memory
   */
  constructor(public name: string, readonly layout: StructModule, public at: DataView) {}

  /** The allocated sections, in the order of the section table. */
  get sections(): readonly PlacedSection[] {
    const places = this.#sectionPlaces;
    return this.#sectionNames.map((name, i) => ({
      name,
      address: places[3 * i],
      size: places[3 * i + 1],
      type: places[3 * i + 2],
    }));
  }

  /** Adds an allocated section. */
  addSection({ name, sh_addr, sh_size }: Pick<Section, "name" | "sh_addr" | "sh_size">, type: number): void {
    this.#sectionNames.push(name);
    this.#sectionPlaces.push(sh_addr, sh_size, type);
  }
  /** Words of fields of which it is not known where the kernel has them. */
  readonly #unplaced = new Map<string, number>();

  /** Writes a field of one, two or four bytes; a kernel that lacks the field goes without. */
  put(field: string, value: number, element = 0): void {
    const place = this.layout.fields.get(field);
    if (place === undefined) {
      if (this.layout.isLearnt) this.#unplaced.set(`${field} ${element}`, value);
      return;
    }
    const [offset, size] = place;
    if (size === 1) this.at.setUint8(offset, value);
    else if (size === 2) this.at.setUint16(offset, value, true);
    else this.at.setUint32(offset + 4 * element, value, true);
  }

  /** Reads a field of four bytes, or a word of a longer one; 0 where the kernel lacks it. */
  get(field: string, element = 0): number {
    const place = this.layout.fields.get(field);
    if (place === undefined) return this.#unplaced.get(`${field} ${element}`) ?? 0;
    return this.at.getUint32(place[0] + 4 * element, true);
  }

  /** Words of an element of mod->mem. */
  get #memWords(): number {
    return (this.layout.fields.get("mem")?.[1] ?? 0) / MOD_MEM_NUM_TYPES / 4;
  }

  /** Writes base and size of one memory into struct module. */
  putMemory(type: number): void {
    const { area, size } = this.mem[type];
    this.put("mem", area?.base ?? 0, type * this.#memWords);
    this.put("mem", size, type * this.#memWords + 1);
  }

  /** The memories' sizes as the file has them: nothing clears them before the sections are tallied. */
  takeSizes(): void {
    const place = this.layout.fields.get("mem");
    if (place === undefined) return this.#needNoSizes();
    const words = this.#memWords;
    for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) {
      this.mem[type].size = this.at.getUint32(place[0] + 4 * (type * words + 1), true);
    }
  }

  /** What the kernel would take for sizes is zero, wherever it is, if nothing stands behind the name. */
  #needNoSizes(): void {
    if (!this.layout.isLearnt) return;
    const [offset, size] = this.layout.fields.get("name") ?? [0, 0];
    const rest = new Uint8Array(this.at.buffer, this.at.byteOffset + offset + size, this.at.byteLength - offset - size);
    if (rest.some((byte) => byte !== 0)) throw new UnknownFact("where struct module has mem", "the booted kernel");
  }

  /** The bytes of struct module as they are now. */
  copyOfBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Whether one of these fields is other than it was in a copy of the bytes. */
  differsFrom(copy: Uint8Array, fields: readonly string[]): boolean {
    const bytes = this.#bytes;
    return fields.some((field) => {
      const [offset, size] = this.layout.fields.get(field) ?? [0, 0];
      for (let at = offset; at < offset + size; at++) if (bytes[at] !== copy[at]) return true;
      return false;
    });
  }

  get #bytes(): Uint8Array {
    return new Uint8Array(this.at.buffer, this.at.byteOffset, this.at.byteLength);
  }

  /** mod->name as the bytes of struct module say it. */
  nameInMemory(): string {
    const [offset] = this.layout.fields.get("name") ?? [0];
    let end = offset;
    while (end < this.at.byteLength && this.at.getUint8(end) !== 0) end++;
    return latin1(new Uint8Array(this.at.buffer, this.at.byteOffset), offset, end);
  }

  /** mod_tree_insert(): the node of each memory, in the tree that finds a module by address, leads to the module. */
  putTreeNodes(): void {
    for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) this.put(`mem[${type}].mtn.mod`, this.address);
  }

  /** Address of mod->core_kallsyms. */
  coreKallsymsAddress(): number {
    return this.address + (this.layout.fields.get("core_kallsyms")?.[0] ?? 0);
  }

  /** mod->init: address of the init function, or 0. */
  get init(): number {
    return this.get("init");
  }

  /** mod->exit: address of the exit function, or 0. */
  get exit(): number {
    return this.get("exit");
  }

  setState(state: ModuleState): void {
    this.state = state;
    this.put("state", state);
  }

  /** add_taint_module()'s part for the module. */
  setTaint(flag: number): void {
    this.taints |= 1 << flag;
    this.put("taints", this.taints);
  }

  /** within_module_mem_type(). */
  withinType(address: number, type: number): boolean {
    const area = this.mem[type].area;
    return area !== undefined && address >= area.base && address - area.base < this.mem[type].size;
  }

  /** within_module_init(). */
  withinInit(address: number): boolean {
    return this.withinType(address, MOD_INIT_TEXT) || this.withinType(address, MOD_INIT_DATA) ||
      this.withinType(address, MOD_INIT_RODATA);
  }

  /** within_module(). */
  within(address: number): boolean {
    for (let type = 0; type < MOD_MEM_NUM_TYPES; type++) if (this.withinType(address, type)) return true;
    return false;
  }
}
