// SPDX-License-Identifier: GPL-2.0-only
/**
 * One record of the kernel log.
 *
 * @module
 */

export interface LogRecord {
  level: number;
  /** Whether the kernel itself printed it, and not a process through /dev/kmsg. */
  kernel: boolean;
  text: string;
}

/** The text of a record, one character per byte: /dev/kmsg writes bytes that are not printable as \xNN. */
function unescaped(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, pair: string) => String.fromCharCode(parseInt(pair, 16)));
}

/** A record as /dev/kmsg gives it: `priority,sequence,microseconds,flags;text`. */
export function parseKmsg(record: string): LogRecord {
  const found = /^(\d+),\d+,\d+,[^;]*;(.*)$/s.exec(record);
  if (!found) throw new Error(`Cannot read a record of /dev/kmsg: "${record}"`);
  const priority = Number(found[1]);
  return { level: priority & 7, kernel: priority >> 3 === 0, text: unescaped(found[2]) };
}
