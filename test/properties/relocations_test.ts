// SPDX-License-Identifier: GPL-2.0-only
/** The rows of RELOCATIONS that are no branches, against the ABI's formulas in arithmetic of any width. Branches: branches_test.ts. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { THM_MOV16 } from "../../src/arch_arm/fields.ts";
import { type RelocationFailure, type RelocationRow, RELOCATIONS, relocationsOf } from "../../src/arch_arm/relocations.ts";
import { R_ARM } from "../../src/elf/constants.ts";
import { hex32, u32 } from "../../src/elf/word.ts";
import { place, word } from "./arbitraries.ts";

const isThumb = (row: RelocationRow) => row.config === "THUMB2_KERNEL";
const rowOf = (type: number): RelocationRow => RELOCATIONS.find((row) => row.type === type)!;

/** Applies a row to one word, Thumb-2 with its first halfword on top. A guard word on either side stays as it is. */
function applied(row: RelocationRow, before: number, loc: number, value: number, info = 0) {
  const view = new DataView(new ArrayBuffer(12));
  const GUARD = 0x5aa55aa5;
  const turned = (w: number) => isThumb(row) ? u32(w << 16 | w >>> 16) : w;
  for (const [i, each] of [GUARD, turned(before), GUARD].entries()) view.setUint32(4 * i, each, true);
  const failure = row.apply({ view, at: 4, loc, value, info, plt: undefined });
  assertEquals([view.getUint32(0, true), view.getUint32(8, true)], [GUARD, GUARD], `${row.name} writes beside its place`);
  return { failure, after: turned(view.getUint32(4, true)) };
}

/** The low `bits` of a sum, as a signed number. */
function signed(sum: bigint, bits: number): number {
  return Number(BigInt.asIntN(bits, sum));
}

/** A, S and P as exact numbers; `relative` says whether P counts. */
function sumOf(addend: number, value: number, loc: number, relative: boolean): bigint {
  return BigInt(addend) + BigInt(value) - (relative ? BigInt(loc) : 0n);
}

/** Symbol values that make the low half of S + A carry into the high half, or just not. */
const carrying = fc.tuple(fc.nat(0xffff), fc.integer({ min: -2, max: 2 }), fc.integer({ min: -0x8000, max: 0x7fff }))
  .map(([high, delta, addend]) => ({ value: u32(high * 0x10000 + delta - addend), addend }));
const anyMov = fc.tuple(word, fc.integer({ min: -0x8000, max: 0x7fff })).map(([value, addend]) => ({ value, addend }));

Deno.test("every row has a type of its own, and every configuration has the rows that it pays for", () => {
  assertEquals(new Set(RELOCATIONS.map((row) => row.type)).size, RELOCATIONS.length);
  for (const config of [[], ["THUMB2_KERNEL"], ["ARM_HAS_GROUP_RELOCS"], ["THUMB2_KERNEL", "ARM_HAS_GROUP_RELOCS"]]) {
    const rows = relocationsOf(new Set(config));
    const needs = ({ name }: RelocationRow) =>
      name.startsWith("R_ARM_THM_") ? "THUMB2_KERNEL" : /_PC_G\d/.test(name) ? "ARM_HAS_GROUP_RELOCS" : undefined;
    const wanted = RELOCATIONS.filter((row) => config.includes(needs(row) ?? "") || needs(row) === undefined);
    assertEquals(rows.flatMap((row) => row ?? []).sort((a, b) => a.type - b.type), [...wanted].sort((a, b) => a.type - b.type));
    for (const [type, row] of rows.entries()) if (row !== undefined) assertEquals(row.type, type);
  }
});

Deno.test("no row changes a bit outside of its field, and one that fails changes nothing", () => {
  const outcomes = new Map<RelocationFailure | undefined, number>();
  fc.assert(
    fc.property(word, place, word, fc.nat(255), (before, loc, value, info) => {
      for (const row of RELOCATIONS) {
        const { failure, after } = applied(row, before, loc, value, info);
        outcomes.set(failure, (outcomes.get(failure) ?? 0) + 1);
        const field = row.field?.mask ?? (row.type === R_ARM.NONE ? 0 : 0xffffffff);
        const mask = failure === undefined ? field : 0;
        assertEquals(hex32(after & ~mask), hex32(before & ~mask), `${row.name}: ${failure ?? "applied"}`);
      }
    }),
    { numRuns: 500 },
  );
  for (const outcome of [undefined, "range", "arm-to-thumb", "thumb-to-arm"] as const) {
    assert(outcomes.has(outcome), `${outcome} never came up`);
  }
});

Deno.test("ABS32 and TARGET1 give S + A, REL32 gives S + A - P, all modulo 2^32", () => {
  fc.assert(fc.property(word, place, word, (addend, loc, value) => {
    for (const [type, relative] of [[R_ARM.ABS32, false], [R_ARM.TARGET1, false], [R_ARM.REL32, true]] as const) {
      const { failure, after } = applied(rowOf(type), addend, loc, value);
      assertEquals([failure, after], [undefined, Number(BigInt.asUintN(32, sumOf(addend, value, loc, relative)))]);
    }
  }));
});

/** MOVW, MOVT, relative or not: the field, read and written here by the bits' own pictures. */
const MOVES = [
  { types: [R_ARM.MOVW_ABS_NC, R_ARM.MOVT_ABS], relative: false },
  { types: [R_ARM.MOVW_PREL_NC, R_ARM.MOVT_PREL], relative: true },
  { types: [R_ARM.THM_MOVW_ABS_NC, R_ARM.THM_MOVT_ABS], relative: false },
  { types: [R_ARM.THM_MOVW_PREL_NC, R_ARM.THM_MOVT_PREL], relative: true },
] as const;

/** imm4:imm12, or imm4:i:imm3:imm8, cut out of the word's binary digits. */
function immediate(row: RelocationRow, instruction: number): number {
  const digits = instruction.toString(2).padStart(32, "0");
  const bits = (high: number, low: number) => digits.slice(31 - high, 32 - low);
  const text = isThumb(row) ? bits(19, 16) + bits(26, 26) + bits(14, 12) + bits(7, 0) : bits(19, 16) + bits(11, 0);
  return parseInt(text, 2);
}

Deno.test("a pair of MOVW and MOVT with the same addend gives the two halves of S + A, or of S + A - P, with carries and borrows", () => {
  fc.assert(
    fc.property(fc.oneof(carrying, anyMov), place, fc.boolean(), ({ value: wanted, addend }, loc, moveByP) => {
      for (const { types, relative } of MOVES) {
        const value = relative && moveByP ? u32(wanted + loc) : wanted;
        const sum = BigInt.asUintN(32, sumOf(addend, value, loc, relative));
        const halves = types.map((type) => {
          const row = rowOf(type);
          const before = row.field!.write(isThumb(row) ? 0xf2400000 : 0xe3000000, addend);
          const { failure, after } = applied(row, before, loc, value);
          assertEquals(failure, undefined);
          return immediate(row, after);
        });
        assertEquals(halves, [Number(sum & 0xffffn), Number(sum >> 16n)], rowOf(types[0]).name);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("PREL31 takes offsets from -2^30 up to 2^30 - 1, keeps bit 31, and refuses the next one on either side", () => {
  const row = rowOf(R_ARM.PREL31);
  const EDGE = 2 ** 30;
  const offsets = fc.oneof(
    ...[-EDGE, EDGE].map((edge) => fc.integer({ min: edge - 2, max: edge + 2 })),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  fc.assert(
    fc.property(offsets, fc.integer({ min: -EDGE, max: EDGE - 1 }), place, fc.boolean(), (offset, addend, loc, top) => {
      const before = u32((addend & 0x7fffffff) | (top ? 0x80000000 : 0));
      const { failure, after } = applied(row, before, loc, u32(offset - addend + loc));
      const fits = offset >= -EDGE && offset < EDGE;
      assertEquals(failure, fits ? undefined : "range", `offset ${offset}`);
      if (fits) assertEquals([signed(BigInt(after), 31), after >>> 31], [offset, Number(top)]);
    }),
    { numRuns: 400, examples: [-EDGE - 1, -EDGE, EDGE - 1, EDGE].map((edge) => [edge, 0, 0xbf000000, true]) },
  );
});

/** What ADD or SUB of an immediate adds. */
function aluAddend(instruction: number): bigint {
  const by = (instruction & 0xf00) >>> 7;
  const byte = BigInt(instruction & 0xff);
  const magnitude = BigInt.asUintN(32, byte >> BigInt(by) | byte << BigInt(32 - by));
  assert(((instruction >>> 23) ^ (instruction >>> 22)) & 1, "exactly one of ADD and SUB");
  return instruction & 1 << 23 ? magnitude : -magnitude;
}

Deno.test("ADD, ADD, LDR relocated as one group add up to S + A - P where it has 28 bits, and LDR refuses where it has not", () => {
  const near = fc.tuple(fc.nat(28), fc.integer({ min: -3, max: 3 })).map(([bit, delta]) => 2 ** bit + delta);
  const far = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 });
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(near, near.map((offset) => -offset), far), place, (offset, loc) => {
      const value = u32(offset + loc);
      const [g0, g1, g2] = [[R_ARM.ALU_PC_G0_NC, 0xe28f0000], [R_ARM.ALU_PC_G1_NC, 0xe2800000], [R_ARM.LDR_PC_G2, 0xe5900000]]
        .map(([type, before]) => applied(rowOf(type), before, loc, value));
      assertEquals([g0.failure, g1.failure], [undefined, undefined]);
      const alu = aluAddend(g0.after) + aluAddend(g1.after);
      const rest = BigInt(offset) - alu;
      const magnitude = rest < 0n ? -rest : rest;
      // What the two ADDs leave has twelve bits for any offset of 28 bits.
      assert(Math.abs(offset) >= 2 ** 28 || magnitude <= 0xfffn, `${offset} leaves ${rest}`);
      assertEquals(g2.failure, magnitude > 0xfffn ? "range" : undefined, `offset ${offset}`);
      if (g2.failure !== undefined) return void refused++;
      const ldr = BigInt(g2.after & 0xfff);
      assertEquals(alu + (g2.after & 1 << 23 ? ldr : -ldr), BigInt(offset));
      assertEquals([g0.after, g1.after, g2.after].map((each) => (each & 0x0000f000) >>> 12), [0, 0, 0]);
    }),
    { numRuns: 1000 },
  );
  assert(refused > 0, "no offset was out of range");
});

Deno.test("a group's own addend counts, with its sign", () => {
  fc.assert(fc.property(fc.nat(0xff), fc.nat(0xfff), fc.boolean(), fc.integer({ min: -4096, max: 4095 }), place, (...given) => {
    const [byte, twelve, minus, offset, loc] = given;
    const sign = minus ? -1 : 1;
    const alu = applied(rowOf(R_ARM.ALU_PC_G0_NC), 0xe20f0000 | (minus ? 1 << 22 : 1 << 23) | byte, loc, u32(loc + offset));
    const ldr = applied(rowOf(R_ARM.LDR_PC_G2), u32(0xe51f0000 | (minus ? 0 : 1 << 23) | twelve), loc, u32(loc + offset));
    const wanted = offset + sign * byte;
    const highest = Math.abs(wanted) < 256 ? 0 : Math.max(0, (31 - Math.clz32(Math.abs(wanted)) - 7 + 1) & ~1);
    const kept = Math.trunc(Math.abs(wanted) / 2 ** highest) * 2 ** highest;
    assertEquals(Number(aluAddend(alu.after)), wanted < 0 ? -kept : kept);
    const whole = offset + sign * twelve;
    if (Math.abs(whole) < 256) assertEquals([ldr.failure, ldr.after & 0xfff], [undefined, 0]);
  }));
});

Deno.test("V4BX turns any BX into MOV PC of the same register under the same condition", () => {
  fc.assert(fc.property(fc.nat(15), fc.nat(15), word, word, (condition, register, loc, value) => {
    const bx = u32(condition << 28 | 0x012fff10 | register);
    const { after } = applied(rowOf(R_ARM.V4BX), bx, loc, value);
    assertEquals(hex32(after), hex32(condition << 28 | 0x01a0f000 | register));
  }));
});

Deno.test("Thumb-2's MOVW keeps its register and opcode", () => {
  fc.assert(fc.property(fc.nat(15), word, place, (register, value, loc) => {
    const before = u32(0xf2400000 | register << 8);
    const { after } = applied(rowOf(R_ARM.THM_MOVW_ABS_NC), before, loc, value);
    assertEquals([(after >>> 8) & 15, u32(after & ~THM_MOV16.mask)], [register, before]);
  }));
});
