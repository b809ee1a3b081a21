// SPDX-License-Identifier: GPL-2.0-only
/**
 * What modpost prints while it works.
 *
 * Models: modpost_log() and the macros warn(), error() and fatal() of scripts/mod/modpost.h.
 *
 * @module
 */

/** One message, as modpost prints it to standard error without its newline; some have several lines. */
export interface Diagnostic {
  /** A note has no prefix; the others have `WARNING: modpost: ` or `ERROR: modpost: `, which is not in the text. */
  readonly severity: "note" | "warning" | "error";
  readonly text: string;
}

/** fatal(): the message is in the diagnostics, and nothing further is done or written. */
export class ModpostStopped extends Error {
  override readonly name = "ModpostStopped";
}

/** The messages of one run, in their order. */
export class Diagnostics {
  readonly messages: Diagnostic[] = [];
  #failed = false;

  /** error_occurred: whether modpost ends with 1, and writes no file any more. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Lines that modpost prints as they are. */
  note(text: string): void {
    this.messages.push({ severity: "note", text });
  }

  warn(text: string): void {
    this.messages.push({ severity: "warning", text });
  }

  error(text: string): void {
    this.messages.push({ severity: "error", text });
    this.#failed = true;
  }

  /** An error, or where it is only to be warned of, a warning. */
  log(isError: boolean, text: string): void {
    if (isError) this.error(text);
    else this.warn(text);
  }

  fatal(text: string): never {
    this.error(text);
    throw new ModpostStopped(text);
  }
}

/** A message as it stands on standard error, newline included. */
export function diagnosticText({ severity, text }: Diagnostic): string {
  return severity === "note" ? `${text}\n` : `${severity.toUpperCase()}: modpost: ${text}\n`;
}
