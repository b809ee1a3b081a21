// SPDX-License-Identifier: GPL-2.0-only
/** Folders for the files that a test makes: the only place that tests write to. */

import { fromFileUrl, join } from "@std/path";

const SCRATCH = fromFileUrl(new URL("scratch", import.meta.url));

/** Gives a test an empty folder, which goes when the test ends. */
export async function inScratch(test: (folder: string) => void | Promise<void>): Promise<void> {
  Deno.mkdirSync(SCRATCH, { recursive: true });
  const folder = Deno.makeTempDirSync({ dir: SCRATCH });
  try {
    await test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Writes files, and the folders that they are in. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    Deno.mkdirSync(join(path, ".."), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
  }
}
