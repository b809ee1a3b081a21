// SPDX-License-Identifier: GPL-2.0-only
/**
 * T32: the narrow instructions. Inside an IT block those of data processing set no flags.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A6.2.
 *
 * @module
 */

import { ADC, ADD, AND, BIC, CMN, CMP, EOR, MOV, MVN, ORR, RSB, SBC, SUB, TST } from "./alu.ts";
import { narrowLdm, pop, push, stm } from "./exec_block.ts";
import { branch, branchExchange, branchIf, branchLinkExchange, compareAndBranch } from "./exec_branch.ts";
import { highRegister, narrowImmediate, narrowRegister, narrowShifted, pcOffset, spOffset } from "./exec_narrow.ts";
import { extend, rev, rev16, revsh, sxtb, sxth, uxtb, uxth } from "./exec_media.ts";
import { multiply } from "./exec_multiply.ts";
import { atIndex, LDR, LDRB, LDRH, LDRSB, LDRSH, scaled, STR, STRB, STRH } from "./exec_memory.ts";
import { bkpt, cps, ifThen, svc, udf } from "./exec_system.ts";
import { nop, notModelled } from "./outcome.ts";
import { given, type Row, row } from "./picture.ts";
import { ASR, LSL, LSR, ROR } from "./shift.ts";

/** Fields: d destination, n and m operands, i constant, t transferred register, l list of registers, o distance. */
export const T16: readonly Row[] = [
  row("LSL (immediate)", "000 00 iiiii mmm ddd", narrowRegister(MOV, LSL)),
  row("LSR (immediate)", "000 01 iiiii mmm ddd", narrowRegister(MOV, LSR)),
  row("ASR (immediate)", "000 10 iiiii mmm ddd", narrowRegister(MOV, ASR)),
  row("ADD (register)", "000 11 00 mmm nnn ddd", narrowRegister(ADD)),
  row("SUB (register)", "000 11 01 mmm nnn ddd", narrowRegister(SUB)),
  row("ADD (3-bit immediate)", "000 11 10 iii nnn ddd", narrowImmediate(ADD)),
  row("SUB (3-bit immediate)", "000 11 11 iii nnn ddd", narrowImmediate(SUB)),
  row("MOV (immediate)", "001 00 ddd iiiiiiii", narrowImmediate(MOV)),
  row("CMP (immediate)", "001 01 nnn iiiiiiii", narrowImmediate(CMP)),
  row("ADD (8-bit immediate)", "001 10 ddd iiiiiiii", narrowImmediate(ADD)),
  row("SUB (8-bit immediate)", "001 11 ddd iiiiiiii", narrowImmediate(SUB)),
  row("AND (register)", "010000 0000 mmm ddd", narrowRegister(AND)),
  row("EOR (register)", "010000 0001 mmm ddd", narrowRegister(EOR)),
  row("LSL (register)", "010000 0010 rrr ddd", narrowShifted(LSL)),
  row("LSR (register)", "010000 0011 rrr ddd", narrowShifted(LSR)),
  row("ASR (register)", "010000 0100 rrr ddd", narrowShifted(ASR)),
  row("ADC (register)", "010000 0101 mmm ddd", narrowRegister(ADC)),
  row("SBC (register)", "010000 0110 mmm ddd", narrowRegister(SBC)),
  row("ROR (register)", "010000 0111 rrr ddd", narrowShifted(ROR)),
  row("TST (register)", "010000 1000 mmm nnn", narrowRegister(TST)),
  row("RSB (immediate 0)", "010000 1001 nnn ddd", narrowImmediate(RSB)),
  row("CMP (register)", "010000 1010 mmm nnn", narrowRegister(CMP)),
  row("CMN (register)", "010000 1011 mmm nnn", narrowRegister(CMN)),
  row("ORR (register)", "010000 1100 mmm ddd", narrowRegister(ORR)),
  row("MUL", "010000 1101 nnn ddd", (f, place) => multiply(1)({ ...f, m: f.d, s: place.inIt ? 0 : 1 }, place)),
  row("BIC (register)", "010000 1110 mmm ddd", narrowRegister(BIC)),
  row("MVN (register)", "010000 1111 mmm ddd", narrowRegister(MVN)),
  row("ADD (high registers)", "010001 00 d mmmm ddd", highRegister(ADD)),
  row("CMP (high registers)", "010001 01 n mmmm nnn", highRegister(CMP), "nm"),
  row("MOV (high registers)", "010001 10 d mmmm ddd", highRegister(MOV)),
  row("BX", "010001 11 0 mmmm 000", branchExchange),
  row("BLX (register)", "010001 11 1 mmmm 000", branchLinkExchange, "m"),
  row("LDR (literal)", "01001 ttt iiiiiiii", scaled(LDR, 4)),
  row("STR (register)", "0101 000 mmm nnn ttt", atIndex(STR)),
  row("STRH (register)", "0101 001 mmm nnn ttt", atIndex(STRH)),
  row("STRB (register)", "0101 010 mmm nnn ttt", atIndex(STRB)),
  row("LDRSB (register)", "0101 011 mmm nnn ttt", atIndex(LDRSB)),
  row("LDR (register)", "0101 100 mmm nnn ttt", atIndex(LDR)),
  row("LDRH (register)", "0101 101 mmm nnn ttt", atIndex(LDRH)),
  row("LDRB (register)", "0101 110 mmm nnn ttt", atIndex(LDRB)),
  row("LDRSH (register)", "0101 111 mmm nnn ttt", atIndex(LDRSH)),
  row("STR (immediate)", "0110 0 iiiii nnn ttt", scaled(STR, 4)),
  row("LDR (immediate)", "0110 1 iiiii nnn ttt", scaled(LDR, 4)),
  row("STRB (immediate)", "0111 0 iiiii nnn ttt", scaled(STRB, 1)),
  row("LDRB (immediate)", "0111 1 iiiii nnn ttt", scaled(LDRB, 1)),
  row("STRH (immediate)", "1000 0 iiiii nnn ttt", scaled(STRH, 2)),
  row("LDRH (immediate)", "1000 1 iiiii nnn ttt", scaled(LDRH, 2)),
  row("STR (SP)", "1001 0 ttt iiiiiiii", scaled(STR, 4, 13)),
  row("LDR (SP)", "1001 1 ttt iiiiiiii", scaled(LDR, 4, 13)),
  row("ADR", "1010 0 ddd iiiiiiii", pcOffset),
  row("ADD (SP plus immediate)", "1010 1 ddd iiiiiiii", spOffset(ADD)),
  row("ADD (SP)", "1011 0000 0 iiiiiii", spOffset(ADD)),
  row("SUB (SP)", "1011 0000 1 iiiiiii", spOffset(SUB)),
  row("CBZ or CBNZ", "1011 x0o1 ooooo nnn", compareAndBranch),
  row("SXTH", "1011 0010 00 mmm ddd", extend(sxth)),
  row("SXTB", "1011 0010 01 mmm ddd", extend(sxtb)),
  row("UXTH", "1011 0010 10 mmm ddd", extend(uxth)),
  row("UXTB", "1011 0010 11 mmm ddd", extend(uxtb)),
  row("PUSH", "1011 010 x llllllll", push),
  row("SETEND", "1011 0110 0101 ----", notModelled),
  row("CPS", "1011 0110 011 x 0aaa", (f, place) => cps({ e: 2 | f.x, a: f.a }, place)),
  row("REV", "1011 1010 00 mmm ddd", rev),
  row("REV16", "1011 1010 01 mmm ddd", rev16),
  row("REVSH", "1011 1010 11 mmm ddd", revsh),
  row("POP", "1011 110 x llllllll", pop),
  row("BKPT", "1011 1110 iiiiiiii", bkpt),
  row("hint (NOP, YIELD, WFE, WFI, SEV)", "1011 1111 ---- 0000", nop),
  row("IT", "1011 1111 cccc mmmm", ifThen),
  row("STM", "1100 0 nnn llllllll", given(stm, { w: 1 })),
  row("LDM", "1100 1 nnn llllllll", narrowLdm),
  row("UDF", "1101 1110 ---- ----", udf),
  row("SVC", "1101 1111 iiiiiiii", svc),
  row("B (conditional)", "1101 cccc oooooooo", branchIf(8)),
  row("B", "11100 ooooooooooo", branch(11, 2)),
];
