// SPDX-License-Identifier: GPL-2.0-only
/** The architecture, held: floors import downwards only, and the model itself uses no API of Deno or Node. */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join, relative } from "@std/path";

const ROOT = fromFileUrl(new URL("../", import.meta.url));
const SRC = join(ROOT, "src");

/** From the first floor to the last; a file imports from its own and from those before it. */
const FLOORS = [
  "elf",
  "kernel",
  "arch_arm",
  "module",
  "cpu",
  "services",
  "kbuild",
  "profile",
  "suite",
  "oracle",
  "report",
  "cli",
];
/** Floors that run anywhere. */
const PORTABLE = FLOORS.slice(0, FLOORS.indexOf("profile"));

function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory ? sources(path) : entry.name.endsWith(".ts") ? [path] : [];
  });
}

const files = sources(SRC).map((path) => {
  const text = Deno.readTextFileSync(path);
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*/g, "");
  const imports = [...code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier);
  const [floor] = relative(SRC, path).split("/");
  return { path: relative(ROOT, path), folder: join(path, ".."), floor, text, code, imports };
});

function floorOf(folder: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? relative(SRC, join(folder, specifier)).split("/")[0] : undefined;
}

Deno.test("no file imports from a floor below its own", () => {
  const upwards = files.flatMap(({ path, folder, floor, imports }) =>
    imports.filter((specifier) => {
      const target = floorOf(folder, specifier);
      return target !== undefined && FLOORS.indexOf(target) > FLOORS.indexOf(floor);
    }).map((specifier) => `${path} imports ${specifier}`)
  );
  assertEquals(upwards, []);
});

Deno.test("the first floors use neither Deno nor Node", () => {
  const tied = files.filter(({ floor, code, imports }) =>
    PORTABLE.includes(floor) && (/\bDeno\./.test(code) || imports.some((specifier) => specifier.startsWith("node:")))
  );
  assertEquals(tied.map(({ path }) => path), []);
});

Deno.test("every file says what it is under, and what it is for", () => {
  const lacking = files.filter(({ text, path }) =>
    !text.startsWith("// SPDX-License-Identifier: GPL-2.0-only\n") || (!path.endsWith(".d.ts") && !text.includes("@module"))
  );
  assertEquals(lacking.map(({ path }) => path), []);
});

Deno.test("files stay of a size that is read at one sitting, or say why not", () => {
  const long = files.filter(({ text }) => text.split("\n").length > 400 && !/over 400 lines because/.test(text));
  assertEquals(long.map(({ path }) => path), []);
});
