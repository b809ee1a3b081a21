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
import { isInitType, type KernelModule, MOD_DATA, MOD_INIT_DATA } from "../kernel/module.ts";
import { uncheckedHeader } from "../kernel/section.ts";
import { moduleGetOffsetAndType, sectionType } from "./layout.ts";
import { copyStringForCompare, copyStrlen, type LoadInfo, sectionTable } from "./load_info.ts";

/** struct mod_kallsyms: symtab, num_symtab, strtab, typetab. */
const MOD_KALLSYMS_SIZE = 16;

/**
 * is_core_symbol() for every section: true where its symbols are kept after init. A symbol without a name is not kept, whatever its
 * section.
 */
function coreSections({ kernel, sechdrs, index }: LoadInfo): boolean[] {
  const all = kernel.config("KALLSYMS_ALL");
  const wanted = all ? SHF.ALLOC : SHF.ALLOC | SHF.EXECINSTR;
  return sechdrs.map((section, i) =>
    i !== 0 &&
    ((section.sh_flags & wanted) === wanted && !isInitType(sectionType(section)) || (all && i === index.pcpu))
  );
}

/**
 * layout_symtab(): room for .symtab, .strtab and the types behind the init data, and for the core's behind the core data.
 *
 * Needs: layoutSections(). Adds: the places of both sections, the offsets in LoadInfo.
 */
export function layoutSymtab(info: LoadInfo, mod: KernelModule): void {
  if (!info.kernel.config("KALLSYMS")) return;
  const { kernel, copy, sechdrs, index, strtab } = info;
  const { view } = copy.area;
  const symsect = sechdrs[index.sym];
  const strsect = sechdrs[index.str];

  symsect.sh_flags |= SHF.ALLOC;
  symsect.sh_entsize = moduleGetOffsetAndType(kernel, mod, MOD_INIT_DATA, symsect);
  const count = Math.floor(symsect.sh_size / SYM.size);
  const core = coreSections(info);
  let kept = 0;
  let strtabSize = 0;
  for (let i = 0, at = symsect.sh_offset; i < count; i++, at += SYM.size) {
    const name = view.getUint32(at, true);
    if (i !== 0 && !mod.klp && !(name !== 0 && core[view.getUint16(at + 14, true)])) continue;
    strtabSize += copyStrlen(copy, u32(strtab + name)) + 1;
    kept++;
  }

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
  initData.size = info.initTypeoffs + count;
}

/** elf_type(): the letter that nm(1) would show. */
function elfType(info: LoadInfo, binding: number, type: number, shndx: number): string {
  if (binding === STB.WEAK) return type === STT.OBJECT ? "v" : "w";
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

/**
 * add_kallsyms(): fills both tables. The core's symbols get names of their own, without the others' between them.
 *
 * Needs: final addresses in .symtab. Adds: the tables, the fields kallsyms and core_kallsyms of struct module.
 */
export function addKallsyms(info: LoadInfo, mod: KernelModule): void {
  if (!info.kernel.config("KALLSYMS")) return;
  const { sechdrs, index } = info;
  const symsec = sechdrs[index.sym];
  const strsec = sechdrs[index.str];
  const data = mod.mem[MOD_DATA].area;
  const initData = mod.mem[MOD_INIT_DATA].area;
  if (data === undefined || initData === undefined) throw new Error("The symbol tables have no memory");
  const count = Math.floor(symsec.sh_size / SYM.size);
  // Sizes that wrapped around can leave the tables beyond their memory.
  for (const [area, end] of [[initData, info.initTypeoffs], [data, info.coreTypeoffs]] as const) {
    if (end > area.bytes.length) throw pageFault(u32(area.base + area.bytes.length), "write");
  }

  const kallsyms = [symsec.sh_addr, count, strsec.sh_addr, u32(initData.base + info.initTypeoffs)];
  for (const [i, word] of kallsyms.entries()) initData.view.setUint32(info.modKallsymsInitOff + 4 * i, word, true);
  mod.put("kallsyms", u32(initData.base + info.modKallsymsInitOff));

  const core = coreSections(info);
  const letters = typeLetters(info);
  const strings = initData.bytes;
  let kept = 0;
  let strAt = info.stroffs;
  for (let i = 0; i < count; i++) {
    const from = symsec.at + i * SYM.size;
    const name = symsec.view.getUint32(from, true);
    const shndx = symsec.view.getUint16(from + 14, true);
    const letter = letters(symsec.view.getUint8(from + 12), shndx);
    initData.bytes[info.initTypeoffs + i] = letter;
    if (i !== 0 && !mod.klp && !(name !== 0 && core[shndx])) continue;
    data.bytes[info.coreTypeoffs + kept] = letter;
    const to = info.symoffs + kept * SYM.size;
    data.view.setUint32(to, strAt - info.stroffs, true);
    for (let word = 4; word < SYM.size; word += 4) {
      data.view.setUint32(to + word, symsec.view.getUint32(from + word, true), true);
    }
    kept++;
    const length = strscpy(data.bytes, strAt, info.coreTypeoffs - strAt, strings, strsec.at + name);
    if (length < 0) break;
    strAt += length + 1;
  }
  mod.put("core_kallsyms", u32(data.base + info.symoffs), 0);
  mod.put("core_kallsyms", kept, 1);
  mod.put("core_kallsyms", u32(data.base + info.stroffs), 2);
  mod.put("core_kallsyms", u32(data.base + info.coreTypeoffs), 3);
}

/** elfType() with a memory: a module has thousands of symbols but few kinds of them. */
function typeLetters(info: LoadInfo): (st_info: number, shndx: number) => number {
  const known = new Map<number, number>();
  let lastKey = -1;
  let letter = 0;
  return (st_info, shndx) => {
    const key = shndx << 8 | st_info;
    if (key === lastKey) return letter;
    lastKey = key;
    letter = known.get(key) ?? elfType(info, symbolBinding(st_info), symbolType(st_info), shndx).charCodeAt(0);
    known.set(key, letter);
    return letter;
  };
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
