// SPDX-License-Identifier: GPL-2.0-only
/**
 * Preprocessed kernel sources for genksyms, as the kernel's own build makes them: by the compiler, from a source tree, with the
 * configuration and the generated headers of a headers package.
 *
 * @module
 */

import { basename, dirname } from "@std/path";

/** Folders of sources that are built into most kernels. */
const FOLDERS = ["arch/arm/kernel", "arch/arm/lib", "block", "crypto", "drivers/base", "fs", "kernel", "lib", "mm", "net/core"];

/** What ARM has in assembly instead: its own build exports other prototypes by these names. */
const IN_ASSEMBLY = /di[23]\.c$/;

/** What an export looks like in a source. */
const EXPORT = /^EXPORT_SYMBOL(_GPL|_NS|_NS_GPL)?\(/m;

const FLAGS =
  "-E -D__GENKSYMS__ -nostdinc -D__KERNEL__ -mlittle-endian -std=gnu11 -fshort-wchar -funsigned-char -fno-common -fno-PIE -fno-strict-aliasing -mabi=aapcs-linux -mfpu=vfp -marm -D__LINUX_ARM_ARCH__=7 -march=armv7-a -msoft-float -Uarm -O2 -pg -fstack-protector-strong"
    .split(" ");

/** Sources that export something, spread over the folders. */
function exportingSources(source: string, count: number): string[] {
  const all = FOLDERS.flatMap((folder) =>
    [...Deno.readDirSync(`${source}/${folder}`)].map(({ name }) => name).filter((name) =>
      name.endsWith(".c") && !IN_ASSEMBLY.test(name)
    ).sort()
      .map((name) => `${folder}/${name}`)
  ).filter((path) => EXPORT.test(Deno.readTextFileSync(`${source}/${path}`)));
  const step = Math.max(1, all.length / count);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => all[Math.floor(i * step)]);
}

function headerFlags(source: string, headers: string): string[] {
  const folders = ["arch/arm/include", "include", "arch/arm/include/uapi", "include/uapi"].flatMap((folder) => [
    `${source}/${folder}`,
    `${headers}/${
      folder.replace("arch/arm/include", "arch/arm/include/generated").replace(/^include\/uapi/, "include/generated/uapi")
    }`,
  ]);
  const included = ["compiler-version.h", "kconfig.h", "compiler_types.h"].map((name) => `${source}/include/linux/${name}`);
  return [...folders.flatMap((folder) => ["-I", folder]), ...included.flatMap((file) => ["-include", file])];
}

/** A source that was preprocessed. */
export interface Preprocessed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Preprocesses sources. One that the configuration leaves out, and that therefore does not preprocess or exports nothing, is passed over.
 *
 * @param compiler the cross compiler
 * @param count how many are tried
 */
export async function* preprocessed(
  { compiler, source, headers, count }: { compiler: string; source: string; headers: string; count: number },
): AsyncGenerator<Preprocessed> {
  const flags = [...FLAGS, ...headerFlags(source, headers)];
  for (const path of exportingSources(source, count)) {
    const name = basename(path, ".c").replaceAll("-", "_");
    const own = [
      `-I${source}/${dirname(path)}`,
      `-DKBUILD_MODFILE="${path.replace(/\.c$/, "")}"`,
      `-DKBUILD_BASENAME="${name}"`,
      `-DKBUILD_MODNAME="${name}"`,
      `-D__KBUILD_MODNAME=kmod_${name}`,
    ];
    const { success, stdout } = await new Deno.Command(compiler, {
      args: [...flags, ...own, path],
      cwd: source,
      stdin: "null",
      stderr: "null",
    }).output();
    if (success) yield { name: path, bytes: stdout };
  }
}
