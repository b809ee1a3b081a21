// SPDX-License-Identifier: GPL-2.0-only
/**
 * VFP and Advanced SIMD: not modelled, and said by name. Kernel code asks for them with kernel_neon_begin() alone.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, A7.
 *
 * @module
 */

import { notModelled } from "./outcome.ts";
import { type Row, row } from "./picture.ts";

/** Rows of VFP, after a condition (A32) or after 1110 (T32). */
function vfp(condition: string): Row[] {
  const each = (name: string, rest: string) => row(name, `${condition} ${rest}`, notModelled);
  return [
    each("VMOV (two core registers)", "1100 010- ---- ---- 101- 00-1 ----"),
    each("VPUSH", "1101 0-10 1101 ---- 101- ---- ----"),
    each("VPOP", "1100 1-11 1101 ---- 101- ---- ----"),
    each("VSTR", "1101 --00 ---- ---- 101- ---- ----"),
    each("VLDR", "1101 --01 ---- ---- 101- ---- ----"),
    each("VSTM", "1100 1--0 ---- ---- 101- ---- ----"),
    each("VLDM", "1100 1--1 ---- ---- 101- ---- ----"),
    each("VSTMDB", "1101 0-10 ---- ---- 101- ---- ----"),
    each("VLDMDB", "1101 0-11 ---- ---- 101- ---- ----"),
    each("VMLA or VMLS", "1110 0-00 ---- ---- 101- ---0 ----"),
    each("VNMLA or VNMLS", "1110 0-01 ---- ---- 101- ---0 ----"),
    each("VMUL or VNMUL", "1110 0-10 ---- ---- 101- ---0 ----"),
    each("VADD or VSUB", "1110 0-11 ---- ---- 101- ---0 ----"),
    each("VDIV", "1110 1-00 ---- ---- 101- -0-0 ----"),
    each("VFNMA or VFNMS", "1110 1-01 ---- ---- 101- ---0 ----"),
    each("VFMA or VFMS", "1110 1-10 ---- ---- 101- ---0 ----"),
    each("VMOV (immediate)", "1110 1-11 ---- ---- 101- -0-0 ----"),
    each("VMOV, VABS, VNEG, VSQRT, VCMP or VCVT", "1110 1-11 ---- ---- 101- -1-0 ----"),
    each("VMSR", "1110 1110 ---- ---- 1010 ---1 ----"),
    each("VMRS", "1110 1111 ---- ---- 1010 ---1 ----"),
    each("VMOV or VDUP (core register)", "1110 ---- ---- ---- 1010 ---1 ----"),
    each("VMOV or VDUP (scalar)", "1110 ---- ---- ---- 1011 ---1 ----"),
  ];
}

export const A32_VFP = vfp("cccc");
export const T32_VFP = vfp("1110");

export const A32_SIMD: readonly Row[] = [
  row("Advanced SIMD data processing", "1111 001- ---- ---- ---- ---- ---- ----", notModelled),
  row("Advanced SIMD element or structure store", "1111 0100 --00 ---- ---- ---- ---- ----", notModelled),
  row("Advanced SIMD element or structure load", "1111 0100 --10 ---- ---- ---- ---- ----", notModelled),
];

export const T32_SIMD: readonly Row[] = [
  row("Advanced SIMD data processing", "111- 1111 ---- ---- ---- ---- ---- ----", notModelled),
  row("Advanced SIMD element or structure store", "1111 1001 --00 ---- ---- ---- ---- ----", notModelled),
  row("Advanced SIMD element or structure load", "1111 1001 --10 ---- ---- ---- ---- ----", notModelled),
];
