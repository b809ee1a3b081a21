// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a corpus of modules says about itself: which module needs which others before it.
 *
 * Models: modprobe(8), which reads `depends`, `softdep` and `alias` of .modinfo by way of depmod's files.
 *
 * @module
 */

import { ElfError, readImage } from "../../elf/image.ts";
import { InputError } from "../input_error.ts";

/** One module of a corpus. */
export interface CorpusModule {
  /** The kernel's name for it. */
  readonly name: string;
  /** Path of its file. */
  readonly file: string;
  /** Modules whose symbols it uses, as kbuild found them. */
  readonly depends: readonly string[];
  /** Names or aliases of modules that it wants loaded first, `softdep=pre:`. */
  readonly before: readonly string[];
  readonly aliases: readonly string[];
}

/** kmod's names of modules have underscores only. */
export function underscores(name: string): string {
  return name.replaceAll("-", "_");
}

/**
 * Reads .modinfo of one module.
 *
 * @throws {InputError} where the file is no ELF file
 */
export function readCorpusModule(file: string, bytes: Uint8Array): CorpusModule {
  let section;
  try {
    section = readImage(bytes).section(".modinfo");
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new InputError(`Cannot read module "${file}": ${error.message}`);
  }
  const entries = new TextDecoder("latin1").decode(section?.data ?? new Uint8Array()).split("\0");
  const values = (tag: string) =>
    entries.filter((each) => each.startsWith(`${tag}=`)).map((each) => each.slice(tag.length + 1));
  const words = (text: string, separator: RegExp) => text.split(separator).filter((word) => word !== "").map(underscores);
  const [name = file.slice(file.lastIndexOf("/") + 1).replace(/\..*/, "")] = values("name");
  return {
    name: underscores(name),
    file,
    depends: values("depends").flatMap((value) => words(value, /,/)),
    before: values("softdep").flatMap((value) => words(/\bpre:((?:\s+[^\s:]+(?!\S*:))*)/.exec(value)?.[1] ?? "", /\s+/)),
    aliases: values("alias").map(underscores),
  };
}

/** The modules of a corpus, each with all that has to be loaded before it. */
export class Dependencies {
  readonly modules: ReadonlyMap<string, CorpusModule>;
  readonly #byAlias = new Map<string, string[]>();
  readonly #closures = new Map<string, ReadonlySet<string>>();
  readonly #rank: ReadonlyMap<string, number>;

  constructor(modules: readonly CorpusModule[]) {
    this.modules = new Map(modules.map((module) => [module.name, module]));
    for (const { name, aliases } of modules) {
      for (const alias of aliases) this.#byAlias.set(alias, [...this.#byAlias.get(alias) ?? [], name]);
    }
    this.#rank = this.#ranks();
  }

  /** What has to be there before a module, itself left out. */
  needs(name: string): ReadonlySet<string> {
    const known = this.#closures.get(name);
    if (known !== undefined) return known;
    const closure = new Set<string>();
    this.#closures.set(name, closure);
    const module = this.modules.get(name);
    if (module === undefined) return closure;
    for (const direct of [...module.depends, ...module.before].flatMap((each) => this.#resolve(each))) {
      if (direct === name) continue;
      for (const each of this.needs(direct)) closure.add(each);
      closure.add(direct);
    }
    closure.delete(name);
    return closure;
  }

  /**
   * The modules to load for one, itself last: those that most others need come first, so that many paths begin alike. A path goes from
   * the needed to the needing.
   */
  path(name: string): string[] {
    const rank = (each: string) => this.#rank.get(each) ?? 0;
    return [...this.needs(name)].sort((a, b) => rank(a) - rank(b)).concat(name);
  }

  /** The modules that no other needs: who loads their paths has loaded all. */
  leaves(): string[] {
    const needed = new Set([...this.modules.keys()].flatMap((name) => [...this.needs(name)]));
    return [...this.modules.keys()].filter((name) => !needed.has(name));
  }

  #resolve(name: string): readonly string[] {
    return this.modules.has(name) ? [name] : this.#byAlias.get(name) ?? [];
  }

  /** A module's place in every path: by how many need it, then by how much it needs. */
  #ranks(): Map<string, number> {
    const users = new Map<string, number>();
    for (const name of this.modules.keys()) {
      for (const each of this.needs(name)) users.set(each, (users.get(each) ?? 0) + 1);
    }
    const order = [...this.modules.keys()].sort((a, b) =>
      (users.get(b) ?? 0) - (users.get(a) ?? 0) || this.needs(a).size - this.needs(b).size || (a < b ? -1 : 1)
    );
    return new Map(order.map((name, rank) => [name, rank]));
  }
}
