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

/** A line of the log with its level, 0 to 7. */
export interface KernelLogLine {
  level: number;
  text: string;
}

/** The log of one booted kernel. */
export class KernelLog {
  #lines: KernelLogLine[] = [];

  /**
   * Appends what a printk() prints; what is too long for a record is cut off.
   *
   * @param text without the newline at its end
   */
  printk(level: number, text: string): void {
    for (const line of text.slice(0, LONGEST_TEXT).split("\n")) this.#lines.push({ level, text: line });
  }

  /** The lines since the last call, which are forgotten. */
  take(): KernelLogLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
