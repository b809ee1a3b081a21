// SPDX-License-Identifier: GPL-2.0-only
/**
 * Is this file a module at all?
 *
 * Models: elf_validity_cache_copy() and validate_section_offset() of kernel/module/main.c, elf_check_arch() of
 * arch/arm/kernel/elf.c.
 *
 * @module
 */

import { EF_ARM, ELFMAG, EM, ET, SHF, SHN, SHT } from "../elf/constants.ts";
import { latin1 } from "../elf/latin1.ts";
import { EHDR, type Ehdr, readRecord, SHDR, type Shdr } from "../elf/records.ts";
import { u32 } from "../elf/word.ts";
import { ENOEXEC } from "../kernel/errno.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KERN_ERR, KERN_WARNING } from "../kernel/log.ts";
import { Section } from "../kernel/section.ts";
import {
  copyString,
  copyStringForCompare,
  type FileCopy,
  findSec,
  type LoadInfo,
  MODULE_INIT_IGNORE_MODVERSIONS,
} from "./load_info.ts";
import { modinfoValue } from "./modinfo.ts";

/** e_flags of a file from before the EABI. */
const EF_ARM_EABI_UNKNOWN = 0;

/**
 * elf_check_arch(): the machine, the entry point's alignment, and for files from before the EABI the calling standard. Floating point does
 * not matter, as this kernel's processors have VFP.
 */
function elfCheckArch(hdr: Ehdr): boolean {
  if (hdr.e_machine !== EM.ARM) return false;
  if ((hdr.e_entry & 3) === 2) return false;
  const eabi = (hdr.e_flags & EF_ARM.EABI_MASK) >>> 0;
  return !(eabi === EF_ARM_EABI_UNKNOWN && hdr.e_flags & EF_ARM.APCS_26);
}

/** validate_section_offset(): the section lies in the file. The sum wraps at 32 bits. */
function sectionInFile(shdr: Shdr, len: number): boolean {
  const end = (shdr.sh_offset + shdr.sh_size) >>> 0;
  return end >= shdr.sh_offset && end <= len;
}

/** Prints why a file is refused. @returns minus ENOEXEC */
function refuse(kernel: Kernel, text: string, level = KERN_ERR): number {
  kernel.printk(level, text);
  return -ENOEXEC;
}

/**
 * elf_validity_cache_copy(): checks of the ELF header, the section table and the sections that every module has.
 *
 * Needs: nothing but the bytes. Adds: the section table, the name for log lines, the indices of the sections that the loader works with.
 *
 * @returns minus ENOEXEC, after the line that says why
 */
export function elfValidityCacheCopy(kernel: Kernel, copy: FileCopy, flags: number): LoadInfo | number {
  const hdr = checkedHeader(kernel, copy);
  if (typeof hdr === "number") return hdr;
  const sechdrs: Section[] = [];
  for (let i = 0; i < hdr.e_shnum; i++) sechdrs.push(new Section(copy.area.view, hdr.e_shoff + i * SHDR.size));
  const found: FoundSections = { sym: [], mod: [], info: [] };
  const err = checkNameTable(kernel, copy, sechdrs, hdr) || checkSections(kernel, copy, sechdrs, hdr, found);
  if (err) return err;

  if (found.info.length > 1) return refuse(kernel, "Only one .modinfo section must exist.");
  const index = { sym: found.sym.at(-1) ?? 0, str: 0, mod: 0, vers: 0, info: found.info[0] ?? 0, pcpu: 0 };
  const infoName = index.info === 0 ? undefined : modinfoValue({ copy, sechdrs, index, modinfo: undefined }, "name");
  const shownName = infoName ?? "(missing .modinfo section or name field)";
  if (found.sym.length !== 1) return refuse(kernel, `${shownName}: module has no symbols (stripped?)`, KERN_WARNING);
  index.str = sechdrs[index.sym].sh_link;
  if (found.mod.length !== 1) {
    return refuse(kernel, `module ${shownName}: Only one .gnu.linkonce.this_module section must exist.`);
  }
  index.mod = found.mod[0];
  const thisModule = sechdrs[index.mod];
  if (!(thisModule.sh_flags & SHF.ALLOC)) {
    return refuse(kernel, `module ${shownName}: .gnu.linkonce.this_module must occupy memory during process execution`);
  }
  if (thisModule.sh_size !== kernel.profile.structModule.size) {
    return refuse(
      kernel,
      `module ${shownName}: .gnu.linkonce.this_module section size must match the kernel's built struct module size at run time`,
    );
  }

  if (!(flags & MODULE_INIT_IGNORE_MODVERSIONS)) index.vers = findSec({ sechdrs }, "__versions");
  if (kernel.config("SMP")) index.pcpu = findSec({ sechdrs }, ".data..percpu");
  const [nameOffset] = kernel.profile.structModule.fields.get("name") ?? [0];
  return {
    kernel,
    flags,
    copy,
    hdr,
    sechdrs,
    strtab: sechdrs[index.str].sh_offset,
    name: infoName ?? copyString(copy, thisModule.sh_offset + nameOffset),
    index,
    modinfo: undefined,
    versions: undefined,
    symoffs: 0,
    stroffs: 0,
    coreTypeoffs: 0,
    initTypeoffs: 0,
    modKallsymsInitOff: 0,
  };
}

/** The ELF header of a relocatable file for this machine, whose section table lies in the file. */
function checkedHeader(kernel: Kernel, { area, len }: FileCopy): Ehdr | number {
  if (len < EHDR.size) return refuse(kernel, `Invalid ELF header len ${len}`);
  if (latin1(area.bytes, 0, ELFMAG.length) !== ELFMAG) return refuse(kernel, `Invalid ELF header magic: != ${ELFMAG}`);

  const hdr = readRecord(area.view, 0, EHDR);
  if (hdr.e_type !== ET.REL) return refuse(kernel, `Invalid ELF header type: ${hdr.e_type} != ${ET.REL}`);
  if (!elfCheckArch(hdr)) return refuse(kernel, `Invalid architecture in ELF header: ${hdr.e_machine}`);
  if (hdr.e_shentsize !== SHDR.size) return refuse(kernel, "Invalid ELF section header size");
  if (hdr.e_shoff >= len || hdr.e_shnum * SHDR.size > len - hdr.e_shoff) {
    return refuse(kernel, "Invalid ELF section header overflow");
  }
  if (hdr.e_shstrndx === SHN.UNDEF || hdr.e_shstrndx >= hdr.e_shnum) {
    return refuse(
      kernel,
      `Invalid ELF section name index: ${hdr.e_shstrndx} || e_shstrndx (${hdr.e_shstrndx}) >= e_shnum (${hdr.e_shnum})`,
    );
  }
  return hdr;
}

/** The sections' names, and the section that is none. */
function checkNameTable(kernel: Kernel, { area, len }: FileCopy, sechdrs: readonly Section[], hdr: Ehdr): number {
  const strhdr = sechdrs[hdr.e_shstrndx];
  if (!sectionInFile(strhdr, len)) return refuse(kernel, `Invalid ELF section hdr(type ${strhdr.sh_type})`);
  if (strhdr.sh_size === 0) return refuse(kernel, "empty section name table");
  if (area.bytes[strhdr.sh_offset + strhdr.sh_size - 1] !== 0) {
    return refuse(kernel, "ELF Spec violation: section name table isn't null terminated");
  }
  const [first] = sechdrs;
  if (first.sh_type !== SHT.NULL || first.sh_size !== 0 || first.sh_addr !== 0) {
    return refuse(kernel, `ELF Spec violation: section 0 type(${first.sh_type | 0})!=SH_NULL or non-zero len or addr`);
  }
  return 0;
}

/** Sections by what they are, as far as a module has one of each. */
interface FoundSections {
  readonly sym: number[];
  readonly mod: number[];
  readonly info: number[];
}

/** The sections one by one: bounds, and names. */
function checkSections(kernel: Kernel, copy: FileCopy, sechdrs: readonly Section[], hdr: Ehdr, found: FoundSections): number {
  const strhdr = sechdrs[hdr.e_shstrndx];
  for (let i = 0; i < sechdrs.length; i++) {
    const shdr = sechdrs[i];
    const nameAt = u32(strhdr.sh_offset + shdr.sh_name);
    if (i === 0 || shdr.sh_type === SHT.NULL || shdr.sh_type === SHT.NOBITS) {
      // Not looked at here; later steps compare its name, and fault where there is none to read.
      if (nameAt < copy.area.bytes.length) shdr.name = copyStringForCompare(copy, nameAt);
      else Object.defineProperty(shdr, "name", { get: () => copyStringForCompare(copy, nameAt) });
      continue;
    }
    if (shdr.sh_type === SHT.SYMTAB) {
      if (shdr.sh_link === SHN.UNDEF || shdr.sh_link >= hdr.e_shnum) {
        const link = shdr.sh_link | 0;
        return refuse(kernel, `Invalid ELF sh_link!=SHN_UNDEF(${link}) or (sh_link(${link}) >= hdr->e_shnum(${hdr.e_shnum})`);
      }
      found.sym.push(i);
    }
    if (!sectionInFile(shdr, copy.len)) {
      return refuse(kernel, `Invalid ELF section in module (section ${i} type ${shdr.sh_type})`);
    }
    const name = shdr.name = copyStringForCompare(copy, nameAt);
    if (name === ".gnu.linkonce.this_module") found.mod.push(i);
    else if (name === ".modinfo") found.info.push(i);
    if (shdr.sh_flags & SHF.ALLOC && shdr.sh_name >= strhdr.sh_size) {
      return refuse(kernel, `Invalid ELF section name in module (section ${i} type ${shdr.sh_type})`);
    }
  }
  return 0;
}
