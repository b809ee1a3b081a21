// SPDX-License-Identifier: GPL-2.0-only
/**
 * What load_module() knows of the file while it works on it.
 *
 * Models: struct load_info of kernel/module/internal.h, and find_sec() and its kin of kernel/module/main.c.
 *
 * @module
 */

import { SHF } from "../elf/constants.ts";
import { latin1 } from "../elf/latin1.ts";
import type { Ehdr } from "../elf/records.ts";
import { u32 } from "../elf/word.ts";
import { pageFault } from "../kernel/fault.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { MappedArea } from "../kernel/memory.ts";
import { KernelModule } from "../kernel/module.ts";
import { Name } from "../kernel/name.ts";
import type { Section, SectionTable } from "../kernel/section.ts";
import type { VersionTable } from "./version.ts";

/** MODULE_INIT_* of include/uapi/linux/module.h. */
export const MODULE_INIT_IGNORE_MODVERSIONS = 1;
export const MODULE_INIT_IGNORE_VERMAGIC = 2;
export const MODULE_INIT_COMPRESSED_FILE = 4;

/** The temporary copy of the file in vmalloc memory; behind the file's end its last page holds zeros. */
export interface FileCopy {
  readonly area: MappedArea;
  /** info->len: bytes that count; a signature that was recognised does not. */
  readonly len: number;
  readonly sigOk: boolean;
}

/** struct load_info, from the moment that the file passed its validity checks. */
export interface LoadInfo {
  readonly kernel: Kernel;
  readonly flags: number;
  readonly copy: FileCopy;
  readonly hdr: Ehdr;
  readonly sechdrs: Section[];
  /** Offset of the symbols' string table in the copy. */
  readonly strtab: number;
  /** For log lines, before the module is known: the `name` of .modinfo, else that of struct module. */
  readonly name: string;
  readonly index: {
    readonly sym: number;
    readonly str: number;
    readonly mod: number;
    vers: number;
    info: number;
    pcpu: number;
  };
  /** Where the strings of .modinfo begin in the copy; see modinfo.ts. */
  modinfo: readonly number[] | undefined;
  /** __versions; see version.ts. */
  versions: VersionTable | undefined;
  /** Where layout_symtab() put things: offsets in MOD_DATA and MOD_INIT_DATA. */
  symoffs: number;
  stroffs: number;
  coreTypeoffs: number;
  initTypeoffs: number;
  modKallsymsInitOff: number;
}

/** The section table of the file's copy. */
export function sectionTable({ sechdrs, copy, hdr }: LoadInfo): SectionTable {
  return { sechdrs, area: copy.area, shoff: hdr.e_shoff };
}

/** Strings that were read before, each where the hash of its bytes says. */
const NAMES = new Array<string>(1 << 15).fill("");

/**
 * The string from `start` up to its NUL or to the end of the bytes: the very one that was made for them before, if it is still remembered.
 * Modules name the same few thousand symbols again and again, and to compare bytes costs less than to make a string and hash it.
 */
function sharedName(bytes: Uint8Array, start: number): string {
  let hash = 0;
  let end = start;
  for (; end < bytes.length && bytes[end] !== 0; end++) hash = (Math.imul(hash, 31) + bytes[end]) | 0;
  const slot = (hash ^ (hash >>> 15)) & (NAMES.length - 1);
  const known = NAMES[slot];
  if (known.length === end - start) {
    let at = start;
    while (at < end && known.charCodeAt(at - start) === bytes[at]) at++;
    if (at === end) return known;
  }
  return NAMES[slot] = latin1(bytes, start, end);
}

/** Length in bytes of the string that begins at `offset` of the copy. Running out of the copy is a fault. */
export function copyStrlen(copy: FileCopy, offset: number): number {
  const { bytes, base } = copy.area;
  if (offset >= bytes.length) throw pageFault(u32(base + offset), "read");
  let end = offset;
  while (end < bytes.length && bytes[end] !== 0) end++;
  if (end === bytes.length) throw pageFault(base + end, "read");
  return end - offset;
}

/** The string that begins at `offset` of the copy, as latin-1. Running out of the copy is a fault. */
export function copyString(copy: FileCopy, offset: number): string {
  const { bytes, base } = copy.area;
  const text = copyStringForCompare(copy, offset);
  if (offset + text.length === bytes.length) throw pageFault(base + bytes.length, "read");
  return text;
}

/** The symbol's name that begins at `offset` of the copy. Running out of the copy is a fault. */
export function copyName(copy: FileCopy, offset: number): Name {
  const { bytes, base } = copy.area;
  if (offset >= bytes.length) throw pageFault(u32(base + offset), "read");
  const name = new Name(bytes, offset);
  if (name.end === bytes.length) throw pageFault(base + bytes.length, "read");
  return name;
}

/**
 * The string that begins at `offset`, for a comparison with a shorter text: only a first byte outside of the copy is a fault.
 */
export function copyStringForCompare(copy: FileCopy, offset: number): string {
  const { bytes, base } = copy.area;
  if (offset >= bytes.length) throw pageFault(u32(base + offset), "read");
  return sharedName(bytes, offset);
}

/** find_sec(): the first allocated section of that name, or 0. */
export function findSec(info: Pick<LoadInfo, "sechdrs">, name: string): number {
  const { sechdrs } = info;
  for (let i = 1; i < sechdrs.length; i++) if (sechdrs[i].sh_flags & SHF.ALLOC && sechdrs[i].name === name) return i;
  return 0;
}

/** find_any_sec(): the first section of that name, or 0. */
export function findAnySec(info: Pick<LoadInfo, "sechdrs">, name: string): number {
  const { sechdrs } = info;
  for (let i = 1; i < sechdrs.length; i++) if (sechdrs[i].name === name) return i;
  return 0;
}

/** info->mod: struct module as the file has it. */
export function moduleInCopy(info: LoadInfo): KernelModule {
  const { structModule } = info.kernel.profile;
  const thisModule = info.sechdrs[info.index.mod];
  const [nameOffset] = structModule.fields.get("name") ?? [0];
  const mod = new KernelModule(copyString(info.copy, thisModule.at + nameOffset), structModule, thisModule.ownView());
  mod.takeSizes();
  return mod;
}
