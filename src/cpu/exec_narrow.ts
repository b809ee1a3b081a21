// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of the narrow T32 instructions of data processing: they set flags outside an IT block only, and the destination is an operand
 * where no other is named.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A6.2.
 *
 * @module
 */

import { type AluOperation, CMP, MOV } from "./alu.ts";
import { pcRelative, withImmediate, withRegister, withShiftedRegister } from "./exec_data.ts";
import { unpredictableOp } from "./outcome.ts";
import type { Build } from "./picture.ts";
import { immediateShift, LSL } from "./shift.ts";

/** With a constant, or zero. */
export function narrowImmediate(operation: AluOperation): Build {
  return ({ d = 0, n = d, i = 0 }, place) =>
    withImmediate(operation, { d, n, s: !place.inIt }, { value: i, carry: undefined }, place);
}

/** With a register, which may be shifted by a constant. */
export function narrowRegister(operation: AluOperation, type = LSL): Build {
  return ({ d = 0, n = d, m, i = 0 }, place) => {
    if (operation === MOV && type === LSL && i === 0 && place.inIt) return unpredictableOp(place, "MOVS inside an IT block");
    return withRegister(operation, { d, n, s: !place.inIt }, m, immediateShift(type, i), place);
  };
}

/** The destination, shifted by a register. */
export function narrowShifted(type: number): Build {
  return ({ d, r }, place) => withShiftedRegister(MOV, { d, n: 0, s: !place.inIt }, d, type, r);
}

/** Any of the sixteen registers; flags are untouched but by CMP. */
export function highRegister(operation: AluOperation): Build {
  return ({ d = 0, n = d, m }, place) =>
    withRegister(operation, { d, n, s: operation === CMP }, m, { type: LSL, amount: 0 }, place);
}

/** ADR: the PC plus words. */
export const pcOffset: Build = ({ d, i }, place) => pcRelative(d, 4 * i, place);

/** The stack pointer plus or minus words. */
export function spOffset(operation: AluOperation): Build {
  return ({ d = 13, i }, place) => withImmediate(operation, { d, n: 13, s: false }, { value: 4 * i, carry: undefined }, place);
}
