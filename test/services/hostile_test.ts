// SPDX-License-Identifier: GPL-2.0-only
/** Modules that mean harm, or do not end: each comes to its end within limits, with a report that says what and where. */

import { assertEquals } from "@std/assert";
import { DEFAULT_KERNEL, loadProfile } from "../../src/profile/load_profile.ts";
import { buildRecipe } from "../../src/suite/build/recipe.ts";
import { kernelFacts } from "../../src/suite/case_modules.ts";
import { ModelTarget } from "../../src/suite/model_target.ts";
import { asModule } from "../../src/suite/module_files.ts";

const profile = await loadProfile(DEFAULT_KERNEL);

/** What init does, its words of A32, the function that it calls and from where, and what becomes of it. */
const HOSTILE: readonly [string, string[], [number, string] | undefined, string][] = [
  [
    "an endless loop",
    ["eafffffe"],
    undefined,
    "code that does not return within 50000000 instructions; the last is at init_module+0x0",
  ],
  [
    "a jump to where nothing is",
    ["e51ff004", "bfd00000"],
    undefined,
    "Unable to handle kernel paging request at virtual address bfd00000 when execute",
  ],
  [
    "a jump into the kernel",
    ["e51ff004", "c0300004"],
    undefined,
    "the kernel's function at c0300004 called from the end of init_module+0x0",
  ],
  ["a call of itself", ["e92d4010", "ebfffffd"], undefined, "Internal error: kernel stack overflow: 0 [#1] SMP ARM"],
  [
    "kmalloc() of 4 MiB again and again",
    ["e92d4010", "e3a00501", "e3a01d33", "ebfffffe", "eafffffb"],
    [12, "__kmalloc_noprof"],
    "kmalloc() of 4194304 bytes",
  ],
  [
    "kmalloc() of 4 GiB",
    ["e92d4010", "e3e00000", "ebfffffe", "e8bd8010"],
    [8, "__kmalloc_noprof"],
    "kmalloc() of 4294967295 bytes",
  ],
  [
    "memset() of 4 GiB",
    ["e92d4010", "e1a0000d", "e3a01000", "e3e02000", "ebfffffe", "e8bd8010"],
    [16, "memset"],
    "write of the kernel's own memory at 0xe0800000",
  ],
];

for (const [name, words, call, end] of HOSTILE) {
  Deno.test(`init that is ${name} ends: ${end}`, async () => {
    const relocation = call === undefined ? "" : `[[module.relocation]]
section = ".init.text"
offset = ${call[0]}
type = "R_ARM_CALL"
symbol = "${call[1]}"
`;
    const text = `base = "minimal"
[module]
imports = ${JSON.stringify(call === undefined ? [] : [call[1]])}
[[module.section]]
name = ".init.text"
words = ${JSON.stringify(words)}
${relocation}`;
    const bytes = buildRecipe(text, { path: "x.ko.toml", readBase: () => new Uint8Array(), kernel: kernelFacts(profile) });
    const target = new ModelTarget(profile, { read: () => asModule(bytes) });
    const [{ outcome }] = await Array.fromAsync(target.run({ cmdline: "", steps: [{ insmod: "x.ko", params: "" }] }));
    assertEquals([outcome.rc, outcome.oops ?? outcome.notModelled], [undefined, end]);
  });
}
