// SPDX-License-Identifier: GPL-2.0-only
/**
 * Differences of a whole corpus, counted: by module, and by their first cause.
 *
 * @module
 */

import { type Aspect, carriesOn, type StepDifference } from "./compare.ts";
import type { KnownDifference } from "./known_differences.ts";
import type { StepVerdict } from "./replay.ts";

/** Differences with one cause. */
export interface Cause {
  /** The aspect, and what in it. */
  readonly name: string;
  /** Steps in which this came first. */
  steps: number;
  /** Modules of those steps. */
  readonly modules: Set<string>;
  /** Later steps that met what it left behind. */
  following: number;
  /** The first of them: where, recorded and replayed. */
  readonly example: string;
}

/** Aspects in which a load, and not its bytes, agrees. */
const OF_THE_LOAD: ReadonlySet<Aspect> = new Set(["errno", "log", "sections", "layout", "modules", "taint"]);

/** What the replays came to, one guest after the other. */
export class Tally {
  steps = 0;
  /** Steps that differ in anything. */
  differing = 0;
  /** Loads and removals in which references were taken from the recording. */
  references = 0;
  /** Those of the known differences that were met. */
  readonly known = new Set<KnownDifference>();
  readonly #loaded = new Set<string>();
  readonly #differing = new Set<string>();
  readonly #withBytes = new Set<string>();
  readonly #differingBytes = new Set<string>();
  readonly #causes = new Map<string, Cause>();

  constructor(readonly knownDifferences: readonly KnownDifference[] = []) {}

  /** Modules that were loaded, and those of them in which every load agrees in errno, log, layout and /proc/modules. */
  get loads(): { all: number; agreeing: number } {
    return { all: this.#loaded.size, agreeing: this.#loaded.size - this.#differing.size };
  }

  /** Modules that came to init, and those of them whose bytes agree each time. */
  get bytes(): { all: number; agreeing: number } {
    return { all: this.#withBytes.size, agreeing: this.#withBytes.size - this.#differingBytes.size };
  }

  /** The cause with the most steps first. */
  get causes(): Cause[] {
    return [...this.#causes.values()].sort((a, b) => b.steps + b.following - a.steps - a.following);
  }

  /** Counts one guest. */
  add(guest: number, verdicts: readonly StepVerdict[]): void {
    let carried: Cause | undefined;
    for (const [step, verdict] of verdicts.entries()) {
      this.#count(verdict);
      const [first] = this.#unknown(verdict);
      if (first === undefined) continue;
      this.differing++;
      if (carried !== undefined && carriesOn(first)) {
        carried.following++;
        continue;
      }
      const cause = this.#cause(
        `${first.aspect}: ${first.where}`,
        () => `guest ${guest}, step ${step}, ${verdict.op} ${verdict.module}: ${first.detail}`,
      );
      cause.steps++;
      cause.modules.add(verdict.module);
      if (this.#unknown(verdict).some(carriesOn)) carried = cause;
    }
  }

  /** The differences of a step that are on no list. */
  #unknown({ module, differences }: StepVerdict): StepDifference[] {
    return differences.filter(({ aspect, where }) => {
      const known = this.knownDifferences.find((each) => each.module === module && each.difference === `${aspect}: ${where}`);
      if (known !== undefined) this.known.add(known);
      return known === undefined;
    });
  }

  #count({ op, module, cameToInit, references, differences }: StepVerdict): void {
    this.steps++;
    if (references > 0) this.references++;
    if (op === "insmod") {
      this.#loaded.add(module);
      if (cameToInit) this.#withBytes.add(module);
      if (differences.some(({ aspect }) => aspect === "bytes")) this.#differingBytes.add(module);
    }
    if (differences.some(({ aspect }) => OF_THE_LOAD.has(aspect))) this.#differing.add(module);
  }

  #cause(name: string, example: () => string): Cause {
    const known = this.#causes.get(name);
    if (known !== undefined) return known;
    const cause = { name, steps: 0, modules: new Set<string>(), following: 0, example: example() };
    this.#causes.set(name, cause);
    return cause;
  }
}

/** The table of causes, one line and one example each; "" where everything agrees. */
export function causesText(causes: readonly Cause[]): string {
  if (causes.length === 0) return "";
  const rows = causes.map(({ name, steps, modules, following, example }) => {
    const after = following === 0 ? "" : `, and ${following} steps after it`;
    return `  ${name}: ${steps} steps of ${modules.size} modules${after}\n      ${example}\n`;
  });
  return `Differences by their first cause:\n${rows.join("")}`;
}
