// SPDX-License-Identifier: GPL-2.0-only
/**
 * The model and the reference, side by side.
 *
 * @module
 */

import { fillData, ModelCpu } from "./compare.ts";
import { known } from "./known.ts";
import { CODE, CODE_SIZE, DATA, type Program } from "./programs.ts";
import { difference, Reference } from "./reference.ts";
import type { openUnicorn } from "./unicorn.ts";
import { changedData, type Vector } from "./vectors.ts";

/** Bytes from one program to the next. */
const STRIDE = 16;

/** The two machines, side by side, with the same memory. */
export class Pair {
  readonly #model = new ModelCpu();
  #reference: Reference;
  #at = CODE;

  constructor(readonly unicorn: NonNullable<ReturnType<typeof openUnicorn>>) {
    this.#reference = new Reference(unicorn.functions, this.#model.code);
    this.reset();
  }

  /** The data of a fresh machine. */
  reset(): void {
    fillData(this.#model.words);
    fillData(this.#reference.words);
  }

  /** Where the next program stands: the ones before it are what it may read there. */
  #next(): number {
    this.#at += STRIDE;
    if (this.#at + STRIDE > CODE + CODE_SIZE) this.#at = CODE;
    return this.#at;
  }

  /** Whether the model runs the instruction itself, whatever an IT block before it says. */
  #runs(program: Program): boolean {
    const { kind } = this.#model.run({ ...program, words: program.words.slice(-1) }, CODE);
    this.#model.words.set(this.#reference.words);
    return kind !== "not modelled" && kind !== "unpredictable";
  }

  /** @returns undefined where the model leaves the program out; else how they differ, or "" */
  compare(program: Program): string | undefined {
    return this.#compareAt(program, this.#next())?.how;
  }

  /** The program as a vector, from a fresh machine; undefined where it is left out. @throws Error where the two differ */
  record(program: Program): Vector | undefined {
    this.reset();
    const compared = this.#compareAt(program, CODE);
    if (compared === undefined) return undefined;
    const { how, kind, reference } = compared;
    if (how !== "") throw new Error(`Cannot record ${program.set} ${program.row}: ${how}`);
    const data = kind === "limit" ? changedData(this.#reference.words) : [];
    return { program, outcome: { kind, registers: reference.registers, cpsr: reference.cpsr }, data };
  }

  #compareAt(program: Program, address: number) {
    if (known(program) !== undefined || !this.#runs(program)) return undefined;
    const model = this.#model.run(program, address);
    if (model.kind === "not modelled" || model.kind === "unpredictable") {
      this.#model.words.set(this.#reference.words);
      return undefined;
    }
    const before = this.#reference.words.slice();
    let reference = this.#reference.run(program, address);
    let how = difference(model, reference);
    if (how !== undefined) {
      // Into what it has translated for an earlier program, the reference runs past the count; a fresh one has nothing.
      this.#reference.close();
      this.#reference = new Reference(this.unicorn.functions, this.#model.code);
      this.#reference.words.set(before);
      reference = this.#reference.run(program, address);
      how = difference(model, reference);
    }
    const { words } = this.#reference;
    const changed = this.#model.words.findIndex((word, i) => word !== words[i]);
    if (changed >= 0 && model.kind === "limit") how ??= `memory at ${(DATA + 4 * changed).toString(16)} differs`;
    if (changed >= 0) this.#model.words.set(words);
    return { how: how ?? "", kind: model.kind, reference };
  }
}
