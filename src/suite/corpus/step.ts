// SPDX-License-Identifier: GPL-2.0-only
/**
 * One step of a corpus, as a recording keeps it and as a replay gives it: everything of the outcome, and of the bytes their hashes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { KernelProfile } from "../../kernel/profile.ts";
import { escapeText } from "../golden_text.ts";
import { maskedBytes, privateWords } from "../image_mask.ts";
import type { ModuleEntry, RegionImage, StepOutcome, StepResult } from "../outcome.ts";

/** A memory region just before init. */
export interface CorpusRegion {
  readonly type: string;
  readonly base: number;
  /** Bytes. */
  readonly size: number;
  /** The first 64 bits of SHA-256 over the bytes, what is masked left out (image_mask.ts), in hex. */
  readonly hash: string;
}

/** A section at its final address. */
export interface CorpusSection {
  readonly name: string;
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  /** "" where the region is not known. */
  readonly region: string;
  /** CRC-32 over the bytes as `CorpusRegion.hash` has them, in hex; "" for a load that did not come to init. */
  readonly crc: string;
}

export interface CorpusStep {
  readonly op: "insmod" | "rmmod";
  /** Name of the module; a load's file is `NAME.ko` by kmod's rules. */
  readonly module: string;
  /** What the system call came to: `0`, `-ENOENT`, or `oops: ...`, `crash: ...`, `not modelled: ...`. */
  readonly end: string;
  /** What the module's init function returned, where the call returned something else or nothing. */
  readonly init?: number;
  /** The loader's own lines, `<4> text`. */
  readonly log: readonly string[];
  /** What the module's code printed while init or exit ran, `init <6> text`. */
  readonly printed: readonly string[];
  readonly taint: number;
  /** /proc/modules; empty where the kernel did not survive the step. */
  readonly modules: readonly ModuleEntry[];
  readonly sections: readonly CorpusSection[];
  /** Empty for a load that did not come to init. */
  readonly regions: readonly CorpusRegion[];
}

/** Whether a load came to its module's init function. */
export function cameToInit({ regions }: CorpusStep): boolean {
  return regions.length > 0;
}

/** Whether the kernel was lost in a step, or is not to be trusted after it. */
export function isFatal({ end }: CorpusStep): boolean {
  return /^(oops|crash): /.test(end);
}

/** The memory of one load, what is masked left out. */
export type MaskedImages = readonly RegionImage[];

export function maskImages(result: StepResult, profile: KernelProfile): MaskedImages {
  const isPrivate = privateWords(result, profile);
  return result.images.map((image) => ({ ...image, bytes: maskedBytes(image, isPrivate, profile) }));
}

function regionOf({ type, base, bytes }: RegionImage): CorpusRegion {
  return { type, base, size: bytes.length, hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16) };
}

/** CRC-32 of a section's bytes; "" where no region has them. */
export function sectionCrc(images: MaskedImages, { address, size }: Pick<CorpusSection, "address" | "size">): string {
  const image = images.find(({ base, bytes }) => address >= base && address + size <= base + bytes.length);
  if (image === undefined) return "";
  const start = address - image.base;
  return crc32(image.bytes.subarray(start, start + size)).toString(16).padStart(8, "0");
}

function endOf({ errno, oops, crash, notModelled }: StepOutcome): string {
  if (oops !== undefined) return `oops: ${escapeText(oops)}`;
  if (crash !== undefined) return `crash: ${escapeText(crash)}`;
  if (notModelled !== undefined) return `not modelled: ${notModelled}`;
  return errno === 0 ? "0" : `-${errno}`;
}

const SUSPICIOUS = /->init suspiciously returned (\d+), /;

/** A positive value of init, of which the call's own return does not tell. */
function positiveInit(log: StepOutcome["log"]): number | undefined {
  const found = log.map(({ text }) => SUSPICIOUS.exec(text)?.[1]).find((value) => value !== undefined);
  return found === undefined ? undefined : Number(found);
}

/** The lines that the loader itself printed. What follows "init suspiciously returned" is a dump of the stack. */
function loaderLines({ log }: StepOutcome): string[] {
  const own = log.filter(({ phase }) => phase === undefined);
  const dump = own.findIndex(({ text }) => text === "do_init_module: loading module anyway...");
  return own.slice(0, dump < 0 ? own.length : dump + 1).map(({ level, text }) => `<${level}> ${escapeText(text)}`);
}

/** The lines that were printed while init or exit ran; none of a run that was given up, whose end depends on the machine's speed. */
function codeLines({ log, crash }: StepOutcome): string[] {
  return crash !== undefined
    ? []
    : log.flatMap(({ level, text, phase }) => phase === undefined ? [] : [`${phase} <${level}> ${escapeText(text)}`]);
}

/**
 * What a recording keeps of a step.
 *
 * @param images the masked memory of `result`; see {@link maskImages}
 * @param withCrcs whether each section's bytes are summed too, which tells where a region differs
 */
export function corpusStep(result: StepResult, images: MaskedImages, withCrcs: boolean): CorpusStep {
  const { outcome } = result;
  const { op, module, rc, taint, modules } = outcome;
  const lost = outcome.oops !== undefined || outcome.crash !== undefined;
  const init = images.length > 0 ? positiveInit(outcome.log) ?? (rc !== undefined && rc < 0 ? rc : undefined) : undefined;
  const sections = Object.entries(outcome.sections ?? {}).map(([name, { address, size, region }]) => {
    const place = { name, address: Number(address), size, region };
    return { ...place, crc: withCrcs && images.length > 0 ? sectionCrc(images, place) : "" };
  });
  return {
    op,
    module,
    end: endOf(outcome),
    ...(init === undefined ? {} : { init }),
    log: loaderLines(outcome),
    printed: codeLines(outcome),
    taint,
    modules: lost ? [] : modules,
    sections,
    regions: images.map(regionOf),
  };
}
