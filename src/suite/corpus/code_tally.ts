// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the modules' own code came to, counted by module: a module is as good as the worst of its loads.
 *
 * @module
 */

import type { CodeVerdict } from "./code.ts";
import type { KnownDifference } from "./known_differences.ts";
import type { StepVerdict } from "./replay.ts";

/** From the best to the worst. */
function rank(verdict: CodeVerdict): number {
  if (verdict.kind === "ran") return verdict.difference === "" ? 0 : 3;
  return verdict.kind === "behind" ? 1 : 2;
}

/** What stopped a run, without the place of the call. */
function reasonOf(by: string): string {
  return by.replace(/ called from .*$/, "").replace(/0x[0-9a-f]+|\b[0-9a-f]{8}\b/g, "N");
}

/** Modules by what they have in common, the most first. */
function rows(groups: ReadonlyMap<string, readonly string[]>): string {
  const sorted = [...groups].sort(([a, of], [b, others]) => others.length - of.length || (a < b ? -1 : 1));
  return sorted.map(([name, modules]) => `  ${name}: ${modules.length} modules, ${modules.slice(0, 3).join(", ")}\n`).join("");
}

export class CodeTally {
  readonly #verdicts = new Map<string, CodeVerdict>();

  /** @param known differences of code that are understood */
  constructor(readonly known: readonly KnownDifference[] = []) {}

  add(verdicts: readonly StepVerdict[]): void {
    for (const { module, code } of verdicts) {
      if (code === undefined) continue;
      const known = this.#verdicts.get(module);
      if (known === undefined || rank(code) > rank(known)) this.#verdicts.set(module, code);
    }
  }

  /** Modules whose init ran to its return without a difference. */
  get agreeing(): string[] {
    return this.#modules((verdict) => rank(verdict) === 0);
  }

  /** Modules whose init ran to its return, and did something else than on the real kernel. */
  get differing(): string[] {
    return this.#modules((verdict) => rank(verdict) === 3);
  }

  /** Those of them that are on no list. */
  get unknown(): string[] {
    return this.differing.filter((module) => !this.known.some((each) => each.module === module));
  }

  /** Known differences of modules that ran and agree by now. */
  get gone(): KnownDifference[] {
    return this.known.filter(({ module }) => this.agreeing.includes(module));
  }

  /** The whole account. */
  text(): string {
    const stopped = new Map<string, string[]>();
    const behind = new Map<string, string[]>();
    let differences = "";
    const put = (groups: Map<string, string[]>, name: string, module: string) =>
      void groups.set(name, [...groups.get(name) ?? [], module]);
    for (const [module, verdict] of this.#verdicts) {
      if (verdict.kind === "stopped") put(stopped, reasonOf(verdict.by), module);
      else if (verdict.kind === "behind") put(behind, verdict.module, module);
      else if (verdict.difference !== "") {
        const reason = this.known.find((each) => each.module === module)?.reason;
        differences += `  ${module}: ${verdict.difference}${reason === undefined ? "" : `; known: ${reason}`}\n`;
      }
    }
    const count = (groups: ReadonlyMap<string, readonly string[]>) => [...groups.values()].flat().length;
    return `Not modelled: ${count(stopped)} modules\n${rows(stopped)}` +
      `Not run, as a module that they use is not as it should be: ${count(behind)} modules\n${rows(behind)}` +
      `Different: ${this.differing.length} modules\n${differences}` +
      `Init ran to its return: ${this.agreeing.length + this.differing.length} of ${this.#verdicts.size} modules; ` +
      `${this.agreeing.length} agree in what it returned and printed\n`;
  }

  #modules(like: (verdict: CodeVerdict) => boolean): string[] {
    return [...this.#verdicts].filter(([, verdict]) => like(verdict)).map(([module]) => module);
  }
}
