// SPDX-License-Identifier: GPL-2.0-only
/**
 * The relocations that the kernel's loader knows, a row each. S is the symbol's value, A the addend that the place holds, P the place's
 * address; `s32` is the arithmetic of the kernel's `s32 offset`.
 *
 * Models: the switch of apply_relocate() in arch/arm/kernel/module.c, quirks included: a branch by exactly the most negative offset
 * does not fit, and MOVT of a negative sum keeps its sign.
 *
 * @module
 */

import { R_ARM, STT, symbolType } from "../elf/constants.ts";
import { s32, u32 } from "../elf/word.ts";
import { BRANCH24, type Field, MOV16, PREL31, THM_BRANCH24, THM_MOV16, WORD } from "./fields.ts";

/** One place to relocate. Addresses are signed here, which an engine keeps without a number object of their own. */
export interface RelocationSite {
  view: DataView;
  /** Offset of the place in `view`. */
  at: number;
  /** P. */
  loc: number;
  /** S. */
  value: number;
  /** st_info of the symbol. */
  info: number;
  /** The PLT entry that leads to an address, or undefined on a kernel without module PLTs. */
  plt: ((loc: number, target: number) => number) | undefined;
}

/** Why a place cannot be relocated. */
export type RelocationFailure = "range" | "arm-to-thumb" | "thumb-to-arm";

/** One type of relocation. */
export interface RelocationRow {
  readonly type: number;
  readonly name: string;
  /** What the place gets, in the ABI's letters. */
  readonly formula: string;
  /** The bits that change; undefined where whole instructions are rewritten. */
  readonly field: Field | undefined;
  /** The configuration that brings the type. */
  readonly config?: "ARM_HAS_GROUP_RELOCS" | "THUMB2_KERNEL";
  /** Writes the place; nothing is written when it fails. */
  apply(site: RelocationSite): RelocationFailure | undefined;
}

const armWord = (site: RelocationSite) => site.view.getUint32(site.at, true);
const putArmWord = (site: RelocationSite, word: number) => site.view.setUint32(site.at, word, true);
const thumbWord = ({ view, at }: RelocationSite) => u32((view.getUint16(at, true) << 16) | view.getUint16(at + 2, true));
const putThumbWord = ({ view, at }: RelocationSite, word: number) => {
  view.setUint16(at, word >>> 16, true);
  view.setUint16(at + 2, word, true);
};

/** ABS32 and its kin: sums wrap silently. */
function data(type: number, name: string, relative: boolean): RelocationRow {
  return {
    type,
    name,
    formula: relative ? "S + A - P" : "S + A",
    field: WORD,
    apply(site) {
      putArmWord(site, armWord(site) + site.value - (relative ? site.loc : 0));
      return undefined;
    },
  };
}

/** Whether a branch offset is outside of what the kernel takes for the range, both ends excluded at the bottom. */
function outOfRange(offset: number, reach: number): boolean {
  return offset <= -reach || offset >= reach;
}

/** B and BL of ARM: within 32 MiB, or by way of a PLT entry. */
function branch(type: number, name: string): RelocationRow {
  const REACH = 0x02000000;
  const BIAS = 8;
  return {
    type,
    name,
    formula: "S + A - P, or PLT(S + A) + A - P",
    field: BRANCH24,
    apply(site) {
      if (site.value & 3) return "arm-to-thumb";
      const word = armWord(site);
      let offset = s32(BRANCH24.read(word) + site.value - site.loc);
      if (site.plt !== undefined && outOfRange(offset, REACH)) {
        offset = s32(site.plt(site.loc, u32(offset + site.loc + BIAS)) - site.loc - BIAS);
      }
      if (outOfRange(offset, REACH)) return "range";
      putArmWord(site, BRANCH24.write(word, offset));
      return undefined;
    },
  };
}

/** BL and B.W of Thumb-2: within 16 MiB, or by way of a PLT entry. */
function thumbBranch(type: number, name: string): RelocationRow {
  const REACH = 0x01000000;
  const BIAS = 4;
  return {
    type,
    name,
    formula: "((S + A) | T) - P, or PLT((S + A) | T) + A - P",
    field: THM_BRANCH24,
    config: "THUMB2_KERNEL",
    apply(site) {
      if (symbolType(site.info) === STT.FUNC && !(site.value & 1)) return "thumb-to-arm";
      const word = thumbWord(site);
      let offset = s32(THM_BRANCH24.read(word) + site.value - site.loc);
      if (site.plt !== undefined && outOfRange(offset, REACH)) {
        offset = s32(site.plt(site.loc, u32(offset + site.loc + BIAS)) - site.loc - BIAS);
      }
      if (outOfRange(offset, REACH)) return "range";
      putThumbWord(site, THM_BRANCH24.write(word, offset));
      return undefined;
    },
  };
}

/** MOVW and MOVT: the sixteen bits in the instruction are a signed addend, added before the half is chosen. */
function mov(type: number, name: string, top: boolean, relative: boolean): RelocationRow {
  return {
    type,
    name,
    formula: `${relative ? "S + A - P" : "S + A"}${top ? ", high half" : ""}`,
    field: MOV16,
    apply(site) {
      const word = armWord(site);
      const sum = s32(MOV16.read(word) + site.value - (relative ? site.loc : 0));
      putArmWord(site, MOV16.write(word, top ? sum >> 16 : sum));
      return undefined;
    },
  };
}

function thumbMov(type: number, name: string, top: boolean, relative: boolean): RelocationRow {
  return {
    type,
    name,
    formula: `${relative ? "S + A - P" : "S + A"}${top ? ", high half" : ""}`,
    field: THM_MOV16,
    config: "THUMB2_KERNEL",
    apply(site) {
      const word = thumbWord(site);
      const sum = s32(THM_MOV16.read(word) + site.value - (relative ? site.loc : 0));
      putThumbWord(site, THM_MOV16.write(word, top ? sum >> 16 : sum));
      return undefined;
    },
  };
}

/** `value` rotated right within 32 bits. */
function ror32(value: number, by: number): number {
  return by % 32 === 0 ? u32(value) : u32((value >>> (by % 32)) | (value << (32 - by % 32)));
}

/**
 * get_group_rem(): splits an offset into groups of eight bits at even positions, from the top.
 *
 * @returns what is left after `group` groups, and how far its highest group is from the top
 */
function groupRemainder(group: number, offset: number): { rest: number; shift: number } {
  let value = u32(offset);
  for (;; group--) {
    const shift = value === 0 ? 32 : Math.clz32(value) & ~1;
    if (value === 0 || group === 0) return { rest: value, shift };
    value &= 0xffffff >>> shift;
  }
}

const ADD = 1 << 23;
const SUB = 1 << 22;

/** ADD or SUB of an immediate to the PC: one group of the offset. */
function aluGroup(type: number, name: string, group: number): RelocationRow {
  return {
    type,
    name,
    formula: `group ${group} of S + A - P`,
    field: undefined,
    config: "ARM_HAS_GROUP_RELOCS",
    apply(site) {
      let word = armWord(site);
      let offset = s32(ror32(word & 0xff, (word & 0xf00) >>> 7));
      if (word & SUB) offset = s32(-offset);
      offset = s32(offset + site.value - site.loc);
      word = offset < 0 ? (word & ~ADD) | SUB : (word & ~SUB) | ADD;
      const { rest, shift } = groupRemainder(group, Math.abs(offset));
      const immediate = shift < 24 ? (rest >> (24 - shift)) | ((shift + 8) << 7) : rest;
      putArmWord(site, u32((word & ~0xfff) | immediate));
      return undefined;
    },
  };
}

/** LDR with twelve bits of offset: what two groups of ADD left over. */
const LDR_PC_G2: RelocationRow = {
  type: R_ARM.LDR_PC_G2,
  name: "R_ARM_LDR_PC_G2",
  formula: "the rest of S + A - P after two groups",
  field: undefined,
  config: "ARM_HAS_GROUP_RELOCS",
  apply(site) {
    let word = armWord(site);
    let offset = word & 0xfff;
    if (!(word & ADD)) offset = -offset;
    offset = s32(offset + site.value - site.loc);
    word = offset < 0 ? word & ~ADD : word | ADD;
    const { rest } = groupRemainder(2, Math.abs(offset));
    if (rest > 0xfff) return "range";
    putArmWord(site, u32((word & ~0xfff) | rest));
    return undefined;
  },
};

export const RELOCATIONS: readonly RelocationRow[] = [
  { type: R_ARM.NONE, name: "R_ARM_NONE", formula: "nothing", field: undefined, apply: () => undefined },
  branch(R_ARM.PC24, "R_ARM_PC24"),
  data(R_ARM.ABS32, "R_ARM_ABS32", false),
  data(R_ARM.REL32, "R_ARM_REL32", true),
  thumbBranch(R_ARM.THM_CALL, "R_ARM_THM_CALL"),
  branch(R_ARM.CALL, "R_ARM_CALL"),
  branch(R_ARM.JUMP24, "R_ARM_JUMP24"),
  thumbBranch(R_ARM.THM_JUMP24, "R_ARM_THM_JUMP24"),
  data(R_ARM.TARGET1, "R_ARM_TARGET1", false),
  {
    type: R_ARM.V4BX,
    name: "R_ARM_V4BX",
    formula: "bx rM becomes mov pc, rM",
    field: undefined,
    apply(site) {
      putArmWord(site, u32((armWord(site) & 0xf000000f) | 0x01a0f000));
      return undefined;
    },
  },
  {
    type: R_ARM.PREL31,
    name: "R_ARM_PREL31",
    formula: "S + A - P",
    field: PREL31,
    apply(site) {
      const word = armWord(site);
      const offset = s32(PREL31.read(word) + site.value - site.loc);
      if (offset >= 0x40000000 || offset < -0x40000000) return "range";
      putArmWord(site, PREL31.write(word, offset));
      return undefined;
    },
  },
  mov(R_ARM.MOVW_ABS_NC, "R_ARM_MOVW_ABS_NC", false, false),
  mov(R_ARM.MOVT_ABS, "R_ARM_MOVT_ABS", true, false),
  mov(R_ARM.MOVW_PREL_NC, "R_ARM_MOVW_PREL_NC", false, true),
  mov(R_ARM.MOVT_PREL, "R_ARM_MOVT_PREL", true, true),
  thumbMov(R_ARM.THM_MOVW_ABS_NC, "R_ARM_THM_MOVW_ABS_NC", false, false),
  thumbMov(R_ARM.THM_MOVT_ABS, "R_ARM_THM_MOVT_ABS", true, false),
  thumbMov(R_ARM.THM_MOVW_PREL_NC, "R_ARM_THM_MOVW_PREL_NC", false, true),
  thumbMov(R_ARM.THM_MOVT_PREL, "R_ARM_THM_MOVT_PREL", true, true),
  aluGroup(R_ARM.ALU_PC_G0_NC, "R_ARM_ALU_PC_G0_NC", 0),
  aluGroup(R_ARM.ALU_PC_G1_NC, "R_ARM_ALU_PC_G1_NC", 1),
  LDR_PC_G2,
];

/** The rows that a configuration has, by type. */
export function relocationsOf(config: ReadonlySet<string>): readonly (RelocationRow | undefined)[] {
  const rows: (RelocationRow | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const row of RELOCATIONS) if (row.config === undefined || config.has(row.config)) rows[row.type] = row;
  return rows;
}
