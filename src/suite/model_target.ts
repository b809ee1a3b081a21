// SPDX-License-Identifier: GPL-2.0-only
/**
 * The model as a target: replays a scenario on a modelled kernel.
 *
 * @module
 */

import { hex32, s32 } from "../elf/word.ts";
import { errnoName } from "../kernel/errno.ts";
import { KernelFault, NotModelled, UnknownFact } from "../kernel/fault.ts";
import { type Host, noSignatures } from "../kernel/host.ts";
import { Kernel } from "../kernel/kernel.ts";
import { type KernelModule, MOD_MEM_NAMES, type PlacedSection } from "../kernel/module.ts";
import type { Phase } from "../kernel/log.ts";
import type { MappedArea } from "../kernel/memory.ts";
import type { ModuleFile } from "../kernel/module_file.ts";
import type { KernelProfile } from "../kernel/profile.ts";
import { procModules } from "../module/procfs.ts";
import { hasSignatureMarker } from "../module/signature.ts";
import { finitModule, initModule } from "../module/syscalls.ts";
import { deleteModule } from "../module/unload.ts";
import type { CodeRunner } from "../services/run_code.ts";
import type { Trace } from "../services/trace.ts";
import { InputError } from "./input_error.ts";
import { nodeHostLazily } from "./lazy_host.ts";
import { moduleNameOf, type ReadModule, readModule } from "./module_files.ts";
import type { RegionEntry, RegionImage, SectionEntry, StepOutcome, StepResult } from "./outcome.ts";
import { INSMOD_FLAGS, type InsmodStep, RMMOD_FLAGS, type RmmodStep, type Scenario } from "./scenario.ts";
import type { Stacks, Target } from "./target.ts";

/** What the model adds to the outcome of a load. */
interface Watched {
  sections: readonly PlacedSection[] | undefined;
  images: RegionImage[];
  /** Regions of which only the places are known. */
  regions: RegionEntry[];
  atInit: boolean;
  /** struct module's name, which stands from when the module is in memory of its own. */
  name: string | undefined;
}

/** Whose code runs: that of steps that do not say what init returns, everyone's as on the real kernel, or nobody's. */
type Running = "as told" | "always" | "never";

/** The code of the modules of one kernel: which is run, and where a run came to what is not modelled. */
interface ModuleCode {
  /** Undefined where no step asks for it: whoever runs no code does not load the CPU. */
  readonly runner: Pick<CodeRunner, "call"> | undefined;
  readonly running: Running;
  readonly runsInit: ModelOptions["runsInit"];
  /** Modules whose init function has run to its end. */
  readonly ran: WeakSet<KernelModule>;
  /** What the code of this step was stopped by. */
  stoppedBy: string | undefined;
}

/** How much of a load is kept. */
export interface ModelOptions {
  /** Copies each region just before init, for hashes and images. */
  readonly regions?: boolean;
  /** Reads and builds module files; replaced where files come from elsewhere. */
  readonly read?: (path: string) => Promise<ReadModule>;
  /**
   * Whose code runs, "as told" unless given. With "always", that of steps that say what init returns runs, too, as on the real kernel; a
   * scenario whose code comes to what is not modelled is then replayed with "never", from the start: there init returns what its step says,
   * or 0.
   */
  readonly running?: Running;
  /**
   * Whether a module's init function runs, though its step says what it returns. Where its code comes to what is not modelled, it has done
   * nothing more and returned what the step says.
   */
  readonly runsInit?: (mod: KernelModule) => boolean;
  /** Is told what the modules' code does. */
  readonly trace?: Trace;
  /** Hashes and verifies signatures. */
  readonly host?: () => Promise<Host>;
}

/** A target that replays scenarios on the kernel of a profile. */
export class ModelTarget implements Target {
  readonly name = "model";
  readonly stacks: Stacks;
  readonly givesImages: boolean;
  #kernel: Kernel | undefined;

  constructor(readonly profile: KernelProfile, readonly options: ModelOptions = {}) {
    this.givesImages = options.regions ?? false;
    this.stacks = profile.report === undefined ? "none" : "modules";
  }

  /** The kernel of the last run, as its last step left it. */
  get kernel(): Kernel | undefined {
    return this.#kernel;
  }

  async *run(scenario: Scenario): AsyncGenerator<StepResult> {
    const { running = "as told" } = this.options;
    if (running !== "always") return yield* this.#replay(scenario, running);
    const results: StepResult[] = [];
    for await (const result of this.#replay(scenario, "always")) {
      if (result.stoppedBy !== undefined) return yield* this.#replayWithoutCode(scenario, result);
      results.push(result);
    }
    yield* results;
  }

  /** A replay in which no code runs, after one in which code was stopped. */
  async *#replayWithoutCode(scenario: Scenario, { outcome: { step }, stoppedBy }: StepResult): AsyncGenerator<StepResult> {
    for await (const result of this.#replay(scenario, "never")) {
      yield result.outcome.step === step && stoppedBy !== undefined ? { ...result, stoppedBy } : result;
    }
  }

  async *#replay(scenario: Scenario, running: Running): AsyncGenerator<StepResult> {
    const { read = readModule, host = nodeHostLazily, runsInit } = this.options;
    const kernel = this.#kernel = new Kernel(this.profile, noSignatures, scenario.cmdline);
    checkServices(scenario, this.profile);
    const runner = runsInit || runsCode(scenario, running) ? await newRunner(kernel, scenario, this.options.trace) : undefined;
    const code: ModuleCode = { runner, running, runsInit, ran: new WeakSet(), stoppedBy: undefined };
    for (const [number, step] of scenario.steps.entries()) {
      let result: StepResult;
      if ("insmod" in step) {
        const module = await read(step.insmod);
        const hashes = this.options.regions ?? false;
        if (kernel.host === noSignatures && (hashes || [module.plain, module.file.bytes].some(hasSignatureMarker))) {
          kernel.host = await host();
        }
        result = insmodStep(kernel, number, step, module, hashes, code);
      } else {
        result = rmmodStep(kernel, number, step, code);
      }
      yield code.stoppedBy === undefined ? result : stoppedResult(result, code.stoppedBy);
      code.stoppedBy = undefined;
      if (result.outcome.crash !== undefined) return;
    }
  }
}

/** A step whose code was stopped: what follows takes it that the code did nothing more, and returned 0; exit does not run. */
function stoppedResult({ outcome, ...result }: StepResult, stoppedBy: string): StepResult {
  const { rc: _rc, errno: _errno, ...rest } = outcome;
  return { ...result, outcome: { ...rest, notModelled: stoppedBy }, ranCode: false, stoppedBy };
}

/** Whether the init function of a step's module runs. */
function initRuns(running: Running, { init }: InsmodStep): boolean {
  return running === "always" || (running === "as told" && typeof init !== "number");
}

function runsCode({ steps }: Scenario, running: Running): boolean {
  return steps.some((step) => "insmod" in step && initRuns(running, step));
}

/** @throws {InputError} for an answer in the name of a function that the kernel does not export */
function checkServices({ services = [] }: Scenario, { exports, release }: KernelProfile): void {
  const unknown = services.find(({ name }) => exports.find(name) === undefined);
  if (unknown === undefined) return;
  throw new InputError(`Cannot answer for ${unknown.name}: kernel ${release} exports nothing of that name`);
}

/** What stands for the runner on a kernel whose memory nobody has told of. */
const NOTHING_TO_RUN_ON: Pick<CodeRunner, "call"> = {
  call() {
    throw new UnknownFact("the memory that the module's code meets", "the booted kernel");
  },
};

async function newRunner(kernel: Kernel, { services = [] }: Scenario, trace: Trace | undefined): Promise<ModuleCode["runner"]> {
  if (kernel.profile.isLearnt) return NOTHING_TO_RUN_ON;
  const { CodeRunner } = await import("../services/run_code.ts");
  return new CodeRunner(kernel, new Map(services.map(({ name, returns }) => [name, returns])), trace);
}

/** Runs a function of a module. @returns what it returns; `otherwise` where it comes to what is not modelled */
function runCode(code: ModuleCode, address: number, phase: Phase, otherwise = 0): number {
  try {
    if (code.runner === undefined) throw new Error("Cannot run a module's code: no step asked for it");
    return code.runner.call(address, phase);
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    code.stoppedBy = error.what;
    return otherwise;
  }
}

/** Makes the system call, and makes of what cuts through it a value. */
function attempt(call: () => number): Pick<StepOutcome, "rc" | "errno" | "oops" | "crash" | "notModelled"> {
  try {
    const rc = call();
    return { rc, errno: rc === 0 ? 0 : errnoName(-rc) };
  } catch (error) {
    if (error instanceof NotModelled) return { notModelled: error.what };
    if (error instanceof KernelFault) return error.kind === "oops" ? { oops: error.line } : { crash: error.line };
    throw error;
  }
}

function insmodStep(
  kernel: Kernel,
  number: number,
  step: InsmodStep,
  module: ReadModule,
  regions: boolean,
  code: ModuleCode,
): StepResult {
  const unpacked = step.flags === undefined && step.raw_flags === undefined && module.compression !== undefined;
  if (unpacked && module.damaged) {
    throw new InputError(
      `Cannot unpack module "${step.insmod}", as insmod(8) does: its ${module.compression} data are damaged`,
    );
  }
  const watched: Watched = {
    sections: undefined,
    images: [],
    regions: [],
    atInit: false,
    name: undefined,
  };
  const caller = {
    privileged: !step.unprivileged,
    runInit: (mod: KernelModule) => {
      const said = typeof step.init === "number" ? s32(step.init) : 0;
      // What the code would meet in memory is not known of a kernel that was learnt from files.
      const isLeftOut = step.init === undefined && kernel.profile.isLearnt;
      if (isLeftOut || !initRuns(code.running, step) && !code.runsInit?.(mod)) return said;
      const returned = runCode(code, mod.init, "init", said);
      if (code.stoppedBy === undefined) code.ran.add(mod);
      return returned;
    },
    observer: {
      placed: (mod: KernelModule) => {
        watched.sections = mod.sections;
        watched.name = mod.name;
      },
      beforeInit: (mod: KernelModule) => {
        watched.atInit = true;
        if (!regions) return;
        if (kernel.profile.isLearnt) watched.regions = mod.mem.flatMap(({ area }, type) => regionPlace(area, type));
        else watched.images = regionImages(mod);
      },
    },
  };
  const end = attempt(() => {
    const params = step.params;
    if (step.syscall === "init_module" || (step.syscall === undefined && unpacked)) {
      if (module.file.kind !== "regular") {
        throw new NotModelled(`init_module() with what read() gives of a ${module.file.kind}`);
      }
      return initModule(kernel, unpacked ? module.plain : module.file.bytes, params, caller);
    }
    const flags = step.raw_flags ?? (step.flags ?? []).reduce((sum, flag) => sum | INSMOD_FLAGS[flag], 0);
    return finitModule(kernel, openAs(module.file, step.opened ?? "read-only"), params, flags, caller);
  });
  const outcome: StepOutcome = {
    step: number,
    op: "insmod",
    module: watched.name ?? moduleNameOf(step.insmod),
    ...end,
    ...endOfStep(kernel),
  };
  if (watched.sections !== undefined) outcome.sections = sectionEntries(watched.sections);
  if (watched.atInit && regions) {
    outcome.regions = [...watched.regions, ...watched.images.map((image) => regionEntry(kernel, image))];
  }
  return { outcome, images: watched.images, ranCode: code.running === "always" };
}

function rmmodStep(kernel: Kernel, number: number, step: RmmodStep, code: ModuleCode): StepResult {
  const flags = (step.flags ?? ["nonblock"]).reduce((sum, flag) => sum | RMMOD_FLAGS[flag], 0);
  const runExit = (mod: KernelModule) => {
    if (code.ran.has(mod)) runCode(code, mod.exit, "exit");
  };
  const end = attempt(() => deleteModule(kernel, step.rmmod, flags, !step.unprivileged, runExit));
  return {
    outcome: { step: number, op: "rmmod", module: step.rmmod, ...end, ...endOfStep(kernel) },
    images: [],
    ranCode: code.running === "always",
  };
}

/** The descriptor that finit_module(2) gets. */
function openAs(file: ModuleFile, opened: NonNullable<InsmodStep["opened"]>): ModuleFile | undefined {
  if (opened === "closed") return undefined;
  if (opened === "terminal") return { bytes: new Uint8Array(), kind: "terminal", access: "read-write" };
  if (opened === "directory") return { bytes: new Uint8Array(), kind: "directory", access: "read-only" };
  return { ...file, access: opened };
}

/** The state that every step leaves behind. */
function endOfStep(kernel: Kernel): Pick<StepOutcome, "log" | "taint" | "modules"> {
  return { log: kernel.log.take(), taint: kernel.taint, modules: procModules(kernel) };
}

function sectionEntries(sections: readonly PlacedSection[]): Record<string, SectionEntry> {
  const entries: Record<string, SectionEntry> = {};
  for (const { name, address, size, type } of sections) {
    entries[name] ??= { address: hex32(address), size, region: MOD_MEM_NAMES[type] };
  }
  return entries;
}

function regionImages(mod: KernelModule): RegionImage[] {
  return mod.mem.flatMap(({ area }, type) =>
    area === undefined ? [] : [{ type: MOD_MEM_NAMES[type], base: area.base, bytes: area.bytes.slice() }]
  );
}

function regionPlace(area: MappedArea | undefined, type: number): RegionEntry[] {
  return area === undefined ? [] : [{ type: MOD_MEM_NAMES[type], base: hex32(area.base), size: area.bytes.length }];
}

function regionEntry(kernel: Kernel, { type, base, bytes }: RegionImage): RegionEntry {
  return { type, base: hex32(base), size: bytes.length, sha256: kernel.host.sha256(bytes).toHex() };
}
