// SPDX-License-Identifier: GPL-2.0-only
/**
 * A32: multiplication, and saturating addition.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.2.5 to A5.2.7.
 *
 * @module
 */

import * as multiply from "./exec_multiply.ts";
import { type Row, row } from "./picture.ts";

/** Fields: d destination (h and l of a long one), n and m factors, a accumulator, x and y their halves, s flags. */
export const A32_MULTIPLY: readonly Row[] = [
  row("MUL", "cccc 0000 000s dddd 0000 mmmm 1001 nnnn", multiply.multiply(1), "dnm"),
  row("MLA", "cccc 0000 001s dddd aaaa mmmm 1001 nnnn", multiply.multiply(1), "dnma"),
  row("UMAAL", "cccc 0000 0100 hhhh llll mmmm 1001 nnnn", multiply.umaal, "hlnm"),
  row("MLS", "cccc 0000 0110 dddd aaaa mmmm 1001 nnnn", multiply.multiply(-1), "dnma"),
  row("UMULL", "cccc 0000 100s hhhh llll mmmm 1001 nnnn", multiply.umull, "hlnm"),
  row("UMLAL", "cccc 0000 101s hhhh llll mmmm 1001 nnnn", multiply.multiplyLong(false, true), "hlnm"),
  row("SMULL", "cccc 0000 110s hhhh llll mmmm 1001 nnnn", multiply.multiplyLong(true, false), "hlnm"),
  row("SMLAL", "cccc 0000 111s hhhh llll mmmm 1001 nnnn", multiply.multiplyLong(true, true), "hlnm"),
  row("SMLAxy", "cccc 0001 0000 dddd aaaa mmmm 1yx0 nnnn", multiply.multiplyHalves, "dnma"),
  row("SMLAWy", "cccc 0001 0010 dddd aaaa mmmm 1y00 nnnn", multiply.multiplyWordHalf, "dnma"),
  row("SMULWy", "cccc 0001 0010 dddd 0000 mmmm 1y10 nnnn", multiply.multiplyWordHalf, "dnm"),
  row("SMLALxy", "cccc 0001 0100 hhhh llll mmmm 1yx0 nnnn", multiply.multiplyHalvesLong, "hlnm"),
  row("SMULxy", "cccc 0001 0110 dddd 0000 mmmm 1yx0 nnnn", multiply.multiplyHalves, "dnm"),
  row("QADD", "cccc 0001 0000 nnnn dddd 0000 0101 mmmm", multiply.saturating(1, false), "dnm"),
  row("QSUB", "cccc 0001 0010 nnnn dddd 0000 0101 mmmm", multiply.saturating(-1, false), "dnm"),
  row("QDADD", "cccc 0001 0100 nnnn dddd 0000 0101 mmmm", multiply.saturating(1, true), "dnm"),
  row("QDSUB", "cccc 0001 0110 nnnn dddd 0000 0101 mmmm", multiply.saturating(-1, true), "dnm"),
  row("SMUAD", "cccc 0111 0000 dddd 1111 mmmm 00x1 nnnn", multiply.multiplyDual(1), "dnm"),
  row("SMLAD", "cccc 0111 0000 dddd aaaa mmmm 00x1 nnnn", multiply.multiplyDual(1), "dnm"),
  row("SMUSD", "cccc 0111 0000 dddd 1111 mmmm 01x1 nnnn", multiply.multiplyDual(-1), "dnm"),
  row("SMLSD", "cccc 0111 0000 dddd aaaa mmmm 01x1 nnnn", multiply.multiplyDual(-1), "dnm"),
  row("SMLALD", "cccc 0111 0100 hhhh llll mmmm 00x1 nnnn", multiply.multiplyDualLong(1), "hlnm"),
  row("SMLSLD", "cccc 0111 0100 hhhh llll mmmm 01x1 nnnn", multiply.multiplyDualLong(-1), "hlnm"),
  row("SMMUL", "cccc 0111 0101 dddd 1111 mmmm 00r1 nnnn", multiply.multiplyUpper(1), "dnm"),
  row("SMMLA", "cccc 0111 0101 dddd aaaa mmmm 00r1 nnnn", multiply.multiplyUpper(1), "dnm"),
  row("SMMLS", "cccc 0111 0101 dddd aaaa mmmm 11r1 nnnn", multiply.multiplyUpper(-1), "dnma"),
  row("SDIV", "cccc 0111 0001 dddd 1111 mmmm 0001 nnnn", multiply.sdiv, "dnm"),
  row("UDIV", "cccc 0111 0011 dddd 1111 mmmm 0001 nnnn", multiply.udiv, "dnm"),
];
