// SPDX-License-Identifier: GPL-2.0-only
/**
 * ELF's numbers and their names: those of the generic ABI (include/uapi/linux/elf.h) and of the ARM supplement (aaelf32).
 *
 * @module
 */

/** ELFMAG. */
export const ELFMAG = "\x7fELF";
export const EI_CLASS = 4;
export const EI_DATA = 5;
export const ELFCLASS32 = 1;
export const ELFDATA2LSB = 1;

/** e_type. */
export const ET = { NONE: 0, REL: 1, EXEC: 2, DYN: 3, CORE: 4 } as const;

/** e_machine, as far as modules of other machines turn up. */
export const EM = { NONE: 0, "386": 3, MIPS: 8, PPC: 20, ARM: 40, X86_64: 62, AARCH64: 183, RISCV: 243 } as const;

/** e_flags of ARM. */
export const EF_ARM = { EABI_MASK: 0xff000000, EABI_VER5: 0x05000000, APCS_26: 0x08 } as const;

/** sh_type. */
export const SHT = {
  NULL: 0,
  PROGBITS: 1,
  SYMTAB: 2,
  STRTAB: 3,
  RELA: 4,
  HASH: 5,
  DYNAMIC: 6,
  NOTE: 7,
  NOBITS: 8,
  REL: 9,
  SHLIB: 10,
  DYNSYM: 11,
  INIT_ARRAY: 14,
  FINI_ARRAY: 15,
  PREINIT_ARRAY: 16,
  GROUP: 17,
  SYMTAB_SHNDX: 18,
  ARM_EXIDX: 0x70000001,
  ARM_PREEMPTMAP: 0x70000002,
  ARM_ATTRIBUTES: 0x70000003,
} as const;

/** sh_flags; RO_AFTER_INIT and RELA_LIVEPATCH are the kernel's own. */
export const SHF = {
  WRITE: 0x1,
  ALLOC: 0x2,
  EXECINSTR: 0x4,
  MERGE: 0x10,
  STRINGS: 0x20,
  INFO_LINK: 0x40,
  LINK_ORDER: 0x80,
  GROUP: 0x200,
  RELA_LIVEPATCH: 0x00100000,
  RO_AFTER_INIT: 0x00200000,
  EXCLUDE: 0x80000000,
} as const;

/** Special section indices; LIVEPATCH is the kernel's own. */
export const SHN = { UNDEF: 0, LORESERVE: 0xff00, LIVEPATCH: 0xff20, ABS: 0xfff1, COMMON: 0xfff2, XINDEX: 0xffff } as const;

/** Symbol binding: the high four bits of st_info. */
export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const;

/** Symbol type: the low four bits of st_info. */
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4, COMMON: 5, TLS: 6 } as const;

/** ARM relocation types (aaelf32, "Relocation codes table"). */
export const R_ARM = {
  NONE: 0,
  PC24: 1,
  ABS32: 2,
  REL32: 3,
  LDR_PC_G0: 4,
  ABS16: 5,
  ABS12: 6,
  THM_CALL: 10,
  GOTOFF32: 24,
  BASE_PREL: 25,
  GOT_BREL: 26,
  PLT32: 27,
  CALL: 28,
  JUMP24: 29,
  THM_JUMP24: 30,
  TARGET1: 38,
  V4BX: 40,
  TARGET2: 41,
  PREL31: 42,
  MOVW_ABS_NC: 43,
  MOVT_ABS: 44,
  MOVW_PREL_NC: 45,
  MOVT_PREL: 46,
  THM_MOVW_ABS_NC: 47,
  THM_MOVT_ABS: 48,
  THM_MOVW_PREL_NC: 49,
  THM_MOVT_PREL: 50,
  ALU_PC_G0_NC: 57,
  ALU_PC_G0: 58,
  ALU_PC_G1_NC: 59,
  ALU_PC_G1: 60,
  ALU_PC_G2: 61,
  LDR_PC_G1: 62,
  LDR_PC_G2: 63,
  GOT_PREL: 96,
  THM_JUMP11: 102,
  THM_JUMP8: 103,
  IRELATIVE: 160,
} as const;

/**
 * The name of a number in one of the tables above.
 *
 * @returns the name without its prefix, or the number in hex where the table has no name for it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { nameOf, SHT } from "./constants.ts";
 * assertEquals(nameOf(SHT, 8), "NOBITS");
 * assertEquals(nameOf(SHT, 0x6fff4700), "0x6fff4700");
 * ```
 */
export function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  for (const [name, number] of Object.entries(table)) if (number === value) return name;
  return "0x" + value.toString(16);
}

/** ELF32_R_SYM. */
export function relocationSymbol(r_info: number): number {
  return r_info >>> 8;
}

/** ELF32_R_TYPE. */
export function relocationType(r_info: number): number {
  return r_info & 0xff;
}

/** ELF_ST_BIND. */
export function symbolBinding(st_info: number): number {
  return st_info >>> 4;
}

/** ELF_ST_TYPE. */
export function symbolType(st_info: number): number {
  return st_info & 0xf;
}
