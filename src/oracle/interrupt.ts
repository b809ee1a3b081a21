// SPDX-License-Identifier: GPL-2.0-only
/**
 * What has to be undone when the user interrupts: guests to end, temporary directories to remove.
 *
 * @module
 */

/** Signals that end us. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** What a shell gives for a process that a signal ended. */
const INTERRUPTED = 130;

const undoings = new Set<() => void>();

function interrupted(): void {
  for (const undo of [...undoings].reverse()) {
    try {
      undo();
    } catch {
      // The other undoings still have to be done.
    }
  }
  Deno.exit(INTERRUPTED);
}

/**
 * Has `undo` called, should we be interrupted; of several, the last one first.
 *
 * @returns how to take it back
 */
export function onInterrupt(undo: () => void): () => void {
  if (undoings.size === 0) SIGNALS.forEach((signal) => Deno.addSignalListener(signal, interrupted));
  undoings.add(undo);
  return () => {
    undoings.delete(undo);
    if (undoings.size === 0) SIGNALS.forEach((signal) => Deno.removeSignalListener(signal, interrupted));
  };
}

/** Runs `work` with a temporary directory, which is removed in every case. */
export async function inTemporaryDirectory<Result>(prefix: string, work: (path: string) => Promise<Result>): Promise<Result> {
  const path = await Deno.makeTempDir({ prefix });
  const keep = onInterrupt(() => Deno.removeSync(path, { recursive: true }));
  try {
    return await work(path);
  } finally {
    keep();
    await Deno.remove(path, { recursive: true });
  }
}
