// SPDX-License-Identifier: GPL-2.0-only
/**
 * Executors of what has no effect that is modelled: undefined and unpredictable instructions, and those that are left out by name.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";
import type { Build, Place } from "./picture.ts";
import { type Op, stop } from "./state.ts";

/** The instruction is undefined. */
export function undefinedOp({ word }: Place, why: string): Op {
  return () => stop({ kind: "undefined", word, why });
}

/** What the instruction does with these operands is UNPREDICTABLE. */
export function unpredictableOp({ name }: Place, why: string): Op {
  return () => stop({ kind: "unpredictable", why: `${name}: ${why}` });
}

/** The model does not have the instruction. */
export function notModelledOp({ name }: Place): Op {
  return () => {
    throw new NotModelled(`instruction ${name}`);
  };
}

/** A row's executor for instructions that the model does not have; the row's name says which. */
export const notModelled: Build = (_fields, place) => notModelledOp(place);

/** A row's executor for encodings that are undefined, as a Cortex-A7 under Linux has them. */
export function isUndefined(why: string): Build {
  return (_fields, place) => undefinedOp(place, why);
}

/** An instruction without effect here. */
export const nop: Build = () => () => {};
