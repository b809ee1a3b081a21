// SPDX-License-Identifier: GPL-2.0-only
/**
 * The engine's answer to a recorded guest, held to the recording step by step.
 *
 * The loader is the engine's; what the modules' own code does is not, and is taken from the recording: what init returned, the
 * references that code holds on modules beyond those of their users (`try_module_get()` and its kin, as /proc/modules shows them), and
 * taints that the loader has no reason to set. So is where areas in vmalloc space lie, which depends on all that the kernel holds there.
 *
 * @module
 */

import type { AddressRange } from "../../kernel/execmem.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { KernelModule } from "../../kernel/module.ts";
import type { KernelProfile } from "../../kernel/profile.ts";
import { TAINT } from "../../kernel/taint.ts";
import { MODULE_REF_BASE } from "../../module/references.ts";
import { InputError } from "../input_error.ts";
import { ModelTarget } from "../model_target.ts";
import { asModule, type ReadModule, readModule } from "../module_files.ts";
import type { ModuleEntry, StepResult } from "../outcome.ts";
import type { Step } from "../scenario.ts";
import { type CodeVerdict, isAsRecorded, judgeCode, RunModules } from "./code.ts";
import { compareStep, type StepDifference } from "./compare.ts";
import type { CorpusFile, CorpusGuest } from "./recording.ts";
import { type CorpusStep, corpusStep, maskImages } from "./step.ts";

/** All taints but those that the loader itself sets. */
const TAINTS_OF_CODE = ~[
  TAINT.PROPRIETARY_MODULE,
  TAINT.FORCED_MODULE,
  TAINT.FORCED_RMMOD,
  TAINT.CRAP,
  TAINT.OOT_MODULE,
  TAINT.UNSIGNED_MODULE,
  TAINT.LIVEPATCH,
  TAINT.TEST,
].reduce((mask: number, bit) => mask | 1 << bit, 0);

/** A module file on this machine, with what the recording says of it. */
export interface CorpusPath extends CorpusFile {
  readonly path: string;
}

/** How one step of a guest came out. */
export interface StepVerdict {
  readonly op: "insmod" | "rmmod";
  readonly module: string;
  /** Whether its bytes were there to compare. */
  readonly cameToInit: boolean;
  /** References of running code that were taken from the recording. */
  readonly references: number;
  readonly differences: readonly StepDifference[];
  /** What the module's own code came to, where it was to be run. */
  readonly code?: CodeVerdict;
}

/** Replays guests with the modules of one folder. */
export class Replayer {
  readonly #files: ReadonlyMap<string, CorpusPath>;
  readonly #checked = new Set<string>();

  /** @param runsCode runs the modules' own code, and judges what it did */
  constructor(readonly profile: KernelProfile, files: readonly CorpusPath[], readonly runsCode = false) {
    this.#files = new Map(files.map((file) => [file.module, file]));
  }

  /**
   * Replays the steps of one guest.
   *
   * @throws {InputError} where a module's file is not the one that was recorded
   */
  async replay(guest: CorpusGuest): Promise<StepVerdict[]> {
    const modules = new RunModules();
    let behind: string | undefined;
    const runsInit = (mod: KernelModule) => {
      behind = modules.unlikeBelow(mod)?.name;
      return behind === undefined;
    };
    const target = new ModelTarget(this.profile, {
      regions: true,
      running: "never",
      read: (module) => this.#read(module),
      ...(this.runsCode ? { runsInit } : {}),
    });
    const verdicts: StepVerdict[] = [];
    for await (const result of target.run({ cmdline: "", steps: guest.map(stepOf) })) {
      const recorded = guest[verdicts.length];
      const verdict = this.#verdict(recorded, result, target.kernel, behind);
      verdicts.push(verdict);
      behind = undefined;
      const loaded = target.kernel?.findModule(recorded.module, true);
      if (loaded !== undefined && verdict.code !== undefined && !isAsRecorded(verdict.code)) modules.note(loaded);
      const next = guest.at(verdicts.length);
      if (target.kernel === undefined || next === undefined) continue;
      target.kernel.execmem.foresee(vmallocAreas(next, this.profile.vmalloc.start));
      if (next.op === "rmmod" && next.end === "0") dropReferences(target.kernel, next.module);
    }
    return verdicts;
  }

  #verdict(recorded: CorpusStep, result: StepResult, kernel: Kernel | undefined, behind: string | undefined): StepVerdict {
    const images = maskImages(result, this.profile);
    const references = kernel === undefined ? 0 : takeReferences(kernel, recorded.modules, result.outcome.modules);
    if (kernel !== undefined) result.outcome.taint = kernel.taint |= recorded.taint & TAINTS_OF_CODE;
    const replayed = corpusStep(result, images, false);
    const code = this.runsCode ? judgeCode(recorded, replayed, result.outcome, behind) : undefined;
    const comparison = { images, vmallocStart: this.profile.vmalloc.start };
    return {
      op: recorded.op,
      module: recorded.module,
      cameToInit: recorded.regions.length > 0,
      references,
      differences: compareStep(recorded, replayed, comparison),
      ...(code === undefined ? {} : { code }),
    };
  }

  async #read(module: string): Promise<ReadModule> {
    const file = this.#files.get(module);
    if (file === undefined) throw new InputError(`Cannot replay the corpus: it has no file of module ${module}`);
    const { plain } = await readModule(file.path);
    if (!this.#checked.has(module)) {
      const { nodeHost } = await import("../node_host.ts");
      const hash = nodeHost.sha256(plain).toHex().slice(0, 16);
      if (hash !== file.hash) {
        throw new InputError(`Cannot replay module "${file.path}": it is not the file that was recorded (SHA-256 ${hash}...)`);
      }
      this.#checked.add(module);
    }
    // As it was recorded: unpacked, by finit_module(2).
    return await asModule(plain);
  }
}

function stepOf({ op, module, init, end, regions }: CorpusStep): Step {
  if (op === "rmmod") return { rmmod: module };
  const returned = init ?? (regions.length > 0 && /^-\d+$/.test(end) ? Number(end) : 0);
  return { insmod: module, params: "", init: returned };
}

/** The areas of a load that lie in vmalloc space. */
function vmallocAreas({ regions }: CorpusStep, vmallocStart: number): AddressRange[] {
  return regions.filter(({ base }) => base >= vmallocStart).map(({ base, size }) => ({ start: base, end: base + size }));
}

/**
 * Gives the replayed modules the references that the real ones have beyond what the loader counts; never less than their users.
 *
 * @returns how many modules it concerned
 */
function takeReferences(kernel: Kernel, recorded: readonly ModuleEntry[], replayed: readonly ModuleEntry[]): number {
  let taken = 0;
  for (const { name, refcount, usedBy, state } of recorded) {
    const entry = replayed.find((each) => each.name === name);
    const mod = kernel.findModule(name, true);
    const users = usedBy.filter((user) => user !== "[permanent]").length;
    if (entry === undefined || mod === undefined || state !== "Live") continue;
    if (refcount === null || entry.refcount === null || refcount < users) continue;
    if (entry.state !== "Live" || entry.refcount === refcount) continue;
    mod.refcnt += refcount - entry.refcount;
    entry.refcount = refcount;
    taken++;
  }
  return taken;
}

/** A module that the real kernel removed is held by nothing but its users: what its code held until then, a worker has given back. */
function dropReferences(kernel: Kernel, name: string): void {
  const mod = kernel.findModule(name, true);
  if (mod !== undefined) mod.refcnt = Math.min(mod.refcnt, MODULE_REF_BASE + mod.users.length);
}
