// SPDX-License-Identifier: GPL-2.0-only
/**
 * What genksyms writes to standard error.
 *
 * Models: print_location() and error_with_pos() of scripts/genksyms/genksyms.c.
 *
 * @module
 */

/** Where the lexer is in the original source. */
export interface Location {
  readonly filename: string | undefined;
  readonly line: number;
}

/** Collects what is written. */
export class Messages {
  /** Errors that make genksyms fail in the end. */
  errors = 0;
  readonly #texts: string[] = [];
  readonly #warnings: boolean;
  /** Where the messages are about; the lexer moves it. */
  location: Location = { filename: undefined, line: 1 };

  /** @param warnings -w: errors in the source are printed and count */
  constructor(warnings: boolean) {
    this.#warnings = warnings;
  }

  /** Writes as it is. */
  text(text: string): void {
    this.#texts.push(text);
  }

  /** Writes a line that begins with the place. */
  located(text: string): void {
    const { filename, line } = this.location;
    this.text(`${filename ?? "<stdin>"}:${line}: ${text}\n`);
  }

  /** error_with_pos(): an error in the source. */
  error(text: string): void {
    if (!this.#warnings) return;
    this.located(text);
    this.errors++;
  }

  /** All that was written. */
  toString(): string {
    return this.#texts.join("");
  }
}
