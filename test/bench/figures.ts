// SPDX-License-Identifier: GPL-2.0-only
/**
 * Figures and how they are printed.
 *
 * @module
 */

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** Prints a line: what was measured, the figure with its unit, and its target. */
export function report(what: string, figure: string, target = ""): void {
  console.log(`  ${what.padEnd(58)} ${figure.padStart(12)}${target === "" ? "" : `   target ${target}`}`);
}

export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}

export function times(value: number): string {
  return `${value.toFixed(2)} x`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
