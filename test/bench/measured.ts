// SPDX-License-Identifier: GPL-2.0-only
/**
 * Processes with the processor time that they took.
 *
 * @module
 */

/** What a process printed, and the milliseconds of processor time that it took in all, start and threads included. */
export interface Measured {
  readonly text: string;
  readonly cpu: number;
}

/** Runs a command and has the shell say what it took: the second line of times(1) is that of the shell's children. */
const SCRIPT = '"$@"; code=$?; times >&2; exit $code';
const COMMAND_NOT_FOUND = 127;

function timeIn(text: string): number {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text) ?? [];
  return (Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** Runs a process that gets `input`. @returns undefined where it is not installed */
export async function measure(command: string, args: readonly string[], input: string): Promise<Measured | undefined> {
  const child = new Deno.Command("sh", {
    args: ["-c", SCRIPT, "sh", command, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close());
  const { code, stdout, stderr } = await child.output();
  await written.catch(() => {});
  if (code === COMMAND_NOT_FOUND) return undefined;
  const said = new TextDecoder().decode(stderr).trimEnd().split("\n");
  if (code !== 0) throw new Error(`Cannot measure ${command}: ${said.slice(0, -2).join("\n")}`);
  const [user, system] = said[said.length - 1].split(" ").map(timeIn);
  return { text: new TextDecoder().decode(stdout), cpu: user + system };
}
