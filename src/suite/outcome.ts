// SPDX-License-Identifier: GPL-2.0-only
/**
 * What one step of a scenario came to: the value that every target of the suite (the model, the real
 * kernel, any other loader) gives, and that `insmodel run --json` prints, one object a line.
 *
 * @module
 */

import type { ProcModule } from "../module/procfs.ts";

/** One line of the kernel log. */
export interface LogLine {
  /** Log level, 0 (KERN_EMERG) to 7 (KERN_DEBUG). */
  level: number;
  text: string;
  /** The module's function that printed it; left out for the loader's own lines. */
  phase?: "init" | "exit";
}

/** One line of /proc/modules. */
export type ModuleEntry = ProcModule;

/** Where one allocated section landed. */
export interface SectionEntry {
  address: string;
  /** Bytes. */
  size: number;
  region: string;
}

/** One memory region of a module (`enum mod_mem_type`), as it was just before init. */
export interface RegionEntry {
  type: string;
  base: string;
  /** Bytes, a multiple of the page size. */
  size: number;
  /** Of the region's bytes, in hex; absent where the kernel's profile does not tell them. */
  sha256?: string;
}

/** The bytes of one region, kept beside the outcome for `--images` and for image goldens. */
export interface RegionImage {
  type: string;
  base: number;
  bytes: Uint8Array;
}

/** What a step came to. Exactly one of `rc`, `oops`, `crash` and `notModelled` is present. */
export interface StepOutcome {
  step: number;
  op: "insmod" | "rmmod";
  module: string;
  /** The system call's return: 0, or minus the errno's number. */
  rc?: number;
  /** 0, or the kernel's name of the errno. */
  errno?: string | 0;
  /** The kernel oopsed inside the call: the first line of the Oops. */
  oops?: string;
  /** The kernel died or hung inside the call: why. */
  crash?: string;
  /** The model does not cover what this step does: the kernel function. */
  notModelled?: string;
  log: LogLine[];
  /** /proc/sys/kernel/tainted after the step. */
  taint: number;
  modules: ModuleEntry[];
  sections?: Record<string, SectionEntry>;
  regions?: RegionEntry[];
}

/** A step's outcome with what does not go into JSON. */
export interface StepResult {
  outcome: StepOutcome;
  images: RegionImage[];
  /** Whether modules' code ran wherever the kernel runs it; left out by targets that do not say. */
  ranCode?: boolean;
  /** What stopped the code of this step: what is not modelled, and where it was met. */
  stoppedBy?: string;
}
