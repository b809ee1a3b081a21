// SPDX-License-Identifier: GPL-2.0-only
/**
 * T32: wide data processing.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A6.3.1, A6.3.3, A6.3.11, A6.3.12.
 *
 * @module
 */

import { ADC, ADD, AND, BIC, CMN, CMP, EOR, MOV, MVN, ORN, ORR, RSB, SBC, SUB, TEQ, TST } from "./alu.ts";
import { immediateForm, movt, movw, pcRelative, registerForm, shiftedForm } from "./exec_data.ts";
import { extractField, insertField, packBottomTop, packTopBottom, ssat, ssat16, usat, usat16 } from "./exec_media.ts";
import { notModelled } from "./outcome.ts";
import { type Build, type Row, row } from "./picture.ts";
import { type Immediate, thumbImmediate } from "./shift.ts";

/** Twelve bits as they are. */
const plain = (imm12: number): Immediate => ({ value: imm12, carry: undefined });

/** MOVW and MOVT, whose constant is k, j and i together. */
function wideMove(move: Build): Build {
  return (f, place) => move({ ...f, i: (f.k << 12) | (f.j << 11) | f.i }, place);
}

/** Fields: s flags, n first operand, d destination, i constant, m register, t and i or r its shift, l and h bits, w a width. */
export const T32_DATA_PROCESSING: readonly Row[] = [
  row("TST (immediate)", "11110 i 0 0000 1 nnnn 0 iii 1111 iiiiiiii", immediateForm(TST, thumbImmediate), "n"),
  row("AND (immediate)", "11110 i 0 0000 s nnnn 0 iii dddd iiiiiiii", immediateForm(AND, thumbImmediate), "nd"),
  row("BIC (immediate)", "11110 i 0 0001 s nnnn 0 iii dddd iiiiiiii", immediateForm(BIC, thumbImmediate), "nd"),
  row("MOV (immediate)", "11110 i 0 0010 s 1111 0 iii dddd iiiiiiii", immediateForm(MOV, thumbImmediate), "d"),
  row("ORR (immediate)", "11110 i 0 0010 s nnnn 0 iii dddd iiiiiiii", immediateForm(ORR, thumbImmediate), "nd"),
  row("MVN (immediate)", "11110 i 0 0011 s 1111 0 iii dddd iiiiiiii", immediateForm(MVN, thumbImmediate), "d"),
  row("ORN (immediate)", "11110 i 0 0011 s nnnn 0 iii dddd iiiiiiii", immediateForm(ORN, thumbImmediate), "nd"),
  row("TEQ (immediate)", "11110 i 0 0100 1 nnnn 0 iii 1111 iiiiiiii", immediateForm(TEQ, thumbImmediate), "n"),
  row("EOR (immediate)", "11110 i 0 0100 s nnnn 0 iii dddd iiiiiiii", immediateForm(EOR, thumbImmediate), "nd"),
  row("CMN (immediate)", "11110 i 0 1000 1 nnnn 0 iii 1111 iiiiiiii", immediateForm(CMN, thumbImmediate), "n"),
  row("ADD (immediate)", "11110 i 0 1000 s nnnn 0 iii dddd iiiiiiii", immediateForm(ADD, thumbImmediate), "nd"),
  row("ADC (immediate)", "11110 i 0 1010 s nnnn 0 iii dddd iiiiiiii", immediateForm(ADC, thumbImmediate), "nd"),
  row("SBC (immediate)", "11110 i 0 1011 s nnnn 0 iii dddd iiiiiiii", immediateForm(SBC, thumbImmediate), "nd"),
  row("CMP (immediate)", "11110 i 0 1101 1 nnnn 0 iii 1111 iiiiiiii", immediateForm(CMP, thumbImmediate), "n"),
  row("SUB (immediate)", "11110 i 0 1101 s nnnn 0 iii dddd iiiiiiii", immediateForm(SUB, thumbImmediate), "nd"),
  row("RSB (immediate)", "11110 i 0 1110 s nnnn 0 iii dddd iiiiiiii", immediateForm(RSB, thumbImmediate), "nd"),
  row("TST (register)", "11101 01 0000 1 nnnn 0 iii 1111 ii tt mmmm", registerForm(TST), "nm"),
  row("AND (register)", "11101 01 0000 s nnnn 0 iii dddd ii tt mmmm", registerForm(AND), "ndm"),
  row("BIC (register)", "11101 01 0001 s nnnn 0 iii dddd ii tt mmmm", registerForm(BIC), "ndm"),
  row("MOV (register)", "11101 01 0010 s 1111 0 iii dddd ii tt mmmm", registerForm(MOV), "dm"),
  row("ORR (register)", "11101 01 0010 s nnnn 0 iii dddd ii tt mmmm", registerForm(ORR), "ndm"),
  row("MVN (register)", "11101 01 0011 s 1111 0 iii dddd ii tt mmmm", registerForm(MVN), "dm"),
  row("ORN (register)", "11101 01 0011 s nnnn 0 iii dddd ii tt mmmm", registerForm(ORN), "ndm"),
  row("TEQ (register)", "11101 01 0100 1 nnnn 0 iii 1111 ii tt mmmm", registerForm(TEQ), "nm"),
  row("EOR (register)", "11101 01 0100 s nnnn 0 iii dddd ii tt mmmm", registerForm(EOR), "ndm"),
  row("CMN (register)", "11101 01 1000 1 nnnn 0 iii 1111 ii tt mmmm", registerForm(CMN), "nm"),
  row("ADD (register)", "11101 01 1000 s nnnn 0 iii dddd ii tt mmmm", registerForm(ADD), "ndm"),
  row("ADC (register)", "11101 01 1010 s nnnn 0 iii dddd ii tt mmmm", registerForm(ADC), "ndm"),
  row("SBC (register)", "11101 01 1011 s nnnn 0 iii dddd ii tt mmmm", registerForm(SBC), "ndm"),
  row("CMP (register)", "11101 01 1101 1 nnnn 0 iii 1111 ii tt mmmm", registerForm(CMP), "nm"),
  row("SUB (register)", "11101 01 1101 s nnnn 0 iii dddd ii tt mmmm", registerForm(SUB), "ndm"),
  row("RSB (register)", "11101 01 1110 s nnnn 0 iii dddd ii tt mmmm", registerForm(RSB), "ndm"),
  row("shift by a register", "11111 010 0 tt s mmmm 1111 dddd 0000 rrrr", shiftedForm(MOV), "mdr"),
  row("ADR (add)", "11110 i 10000 0 1111 0 iii dddd iiiiiiii", ({ d, i }, place) => pcRelative(d, i, place), "d"),
  row("ADDW", "11110 i 10000 0 nnnn 0 iii dddd iiiiiiii", immediateForm(ADD, plain), "d"),
  row("MOVW", "11110 j 10010 0 kkkk 0 iii dddd iiiiiiii", wideMove(movw), "d"),
  row("ADR (subtract)", "11110 i 10101 0 1111 0 iii dddd iiiiiiii", ({ d, i }, place) => pcRelative(d, -i, place), "d"),
  row("SUBW", "11110 i 10101 0 nnnn 0 iii dddd iiiiiiii", immediateForm(SUB, plain), "d"),
  row("MOVT", "11110 j 10110 0 kkkk 0 iii dddd iiiiiiii", wideMove(movt), "d"),
  row("SSAT16", "11110 0 11001 0 nnnn 0 000 dddd 00 0 wwwww", ssat16, "nd"),
  row("SSAT", "11110 0 1100t 0 nnnn 0 iii dddd ii 0 wwwww", ssat, "nd"),
  row("SBFX", "11110 0 11010 0 nnnn 0 lll dddd ll 0 wwwww", extractField(true), "nd"),
  row("BFC", "11110 0 11011 0 1111 0 lll dddd ll 0 hhhhh", insertField, "d"),
  row("BFI", "11110 0 11011 0 nnnn 0 lll dddd ll 0 hhhhh", insertField, "d"),
  row("USAT16", "11110 0 11101 0 nnnn 0 000 dddd 00 0 wwwww", usat16, "nd"),
  row("USAT", "11110 0 1110t 0 nnnn 0 iii dddd ii 0 wwwww", usat, "nd"),
  row("UBFX", "11110 0 11110 0 nnnn 0 lll dddd ll 0 wwwww", extractField(false), "nd"),
  row("PKHBT", "11101 01 0110 0 nnnn 0 iii dddd ii 0 0 mmmm", packBottomTop, "ndm"),
  row("PKHTB", "11101 01 0110 0 nnnn 0 iii dddd ii 1 0 mmmm", packTopBottom, "ndm"),
  row("SUBS PC, LR (exception return)", "11110 0 11110 1 ---- 1000 1111 --------", notModelled),
];
