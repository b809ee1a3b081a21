// SPDX-License-Identifier: GPL-2.0-only
/**
 * genksyms over the fixtures' kernel sources, beside Debian's program.
 *
 * @module
 */

import { genksyms } from "../../src/kbuild/genksyms/genksyms.ts";
import { readBundle, readRecorded } from "../kbuild/genksyms/fixtures.ts";
import { kbuildFolders } from "../verify/tools.ts";
import { megabytes, milliseconds, report, times } from "./figures.ts";

/** How long the program takes for a source: a process of its own, as in a build. */
async function programTime(program: string, source: Uint8Array): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command("sh", { args: ["-c", 'exec "$0"', program], stdin: "piped", stdout: "null", stderr: "null" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(source);
  await writer.close();
  await child.status;
  return performance.now() - start;
}

/** The time of the whole set, once through, in this process; and that of the program. */
export async function benchGenksyms(): Promise<void> {
  const all = readRecorded();
  const bundles = [...new Set(all.map(({ bundle }) => bundle))];
  const sources = bundles.flatMap((bundle) => [...readBundle(bundle, all)].map(({ bytes }) => bytes));
  const size = sources.reduce((sum, { length }) => sum + length, 0);
  console.log(`\ngenksyms: ${sources.length} kernel sources, ${megabytes(size)}`);

  const start = performance.now();
  for (const source of sources) genksyms(source);
  const ours = performance.now() - start;
  report("the model, one process", milliseconds(ours));

  const [folder] = kbuildFolders("");
  if (folder === undefined) {
    console.log("  the real genksyms: not measured; it is in Debian's package linux-kbuild-6.12");
    return;
  }
  let theirs = 0;
  for (const source of sources) theirs += await programTime(`${folder}/scripts/genksyms/genksyms`, source);
  report("the real genksyms, a process for each", milliseconds(theirs));
  report("the model's time by the program's", times(ours / theirs), "at most 5 x");
}
