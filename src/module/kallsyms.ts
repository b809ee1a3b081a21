// SPDX-License-Identifier: GPL-2.0-only
/**
 * The symbol tables that stay with the module: all symbols while init runs, those of the core afterwards.
 *
 * Models: layout_symtab(), add_kallsyms(), is_core_symbol() and elf_type() of kernel/module/kallsyms.c.
 *
 * @module
 */

import { SHF, SHN, SHT, STB, STT, symbolBinding, symbolType } from "../elf/constants.ts";
import { SYM } from "../elf/records.ts";
import { align, u32 } from "../elf/word.ts";
import { pageFault } from "../kernel/fault.ts";
import type { MappedArea } from "../kernel/memory.ts";
import { isInitType, type KernelModule, MOD_DATA, MOD_INIT_DATA } from "../kernel/module.ts";
import { type Section, uncheckedHeader } from "../kernel/section.ts";
import { moduleGetOffsetAndType, sectionType } from "./layout.ts";
import { copyStringForCompare, copyStrlen, type LoadInfo, sectionTable } from "./load_info.ts";

/** struct mod_kallsyms: symtab, num_symtab, strtab, typetab. */
const MOD_KALLSYMS_SIZE = 16;
/** The letters of weak symbols. */
const [WEAK_OBJECT, WEAK] = new TextEncoder().encode("vw");

/**
 * is_core_symbol() for every section: 1 where its symbols are kept after init. A symbol without a name is not kept, whatever its section.
 */
function coreSections({ kernel, sechdrs, index }: LoadInfo): Uint8Array {
  const all = kernel.config("KALLSYMS_ALL");
  const wanted = all ? SHF.ALLOC : SHF.ALLOC | SHF.EXECINSTR;
  const core = new Uint8Array(sechdrs.length);
  for (let i = 1; i < sechdrs.length; i++) {
    const section = sechdrs[i];
    if ((section.sh_flags & wanted) === wanted && !isInitType(sectionType(section))) core[i] = 1;
  }
  if (all && index.pcpu !== 0) core[index.pcpu] = 1;
  return core;
}

/** The symbols that stay after init: how many there are, and the bytes of their names. */
function tallyCore(info: LoadInfo, all: boolean): { kept: number; strtabSize: number } {
  const { copy, sechdrs, index, strtab } = info;
  const { view } = copy.area;
  const { sh_offset, sh_size } = sechdrs[index.sym];
  const core = coreSections(info);
  const end = sh_offset + sh_size - sh_size % SYM.size;
  let kept = 0;
  let strtabSize = 0;
  for (let symbol = sh_offset; symbol < end; symbol += SYM.size) {
    const name = view.getUint32(symbol, true);
    const isCore = symbol === sh_offset || all || (name !== 0 && core[view.getUint16(symbol + 14, true)] === 1);
    if (!isCore) continue;
    strtabSize += copyStrlen(copy, u32(strtab + name)) + 1;
    kept++;
  }
  return { kept, strtabSize };
}

/**
 * layout_symtab(): room for .symtab, .strtab and the types behind the init data, and for the core's behind the core data.
 *
 * Needs: layoutSections(). Adds: the places of both sections, the offsets in LoadInfo.
 */
export function layoutSymtab(info: LoadInfo, mod: KernelModule): void {
  if (!info.kernel.config("KALLSYMS")) return;
  const { kernel, sechdrs, index } = info;
  const symsect = sechdrs[index.sym];
  const strsect = sechdrs[index.str];

  symsect.sh_flags |= SHF.ALLOC;
  symsect.sh_entsize = moduleGetOffsetAndType(kernel, mod, MOD_INIT_DATA, symsect);
  const { kept, strtabSize } = tallyCore(info, mod.klp);

  const data = mod.mem[MOD_DATA];
  info.symoffs = align(data.size, symsect.sh_addralign || 1);
  info.stroffs = info.symoffs + kept * SYM.size;
  info.coreTypeoffs = info.stroffs + strtabSize;
  data.size = info.coreTypeoffs + kept;

  strsect.sh_flags |= SHF.ALLOC;
  strsect.sh_entsize = moduleGetOffsetAndType(kernel, mod, MOD_INIT_DATA, strsect);
  const initData = mod.mem[MOD_INIT_DATA];
  info.modKallsymsInitOff = align(initData.size, 4);
  info.initTypeoffs = info.modKallsymsInitOff + MOD_KALLSYMS_SIZE;
  initData.size = info.initTypeoffs + Math.floor(symsect.sh_size / SYM.size);
}

/** elf_type() of symbols by their section alone: the letter that nm(1) would show. */
function sectionLetter(info: LoadInfo, shndx: number): string {
  if (shndx === SHN.UNDEF) return "U";
  if (shndx === SHN.ABS || shndx === info.index.pcpu) return "a";
  if (shndx >= SHN.LORESERVE) return "?";
  // Symbol 0 has not been checked.
  const { sh_flags, sh_type, sh_name } = uncheckedHeader(sectionTable(info), shndx);
  if (sh_flags & SHF.EXECINSTR) return "t";
  if (sh_flags & SHF.ALLOC && sh_type !== SHT.NOBITS) return sh_flags & SHF.WRITE ? "d" : "r";
  if (sh_type === SHT.NOBITS) return "b";
  const names = info.sechdrs[info.hdr.e_shstrndx].sh_offset;
  return copyStringForCompare(info.copy, u32(names + sh_name)).startsWith(".debug") ? "n" : "?";
}

/** elf_type(): letters as characters' codes. A module has thousands of symbols but few sections: theirs are kept. */
class TypeLetters {
  /** By section; 0 where nobody has asked yet. */
  readonly #known: Uint8Array;

  constructor(readonly info: LoadInfo) {
    this.#known = new Uint8Array(info.sechdrs.length);
  }

  of(st_info: number, shndx: number): number {
    if (symbolBinding(st_info) === STB.WEAK) return symbolType(st_info) === STT.OBJECT ? WEAK_OBJECT : WEAK;
    if (shndx >= this.#known.length) return sectionLetter(this.info, shndx).charCodeAt(0);
    return this.#known[shndx] ||= sectionLetter(this.info, shndx).charCodeAt(0);
  }
}

/**
 * add_kallsyms(): fills both tables. The core's symbols get names of their own, without the others' between them.
 *
 * Needs: final addresses in .symtab. Adds: the tables, the fields kallsyms and core_kallsyms of struct module.
 */
export function addKallsyms(info: LoadInfo, mod: KernelModule): void {
  if (!info.kernel.config("KALLSYMS")) return;
  const symsec = info.sechdrs[info.index.sym];
  const strsec = info.sechdrs[info.index.str];
  const data = mod.mem[MOD_DATA].area;
  const initData = mod.mem[MOD_INIT_DATA].area;
  if (data === undefined || initData === undefined) throw new Error("The symbol tables have no memory");
  // Sizes that wrapped around can leave the tables beyond their memory.
  demandTable(initData, info.initTypeoffs);
  demandTable(data, info.coreTypeoffs);

  const at = info.modKallsymsInitOff;
  const count = Math.floor(symsec.sh_size / SYM.size);
  initData.view.setUint32(at, symsec.sh_addr, true);
  initData.view.setUint32(at + 4, count, true);
  initData.view.setUint32(at + 8, strsec.sh_addr, true);
  initData.view.setUint32(at + 12, initData.base + info.initTypeoffs, true);
  mod.put("kallsyms", u32(initData.base + at));

  const tables = new KallsymsTables(info, mod.klp, initData, data);
  for (let i = 0; i < count && tables.add(i); i++);
  mod.put("core_kallsyms", u32(data.base + info.symoffs), 0);
  mod.put("core_kallsyms", tables.kept, 1);
  mod.put("core_kallsyms", u32(data.base + info.stroffs), 2);
  mod.put("core_kallsyms", u32(data.base + info.coreTypeoffs), 3);
}

function demandTable(area: MappedArea, end: number): void {
  if (end > area.bytes.length) throw pageFault(u32(area.base + area.bytes.length), "write");
}

/** The tables as add_kallsyms() fills them, symbol by symbol. */
class KallsymsTables {
  /** Symbols of the core so far. */
  kept = 0;
  /** Where the next name of the core goes. */
  #strAt: number;
  readonly #symtab: Section;
  readonly #strings: number;
  readonly #core: Uint8Array;
  readonly #letters: TypeLetters;

  /** @param keepsAll whether all symbols are the core's, as a livepatch's are */
  constructor(readonly info: LoadInfo, readonly keepsAll: boolean, readonly initData: MappedArea, readonly data: MappedArea) {
    this.#strAt = info.stroffs;
    this.#symtab = info.sechdrs[info.index.sym];
    this.#strings = info.sechdrs[info.index.str].at;
    this.#core = coreSections(info);
    this.#letters = new TypeLetters(info);
  }

  /** @returns whether there is room for more */
  add(i: number): boolean {
    const { symoffs, stroffs, coreTypeoffs, initTypeoffs } = this.info;
    const { bytes, view: to } = this.data;
    const { view } = this.#symtab;
    const symbol = this.#symtab.at + i * SYM.size;
    const name = view.getUint32(symbol, true);
    const shndx = view.getUint16(symbol + 14, true);
    const letter = this.#letters.of(view.getUint8(symbol + 12), shndx);
    this.initData.bytes[initTypeoffs + i] = letter;
    const isCore = i === 0 || this.keepsAll || (name !== 0 && this.#core[shndx] === 1);
    if (!isCore) return true;
    bytes[coreTypeoffs + this.kept] = letter;
    const at = symoffs + this.kept * SYM.size;
    to.setUint32(at, this.#strAt - stroffs, true);
    for (let word = 4; word < SYM.size; word += 4) to.setInt32(at + word, view.getInt32(symbol + word, true), true);
    this.kept++;
    const length = strscpy(bytes, this.#strAt, coreTypeoffs - this.#strAt, this.initData.bytes, this.#strings + name);
    this.#strAt += length + 1;
    return length >= 0;
  }
}

/**
 * strscpy() into `room` bytes at `at`, which hold zeros.
 *
 * @returns the string's length, or -1 where it was cut off
 */
function strscpy(to: Uint8Array, at: number, room: number, from: Uint8Array, start: number): number {
  for (let length = 0; length < room; length++) {
    if (start + length >= from.length) throw pageFault(start, "read");
    const byte = from[start + length];
    if (byte === 0) return length;
    if (length < room - 1) to[at + length] = byte;
  }
  return -1;
}
