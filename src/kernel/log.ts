// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel log: printk's records, one line each.
 *
 * Models: vprintk_store() as far as lines and levels go. A record that does not end in a newline stays open and is committed by the next
 * one; a record with newlines in it becomes one line each.
 *
 * @module
 */

export const KERN_EMERG = 0;
export const KERN_ALERT = 1;
export const KERN_CRIT = 2;
export const KERN_ERR = 3;
export const KERN_WARNING = 4;
export const KERN_NOTICE = 5;
export const KERN_INFO = 6;

/**
 * Characters of a record: PRINTKRB_RECORD_MAX (1024) less the two of its level, which stand in front while it is formatted, and the NUL.
 */
const LONGEST_TEXT = 1021;

/** PRINTKRB_RECORD_MAX less the NUL. */
const LONGEST_RECORD = 1023;
/** MESSAGE_LOGLEVEL_DEFAULT: the level of what is printed without one. */
const DEFAULT_LEVEL = KERN_WARNING;
/** In front of a level, or of `c` for KERN_CONT. */
const KERN_SOH = "\x01";

/** printk_parse_prefix(): the levels and KERN_CONT in front of a text. */
function prefixOf(text: string): string {
  let end = 0;
  while (text[end] === KERN_SOH && /[0-7c]/.test(text[end + 1] ?? "")) end += 2;
  return text.slice(0, end);
}

/** Whose code runs. */
export type Phase = "init" | "exit";

/** A line of the log with its level, 0 to 7. */
export interface KernelLogLine {
  level: number;
  text: string;
  /** The module's function that printed it; left out for the kernel's own lines. */
  phase?: Phase;
}

/** The log of one booted kernel. */
export class KernelLog {
  #lines: KernelLogLine[] = [];
  /** Whether the last record may be continued. */
  #open = false;
  /** The module's function that runs. */
  phase: Phase | undefined;

  /**
   * Appends what a printk() prints; what is too long for a record is cut off.
   *
   * @param text without the newline at its end
   */
  printk(level: number, text: string): void {
    this.#append(level, text.slice(0, LONGEST_TEXT).split("\n"));
    this.#open = false;
  }

  /**
   * vprintk_store(): a formatted text as a caller gives it, with level and KERN_CONT in front and a newline at its end, or without.
   *
   * @returns the length of what was stored
   */
  store(formatted: string): number {
    const cut = formatted.slice(0, LONGEST_RECORD);
    const ends = cut.endsWith("\n");
    const prefix = prefixOf(formatted.slice(0, 7));
    const text = cut.slice(prefixOf(cut).length, ends ? -1 : undefined);
    const level = Number(/[0-7]/.exec(prefix)?.[0] ?? DEFAULT_LEVEL);
    const lines = text.split("\n");
    const last = this.#lines.at(-1);
    if (prefix.includes("c") && this.#open && last !== undefined) last.text += lines.shift();
    this.#append(last !== undefined && this.#open && prefix.includes("c") ? last.level : level, lines);
    this.#open = !ends;
    return text.length;
  }

  #append(level: number, lines: readonly string[]): void {
    const phase = this.phase === undefined ? {} : { phase: this.phase };
    for (const text of lines) this.#lines.push({ level, text, ...phase });
  }

  /** The lines since the last call, which are forgotten. */
  take(): KernelLogLine[] {
    this.#open = false;
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
