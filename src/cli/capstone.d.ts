// SPDX-License-Identifier: GPL-2.0-only
/** What is used of capstone-js. */

interface Instruction {
  mnemonic: string;
  op_str: string;
}

interface Capstone {
  readonly ARCH_ARM: number;
  readonly MODE_ARM: number;
  readonly MODE_THUMB: number;
  readonly Capstone: new (arch: number, mode: number) => {
    /** At most `max` instructions. @throws where the first bytes are none */
    disasm(bytes: readonly number[], address: number, max: number): Instruction[];
  };
}

export default function load(): Promise<Capstone>;
