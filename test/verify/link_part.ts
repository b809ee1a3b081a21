// SPDX-License-Identifier: GPL-2.0-only
/**
 * Modules linked by the model against the same linked by GNU ld, as the loader sees them: the object of a finished module, the compiled
 * `.mod.c` that the model of modpost writes for it, and module-common.c.
 *
 * @module
 */

import type { KernelProfile } from "../../src/kernel/profile.ts";
import { linkModule } from "../../src/kbuild/link.ts";
import { modpost } from "../../src/kbuild/modpost.ts";
import { parseFullSymvers } from "../../src/kbuild/symvers.ts";
import { type Loaded, loaded } from "./loaded.ts";
import type { Figure, ModuleBytes } from "./modpost_part.ts";
import { objectOfModule } from "./object_of_module.ts";
import { commonHeaders } from "./working_headers.ts";

const CROSS = "arm-linux-gnueabihf-";

/** Flags that decide what struct module and the sections of a `.mod.o` look like; the code of these files is none. */
const FLAGS =
  "-nostdinc -D__KERNEL__ -DMODULE -D__LINUX_ARM_ARCH__=7 -std=gnu11 -fshort-wchar -fno-common -fno-PIE -fno-strict-aliasing -mabi=aapcs-linux -marm -march=armv7-a -mfpu=vfp -msoft-float -Uarm -O2 -w"
    .split(" ");

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  if (!success) {
    throw new Error(`${command}: ${new TextDecoder().decode(stderr).split("\n").find((line) => line.includes("error"))}`);
  }
}

/** The folders of a headers package: its own and the common one, which its Makefile includes. */
function headerFlags(headers: string): string[] {
  const common = commonHeaders(headers) ?? headers;
  const folders = [
    `${common}/arch/arm/include`,
    `${headers}/arch/arm/include/generated`,
    `${common}/include`,
    `${headers}/include`,
  ];
  const uapi = [
    `${common}/arch/arm/include/uapi`,
    `${headers}/arch/arm/include/generated/uapi`,
    `${common}/include/uapi`,
    `${headers}/include/generated/uapi`,
  ];
  const included = ["compiler-version.h", "kconfig.h", "compiler_types.h"].map((name) => `${common}/include/linux/${name}`);
  return [...[...folders, ...uapi].flatMap((folder) => ["-I", folder]), ...included.flatMap((file) => ["-include", file])];
}

async function compile(source: string, object: string, name: string, flags: readonly string[]): Promise<void> {
  const defines = [`-DKBUILD_BASENAME="${name}"`, `-DKBUILD_MODNAME="${name}"`, `-D__KBUILD_MODNAME=kmod_${name}`];
  await run(`${CROSS}gcc`, [...FLAGS, ...flags, ...defines, "-c", "-o", object, source]);
}

/**
 * Links each module both ways and loads both.
 *
 * @param modules finished modules that need no other
 */
export async function linkFigure(
  { headers, modules, symvers, profile }: {
    headers: string;
    modules: readonly ModuleBytes[];
    symvers: string;
    profile: KernelProfile;
  },
): Promise<Figure> {
  const flags = headerFlags(headers);
  const folder = await Deno.makeTempDir({ prefix: "insmodel-link-" });
  const different: string[] = [];
  try {
    const common = `${folder}/module-common.o`;
    await compile(`${headers}/scripts/module-common.c`, common, "module_common", flags);
    for (const { name, bytes } of modules) {
      const { object, command } = objectOfModule(bytes, `${name}.o`);
      const files = new Map([[`${name}.mod`, `${name}.o\n`], [`.${name}.o.cmd`, command], [`${name}.c`, ""]]);
      const { sources } = modpost({
        objects: [{ path: `${name}.o`, bytes: object }],
        dumps: [parseFullSymvers(symvers)],
        read: (path) => files.get(path),
        options: { modversions: true },
      });
      const [a, c, mod] = [".o", ".mod.c", ".mod.o"].map((suffix) => `${folder}/${name}${suffix}`);
      await Deno.writeFile(a, object);
      await Deno.writeTextFile(c, sources.get(`${name}.mod.c`) ?? "");
      await compile(c, mod, name.replaceAll("-", "_"), flags);
      const script = ["-T", `${headers}/arch/arm/module.lds`, "--build-id=sha1", "-o", `${folder}/ld.ko`];
      await run(`${CROSS}ld`, ["-r", "-EL", "-z", "noexecstack", "--no-warn-rwx-segments", ...script, a, mod, common]);
      const inputs = [a, mod, common].map((path) => ({ path, bytes: Deno.readFileSync(path) }));
      const ours = await loaded(profile, [linkModule(inputs)]);
      const theirs = await loaded(profile, [await Deno.readFile(`${folder}/ld.ko`)]);
      if (ours.rc !== 0 || JSON.stringify(ours) !== JSON.stringify(theirs)) {
        different.push(`${name}: ${differences(ours, theirs)}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return { what: "sections, relocated bytes, exports and symbols of linked modules", compared: modules.length, different };
}

/** What differs, in short. */
function differences(ours: Loaded, theirs: Loaded): string {
  const names = new Set([...Object.keys(ours.sections), ...Object.keys(theirs.sections)]);
  const surplus = (a: readonly string[], b: readonly string[]) => a.filter((each) => !b.includes(each));
  const parts = {
    returns: ours.rc === theirs.rc ? [] : [ours.rc, theirs.rc],
    log: surplus([...ours.log, ...theirs.log], ours.log.filter((line) => theirs.log.includes(line))),
    sections: [...names].filter((name) => ours.sections[name] !== theirs.sections[name]),
    "symbols only here": surplus(ours.symbols, theirs.symbols).slice(0, 3),
    "symbols only there": surplus(theirs.symbols, ours.symbols).slice(0, 3),
    exports: surplus(ours.exports, theirs.exports).slice(0, 3),
  };
  const told = Object.entries(parts).filter(([, found]) => found.length > 0).map(([what, found]) =>
    `${what}: ${found.join(", ")}`
  );
  return told.length > 0 ? told.join("; ") : "another order";
}
