// SPDX-License-Identifier: GPL-2.0-only
/**
 * How a corpus is loaded: each module once at least, after all that it needs, and what many need as seldom as may be.
 *
 * The modules to load for each module are a path. Paths that begin alike stand side by side, and from one to the next only what they do
 * not share is removed and loaded.
 *
 * @module
 */

import type { Dependencies } from "./dependencies.ts";

/** One call: which module is loaded or removed. */
export interface Call {
  readonly op: "insmod" | "rmmod";
  readonly module: string;
}

/** Module names, the needed before the needing. */
export type Path = readonly string[];

function comparePaths(a: Path, b: Path): number {
  const at = a.findIndex((name, i) => name !== b[i]);
  if (at < 0) return a.length - b.length;
  return at >= b.length ? 1 : a[at] < b[at] ? -1 : 1;
}

/** The paths of all modules that no other needs, those with much in common side by side. */
export function corpusPathsToLoad(dependencies: Dependencies): Path[] {
  return dependencies.leaves().map((name) => dependencies.path(name)).sort(comparePaths);
}

/**
 * The calls that walk some paths in their order.
 *
 * @param without modules that are left out: what needs them is loaded all the same, and refused
 * @returns the calls of each path
 */
export function walk(paths: readonly Path[], without: ReadonlySet<string>): Call[][] {
  let loaded: string[] = [];
  return paths.map((path) => {
    const wanted = path.filter((name) => !without.has(name));
    let shared = 0;
    while (shared < loaded.length && loaded[shared] === wanted[shared]) shared++;
    const calls: Call[] = [
      ...loaded.slice(shared).reverse().map((module) => ({ op: "rmmod" as const, module })),
      ...wanted.slice(shared).map((module) => ({ op: "insmod" as const, module })),
    ];
    loaded = wanted;
    return calls;
  });
}

/** Cuts paths into runs of at most `limit` calls, or of one path that alone takes more. */
export function intoRuns(paths: readonly Path[], limit: number): Path[][] {
  const runs: Path[][] = [];
  for (let rest = paths; rest.length > 0; rest = rest.slice(runs.at(-1)!.length)) {
    let calls = 0;
    const fitting = walk(rest, new Set()).findIndex((of) => (calls += of.length) > limit);
    runs.push(rest.slice(0, fitting < 0 ? rest.length : Math.max(1, fitting)));
  }
  return runs;
}

/**
 * One path through the largest modules that together no longer fit into the module area, so that the last of them land in vmalloc
 * space, from where calls into the kernel go through the PLT.
 *
 * @param sizes bytes of each module's file
 * @param bytes how much is to be loaded
 * @param without modules that are left out, with what needs them
 */
export function crowd(
  dependencies: Dependencies,
  sizes: ReadonlyMap<string, number>,
  bytes: number,
  without: ReadonlySet<string>,
): Path {
  const largest = [...dependencies.modules.keys()].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
  const path = new Set<string>();
  let sum = 0;
  for (const name of largest) {
    if (sum >= bytes) break;
    const wanted = dependencies.path(name);
    if (wanted.some((each) => without.has(each))) continue;
    for (const each of wanted) {
      if (!path.has(each)) sum += sizes.get(each) ?? 0;
      path.add(each);
    }
  }
  return [...path];
}
