// SPDX-License-Identifier: GPL-2.0-only
/**
 * How far a long piece of work is: a bar on a terminal, and elsewhere no more than the lines that the work prints.
 *
 * @module
 */

/** Progress through some number of like things. */
export interface Progress {
  /** Prints text, whole lines, where standard output goes. */
  print(text: string): void;
  /** So many more are done. */
  advance(count?: number): void;
  /** Takes the bar away. */
  stop(): void;
}

/**
 * Begins to show progress.
 *
 * @param total how many things there are
 * @param unit what they are, behind the numbers
 * @param print prints to standard output
 */
export async function showProgress(total: number, unit: string, print: (text: string) => void): Promise<Progress> {
  if (!Deno.stderr.isTerminal() || total < 2) return { print, advance: () => {}, stop: () => {} };
  const { default: progress } = await import("./progress_bar.ts");
  const { stderr } = await import("node:process");
  const bars = new progress.MultiBar({
    format: `{bar} {value} of {total} ${unit}, {eta_formatted} left`,
    stream: stderr,
    barsize: 30,
    clearOnComplete: true,
    gracefulExit: false,
    linewrap: true,
    etaBuffer: 20,
    formatTime: (seconds) => Number.isFinite(seconds) ? `${Math.round(seconds)} s` : "? s",
  });
  const bar = bars.create(total, 0);
  return {
    // Lines that go to the same terminal have to stand above the bar.
    print: Deno.stdout.isTerminal() ? (text) => bars.log(text) : print,
    advance: (count = 1) => bar.increment(count),
    stop: () => bars.stop(),
  };
}
