// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a failed load has to take back.
 *
 * Models: the labels at the end of load_module() in kernel/module/main.c. A step that succeeded pushes its undo under the kernel's label;
 * a failure runs them from the last to the first.
 *
 * @module
 */

import { NotModelled } from "../kernel/fault.ts";

export class UndoLadder {
  #rungs: { label: string; undo: () => void }[] = [];

  /** @param label of the `goto` that a later failure would take */
  push(label: string, undo: () => void): void {
    this.#rungs.push({ label, undo });
  }

  /** The labels that a failure would pass now, in order. */
  get labels(): string[] {
    return this.#rungs.map(({ label }) => label).reverse();
  }

  /** Nothing is to be taken back any more. */
  done(): void {
    this.#rungs = [];
  }

  /** Takes everything back as far as it is modelled, after something that is not. */
  abandon(): void {
    while (this.#rungs.length > 0) {
      try {
        this.#rungs.pop()?.undo();
      } catch (error) {
        if (!(error instanceof NotModelled)) throw error;
      }
    }
  }

  /** Takes everything back. @returns `err`, for the caller to return */
  fail(err: number): number {
    while (this.#rungs.length > 0) this.#rungs.pop()?.undo();
    return err;
  }
}
