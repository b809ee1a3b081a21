// SPDX-License-Identifier: GPL-2.0-only
/**
 * A32: data processing.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.2.
 *
 * @module
 */

import { ADC, ADD, AND, BIC, CMN, CMP, EOR, MOV, MVN, ORR, RSB, RSC, SBC, SUB, TEQ, TST } from "./alu.ts";
import { immediateForm, movt, movw, registerForm, shiftedForm } from "./exec_data.ts";
import { type Row, row } from "./picture.ts";
import { armImmediate } from "./shift.ts";

/** Fields: c condition, s flags, n first operand, d destination, i constant, m register, t and i or r its shift. */
export const A32_DATA_PROCESSING: readonly Row[] = [
  row("AND (immediate)", "cccc 0010 000s nnnn dddd iiii iiiiiiii", immediateForm(AND, armImmediate)),
  row("EOR (immediate)", "cccc 0010 001s nnnn dddd iiii iiiiiiii", immediateForm(EOR, armImmediate)),
  row("SUB (immediate)", "cccc 0010 010s nnnn dddd iiii iiiiiiii", immediateForm(SUB, armImmediate)),
  row("RSB (immediate)", "cccc 0010 011s nnnn dddd iiii iiiiiiii", immediateForm(RSB, armImmediate)),
  row("ADD (immediate)", "cccc 0010 100s nnnn dddd iiii iiiiiiii", immediateForm(ADD, armImmediate)),
  row("ADC (immediate)", "cccc 0010 101s nnnn dddd iiii iiiiiiii", immediateForm(ADC, armImmediate)),
  row("SBC (immediate)", "cccc 0010 110s nnnn dddd iiii iiiiiiii", immediateForm(SBC, armImmediate)),
  row("RSC (immediate)", "cccc 0010 111s nnnn dddd iiii iiiiiiii", immediateForm(RSC, armImmediate)),
  row("TST (immediate)", "cccc 0011 0001 nnnn 0000 iiii iiiiiiii", immediateForm(TST, armImmediate)),
  row("TEQ (immediate)", "cccc 0011 0011 nnnn 0000 iiii iiiiiiii", immediateForm(TEQ, armImmediate)),
  row("CMP (immediate)", "cccc 0011 0101 nnnn 0000 iiii iiiiiiii", immediateForm(CMP, armImmediate)),
  row("CMN (immediate)", "cccc 0011 0111 nnnn 0000 iiii iiiiiiii", immediateForm(CMN, armImmediate)),
  row("ORR (immediate)", "cccc 0011 100s nnnn dddd iiii iiiiiiii", immediateForm(ORR, armImmediate)),
  row("MOV (immediate)", "cccc 0011 101s 0000 dddd iiii iiiiiiii", immediateForm(MOV, armImmediate)),
  row("BIC (immediate)", "cccc 0011 110s nnnn dddd iiii iiiiiiii", immediateForm(BIC, armImmediate)),
  row("MVN (immediate)", "cccc 0011 111s 0000 dddd iiii iiiiiiii", immediateForm(MVN, armImmediate)),
  row("AND (register)", "cccc 0000 000s nnnn dddd iiiii tt0 mmmm", registerForm(AND)),
  row("EOR (register)", "cccc 0000 001s nnnn dddd iiiii tt0 mmmm", registerForm(EOR)),
  row("SUB (register)", "cccc 0000 010s nnnn dddd iiiii tt0 mmmm", registerForm(SUB)),
  row("RSB (register)", "cccc 0000 011s nnnn dddd iiiii tt0 mmmm", registerForm(RSB)),
  row("ADD (register)", "cccc 0000 100s nnnn dddd iiiii tt0 mmmm", registerForm(ADD)),
  row("ADC (register)", "cccc 0000 101s nnnn dddd iiiii tt0 mmmm", registerForm(ADC)),
  row("SBC (register)", "cccc 0000 110s nnnn dddd iiiii tt0 mmmm", registerForm(SBC)),
  row("RSC (register)", "cccc 0000 111s nnnn dddd iiiii tt0 mmmm", registerForm(RSC)),
  row("TST (register)", "cccc 0001 0001 nnnn 0000 iiiii tt0 mmmm", registerForm(TST)),
  row("TEQ (register)", "cccc 0001 0011 nnnn 0000 iiiii tt0 mmmm", registerForm(TEQ)),
  row("CMP (register)", "cccc 0001 0101 nnnn 0000 iiiii tt0 mmmm", registerForm(CMP)),
  row("CMN (register)", "cccc 0001 0111 nnnn 0000 iiiii tt0 mmmm", registerForm(CMN)),
  row("ORR (register)", "cccc 0001 100s nnnn dddd iiiii tt0 mmmm", registerForm(ORR)),
  row("MOV (register)", "cccc 0001 101s 0000 dddd iiiii tt0 mmmm", registerForm(MOV)),
  row("BIC (register)", "cccc 0001 110s nnnn dddd iiiii tt0 mmmm", registerForm(BIC)),
  row("MVN (register)", "cccc 0001 111s 0000 dddd iiiii tt0 mmmm", registerForm(MVN)),
  row("AND (register-shifted)", "cccc 0000 000s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(AND), "ndmr"),
  row("EOR (register-shifted)", "cccc 0000 001s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(EOR), "ndmr"),
  row("SUB (register-shifted)", "cccc 0000 010s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(SUB), "ndmr"),
  row("RSB (register-shifted)", "cccc 0000 011s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(RSB), "ndmr"),
  row("ADD (register-shifted)", "cccc 0000 100s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(ADD), "ndmr"),
  row("ADC (register-shifted)", "cccc 0000 101s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(ADC), "ndmr"),
  row("SBC (register-shifted)", "cccc 0000 110s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(SBC), "ndmr"),
  row("RSC (register-shifted)", "cccc 0000 111s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(RSC), "ndmr"),
  row("TST (register-shifted)", "cccc 0001 0001 nnnn 0000 rrrr 0tt1 mmmm", shiftedForm(TST), "nmr"),
  row("TEQ (register-shifted)", "cccc 0001 0011 nnnn 0000 rrrr 0tt1 mmmm", shiftedForm(TEQ), "nmr"),
  row("CMP (register-shifted)", "cccc 0001 0101 nnnn 0000 rrrr 0tt1 mmmm", shiftedForm(CMP), "nmr"),
  row("CMN (register-shifted)", "cccc 0001 0111 nnnn 0000 rrrr 0tt1 mmmm", shiftedForm(CMN), "nmr"),
  row("ORR (register-shifted)", "cccc 0001 100s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(ORR), "ndmr"),
  row("MOV (register-shifted)", "cccc 0001 101s 0000 dddd rrrr 0tt1 mmmm", shiftedForm(MOV), "dmr"),
  row("BIC (register-shifted)", "cccc 0001 110s nnnn dddd rrrr 0tt1 mmmm", shiftedForm(BIC), "ndmr"),
  row("MVN (register-shifted)", "cccc 0001 111s 0000 dddd rrrr 0tt1 mmmm", shiftedForm(MVN), "dmr"),
  row("MOVW", "cccc 0011 0000 iiii dddd iiii iiiiiiii", movw, "d"),
  row("MOVT", "cccc 0011 0100 iiii dddd iiii iiiiiiii", movt, "d"),
];
