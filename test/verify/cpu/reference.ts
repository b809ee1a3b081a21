// SPDX-License-Identifier: GPL-2.0-only
/**
 * The reference with the memory of the programs, and what counts as the same outcome.
 *
 * @module
 */

import { CPSR_MASK, type Outcome } from "./compare.ts";
import { bytesOf, CODE, DATA, DATA_SIZE, type Program } from "./programs.ts";
import { type openUnicorn, PROT_EXEC, PROT_READ, PROT_WRITE, Unicorn } from "./unicorn.ts";

/** What the reference made of a program. */
export interface ReferenceOutcome {
  readonly error: string;
  readonly registers: readonly number[];
  readonly cpsr: number;
}

/** One engine. */
export class Reference {
  readonly data = new Uint8Array(DATA_SIZE);
  readonly words = new Int32Array(this.data.buffer);
  readonly #engine: Unicorn;

  /** @param code shared with the model */
  constructor(
    functions: NonNullable<ReturnType<typeof openUnicorn>>["functions"],
    code: Uint8Array<ArrayBuffer>,
  ) {
    this.#engine = new Unicorn(functions);
    this.#engine.map(CODE, code, PROT_READ | PROT_EXEC);
    this.#engine.map(DATA, this.data, PROT_READ | PROT_WRITE);
  }

  run(program: Program, address: number): ReferenceOutcome {
    const bytes = bytesOf(program);
    this.#engine.write(address, bytes);
    const registers = new Int32Array([...program.registers, address]);
    const { error, cpsr } = this.#engine.run(program.cpsr, registers, program.words.length, address + bytes.length);
    return { error, registers: [...new Uint32Array(registers)], cpsr: (cpsr & CPSR_MASK) >>> 0 };
  }

  close(): void {
    this.#engine.close();
  }
}

/** The reference's errors that mean the same as an event of the model. A fetch after the last instruction is none of its own. */
const SAME: Readonly<Partial<Record<Outcome["kind"], readonly string[]>>> = {
  limit: ["ok", "fetch unmapped", "fetch protected"],
  undefined: ["undefined"],
  svc: ["exception"],
  bkpt: ["exception"],
  /** An unaligned exclusive access is an exception. */
  abort: ["exception", "read unmapped", "write unmapped", "read protected", "write protected"],
};

const hex = (value: number) => (value >>> 0).toString(16);

/** How two outcomes differ, if they do; registers count where the program ran through. */
export function difference(model: Outcome, reference: ReferenceOutcome): string | undefined {
  if (SAME[model.kind]?.includes(reference.error) !== true) return `${model.kind}, but the reference: ${reference.error}`;
  if (model.kind !== "limit") return undefined;
  const register = model.registers.findIndex((value, i) => value !== reference.registers[i]);
  if (register >= 0) {
    return `r${register} ${hex(model.registers[register])}, but the reference: ${hex(reference.registers[register])}`;
  }
  return model.cpsr === reference.cpsr ? undefined : `cpsr ${hex(model.cpsr)}, but the reference: ${hex(reference.cpsr)}`;
}
