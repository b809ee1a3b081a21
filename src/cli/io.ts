// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a command does to the world: prints, and finds files.
 *
 * @module
 */

export interface CommandIo {
  /** Prints to standard output; whole lines, newline included. */
  out(text: string): void;
  /** Prints to standard error. */
  err(text: string): void;
  /** Everything on standard input. */
  input(): Promise<string>;
  /** An absolute path, relative ones from where the user stands. */
  resolve(path: string): string;
}

const IS_ABSOLUTE = Deno.build.os === "windows" ? /^([a-z]:)?[\\/]/i : /^\//;

/** The process's own streams. `deno task` changes to the project's folder and keeps the user's in INIT_CWD. */
export function processIo(): CommandIo {
  const encoder = new TextEncoder();
  const write = (stream: { writeSync(bytes: Uint8Array): number }, text: string) => {
    try {
      for (let bytes = encoder.encode(text); bytes.length > 0;) bytes = bytes.subarray(stream.writeSync(bytes));
    } catch (error) {
      // Whoever reads has read enough.
      if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
      throw error;
    }
  };
  return {
    out: (text) => write(Deno.stdout, text),
    err: (text) => write(Deno.stderr, text),
    input: () => new Response(Deno.stdin.readable).text(),
    // Not by @std/path, whose sixty files take as long to start as Deno itself.
    resolve: (path) => IS_ABSOLUTE.test(path) ? path : `${Deno.env.get("INIT_CWD") ?? Deno.cwd()}/${path}`,
  };
}
