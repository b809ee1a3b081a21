// SPDX-License-Identifier: GPL-2.0-only
/**
 * Words that a kernel function has on its stack while it calls a module.
 *
 * @module
 */

import type { Call } from "./service.ts";

/** Puts words below the stack pointer for the time of a call. @returns what the call returns */
export function withWordsOnStack<T>({ cpu, bus }: Call, words: readonly number[], call: (address: number) => T): T {
  const stackPointer = cpu.r[13];
  const address = ((stackPointer - 4 * words.length) & ~7) >>> 0;
  for (const [i, word] of words.entries()) bus.write32(address + 4 * i, word);
  cpu.r[13] = address;
  try {
    return call(address);
  } finally {
    cpu.r[13] = stackPointer;
  }
}
