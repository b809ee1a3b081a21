// SPDX-License-Identifier: GPL-2.0-only
/**
 * What ends a run of the CPU: exceptions of the architecture, and what the model declines to guess. The caller plays the kernel's part:
 * an abort or an undefined instruction is for it to judge.
 *
 * Source: ARM Architecture Reference Manual ARMv7-A, chapter B1 (exceptions).
 *
 * @module
 */

/** How memory was touched. */
export type Access = "read" | "write" | "execute";

export type CpuEvent =
  /** The step limit is reached; the next instruction has not run. */
  | { readonly kind: "limit" }
  /** SVC; the PC stands behind it. */
  | { readonly kind: "svc"; readonly number: number }
  /** BKPT; the PC stands on it. */
  | { readonly kind: "bkpt"; readonly number: number }
  /** An undefined instruction, UDF or an unknown word; the PC stands on it. A T32 word has its first halfword on top. */
  | { readonly kind: "undefined"; readonly word: number; readonly why: string }
  /** An encoding or operand whose effect the architecture leaves open; the PC stands on it. */
  | { readonly kind: "unpredictable"; readonly why: string }
  /** A prefetch or data abort; the PC stands on the instruction that caused it. */
  | {
    readonly kind: "abort";
    readonly access: Access;
    readonly address: number;
    readonly why: "unmapped" | "permission" | "alignment";
  };

/** Cuts through the executors to the end of the run. */
export class CpuStop extends Error {
  override name = "CpuStop";

  constructor(readonly event: CpuEvent) {
    super(event.kind);
  }
}

/** Ends the run with an abort. @param address signed or unsigned */
export function abort(access: Access, address: number, why: "unmapped" | "permission" | "alignment"): never {
  throw new CpuStop({ kind: "abort", access, address: address >>> 0, why });
}
