// SPDX-License-Identifier: GPL-2.0-only
/**
 * A32: the media instructions.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A5.4.
 *
 * @module
 */

import * as media from "./exec_media.ts";
import { type Row, row } from "./picture.ts";
import { udf } from "./exec_system.ts";

const { S, Q, SH, U, UQ, UH } = media.LANES;

/** Fields: d destination, n and m operands, i a shift or rotation, w a width, l and h bits. */
export const A32_MEDIA: readonly Row[] = [
  row("SADD16", "cccc 0110 0001 nnnn dddd 1111 0001 mmmm", media.parallel(S, [1, 1]), "dnm"),
  row("SASX", "cccc 0110 0001 nnnn dddd 1111 0011 mmmm", media.parallel(S, [-1, 1], true), "dnm"),
  row("SSAX", "cccc 0110 0001 nnnn dddd 1111 0101 mmmm", media.parallel(S, [1, -1], true), "dnm"),
  row("SSUB16", "cccc 0110 0001 nnnn dddd 1111 0111 mmmm", media.parallel(S, [-1, -1]), "dnm"),
  row("SADD8", "cccc 0110 0001 nnnn dddd 1111 1001 mmmm", media.parallel(S, [1, 1, 1, 1]), "dnm"),
  row("SSUB8", "cccc 0110 0001 nnnn dddd 1111 1111 mmmm", media.parallel(S, [-1, -1, -1, -1]), "dnm"),
  row("QADD16", "cccc 0110 0010 nnnn dddd 1111 0001 mmmm", media.parallel(Q, [1, 1]), "dnm"),
  row("QASX", "cccc 0110 0010 nnnn dddd 1111 0011 mmmm", media.parallel(Q, [-1, 1], true), "dnm"),
  row("QSAX", "cccc 0110 0010 nnnn dddd 1111 0101 mmmm", media.parallel(Q, [1, -1], true), "dnm"),
  row("QSUB16", "cccc 0110 0010 nnnn dddd 1111 0111 mmmm", media.parallel(Q, [-1, -1]), "dnm"),
  row("QADD8", "cccc 0110 0010 nnnn dddd 1111 1001 mmmm", media.parallel(Q, [1, 1, 1, 1]), "dnm"),
  row("QSUB8", "cccc 0110 0010 nnnn dddd 1111 1111 mmmm", media.parallel(Q, [-1, -1, -1, -1]), "dnm"),
  row("SHADD16", "cccc 0110 0011 nnnn dddd 1111 0001 mmmm", media.parallel(SH, [1, 1]), "dnm"),
  row("SHASX", "cccc 0110 0011 nnnn dddd 1111 0011 mmmm", media.parallel(SH, [-1, 1], true), "dnm"),
  row("SHSAX", "cccc 0110 0011 nnnn dddd 1111 0101 mmmm", media.parallel(SH, [1, -1], true), "dnm"),
  row("SHSUB16", "cccc 0110 0011 nnnn dddd 1111 0111 mmmm", media.parallel(SH, [-1, -1]), "dnm"),
  row("SHADD8", "cccc 0110 0011 nnnn dddd 1111 1001 mmmm", media.parallel(SH, [1, 1, 1, 1]), "dnm"),
  row("SHSUB8", "cccc 0110 0011 nnnn dddd 1111 1111 mmmm", media.parallel(SH, [-1, -1, -1, -1]), "dnm"),
  row("UADD16", "cccc 0110 0101 nnnn dddd 1111 0001 mmmm", media.parallel(U, [1, 1]), "dnm"),
  row("UASX", "cccc 0110 0101 nnnn dddd 1111 0011 mmmm", media.parallel(U, [-1, 1], true), "dnm"),
  row("USAX", "cccc 0110 0101 nnnn dddd 1111 0101 mmmm", media.parallel(U, [1, -1], true), "dnm"),
  row("USUB16", "cccc 0110 0101 nnnn dddd 1111 0111 mmmm", media.parallel(U, [-1, -1]), "dnm"),
  row("UADD8", "cccc 0110 0101 nnnn dddd 1111 1001 mmmm", media.parallel(U, [1, 1, 1, 1]), "dnm"),
  row("USUB8", "cccc 0110 0101 nnnn dddd 1111 1111 mmmm", media.parallel(U, [-1, -1, -1, -1]), "dnm"),
  row("UQADD16", "cccc 0110 0110 nnnn dddd 1111 0001 mmmm", media.parallel(UQ, [1, 1]), "dnm"),
  row("UQASX", "cccc 0110 0110 nnnn dddd 1111 0011 mmmm", media.parallel(UQ, [-1, 1], true), "dnm"),
  row("UQSAX", "cccc 0110 0110 nnnn dddd 1111 0101 mmmm", media.parallel(UQ, [1, -1], true), "dnm"),
  row("UQSUB16", "cccc 0110 0110 nnnn dddd 1111 0111 mmmm", media.parallel(UQ, [-1, -1]), "dnm"),
  row("UQADD8", "cccc 0110 0110 nnnn dddd 1111 1001 mmmm", media.parallel(UQ, [1, 1, 1, 1]), "dnm"),
  row("UQSUB8", "cccc 0110 0110 nnnn dddd 1111 1111 mmmm", media.parallel(UQ, [-1, -1, -1, -1]), "dnm"),
  row("UHADD16", "cccc 0110 0111 nnnn dddd 1111 0001 mmmm", media.parallel(UH, [1, 1]), "dnm"),
  row("UHASX", "cccc 0110 0111 nnnn dddd 1111 0011 mmmm", media.parallel(UH, [-1, 1], true), "dnm"),
  row("UHSAX", "cccc 0110 0111 nnnn dddd 1111 0101 mmmm", media.parallel(UH, [1, -1], true), "dnm"),
  row("UHSUB16", "cccc 0110 0111 nnnn dddd 1111 0111 mmmm", media.parallel(UH, [-1, -1]), "dnm"),
  row("UHADD8", "cccc 0110 0111 nnnn dddd 1111 1001 mmmm", media.parallel(UH, [1, 1, 1, 1]), "dnm"),
  row("UHSUB8", "cccc 0110 0111 nnnn dddd 1111 1111 mmmm", media.parallel(UH, [-1, -1, -1, -1]), "dnm"),
  row("PKHBT", "cccc 0110 1000 nnnn dddd iiiii 001 mmmm", media.packBottomTop, "dnm"),
  row("PKHTB", "cccc 0110 1000 nnnn dddd iiiii 101 mmmm", media.packTopBottom, "dnm"),
  row("SSAT", "cccc 0110 101w wwww dddd iiiii t01 nnnn", media.ssat, "dn"),
  row("USAT", "cccc 0110 111w wwww dddd iiiii t01 nnnn", media.usat, "dn"),
  row("SSAT16", "cccc 0110 1010 wwww dddd 1111 0011 nnnn", media.ssat16, "dn"),
  row("USAT16", "cccc 0110 1110 wwww dddd 1111 0011 nnnn", media.usat16, "dn"),
  row("SEL", "cccc 0110 1000 nnnn dddd 1111 1011 mmmm", media.select, "dnm"),
  row("SXTB16", "cccc 0110 1000 1111 dddd ii00 0111 mmmm", media.extendPair(true), "dm"),
  row("SXTAB16", "cccc 0110 1000 nnnn dddd ii00 0111 mmmm", media.extendPair(true), "dm"),
  row("SXTB", "cccc 0110 1010 1111 dddd ii00 0111 mmmm", media.extend(media.sxtb), "dm"),
  row("SXTAB", "cccc 0110 1010 nnnn dddd ii00 0111 mmmm", media.extend(media.sxtb), "dm"),
  row("SXTH", "cccc 0110 1011 1111 dddd ii00 0111 mmmm", media.extend(media.sxth), "dm"),
  row("SXTAH", "cccc 0110 1011 nnnn dddd ii00 0111 mmmm", media.extend(media.sxth), "dm"),
  row("UXTB16", "cccc 0110 1100 1111 dddd ii00 0111 mmmm", media.extendPair(false), "dm"),
  row("UXTAB16", "cccc 0110 1100 nnnn dddd ii00 0111 mmmm", media.extendPair(false), "dm"),
  row("UXTB", "cccc 0110 1110 1111 dddd ii00 0111 mmmm", media.extend(media.uxtb), "dm"),
  row("UXTAB", "cccc 0110 1110 nnnn dddd ii00 0111 mmmm", media.extend(media.uxtb), "dm"),
  row("UXTH", "cccc 0110 1111 1111 dddd ii00 0111 mmmm", media.extend(media.uxth), "dm"),
  row("UXTAH", "cccc 0110 1111 nnnn dddd ii00 0111 mmmm", media.extend(media.uxth), "dm"),
  row("REV", "cccc 0110 1011 1111 dddd 1111 0011 mmmm", media.rev, "dm"),
  row("REV16", "cccc 0110 1011 1111 dddd 1111 1011 mmmm", media.rev16, "dm"),
  row("RBIT", "cccc 0110 1111 1111 dddd 1111 0011 mmmm", media.rbit, "dm"),
  row("REVSH", "cccc 0110 1111 1111 dddd 1111 1011 mmmm", media.revsh, "dm"),
  row("CLZ", "cccc 0001 0110 1111 dddd 1111 0001 mmmm", media.clz, "dm"),
  row("USAD8", "cccc 0111 1000 dddd 1111 mmmm 0001 nnnn", media.absoluteDifferences, "dnm"),
  row("USADA8", "cccc 0111 1000 dddd aaaa mmmm 0001 nnnn", media.absoluteDifferences, "dnm"),
  row("SBFX", "cccc 0111 101w wwww dddd llll l101 nnnn", media.extractField(true), "dn"),
  row("UBFX", "cccc 0111 111w wwww dddd llll l101 nnnn", media.extractField(false), "dn"),
  row("BFC", "cccc 0111 110h hhhh dddd llll l001 1111", media.insertField, "d"),
  row("BFI", "cccc 0111 110h hhhh dddd llll l001 nnnn", media.insertField, "d"),
  row("UDF", "1110 0111 1111 ---- ---- ---- 1111 ----", udf),
];
