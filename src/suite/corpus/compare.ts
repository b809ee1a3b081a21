// SPDX-License-Identifier: GPL-2.0-only
/**
 * Holds one replayed step to the recorded one.
 *
 * @module
 */

import { hex32 } from "../../elf/word.ts";
import { procModulesLine } from "../golden_text.ts";
import type { ModuleEntry } from "../outcome.ts";
import { cameToInit, type CorpusSection, type CorpusStep, isFatal, type MaskedImages, sectionCrc } from "./step.ts";

/** What a step differs in, the first in the order of the load. */
export const ASPECTS = ["errno", "log", "sections", "layout", "bytes", "modules", "taint"] as const;
export type Aspect = typeof ASPECTS[number];

/** One difference of one step. */
export interface StepDifference {
  readonly aspect: Aspect;
  /** What it is in, for grouping: a section's name, the two errnos. */
  readonly where: string;
  /** Recorded and replayed, for people. */
  readonly detail: string;
}

/** Aspects that change what later steps of the guest meet. */
export function carriesOn({ aspect }: StepDifference): boolean {
  return aspect === "errno" || aspect === "layout" || aspect === "modules" || aspect === "taint";
}

/** What else a comparison needs. */
export interface Comparison {
  /** VMALLOC_START. Where an area lies from there on depends on what else the kernel holds, so such addresses count as one. */
  readonly vmallocStart: number;
  /** The replayed load's memory. */
  readonly images: MaskedImages;
}

function difference(aspect: Aspect, where: string, recorded: string, replayed: string): StepDifference {
  return { aspect, where, detail: `recorded ${recorded}, replayed ${replayed}` };
}

/** Whether the kernel was lost in the module's own code: the step is compared up to where that began. */
function isLostToCode(recorded: CorpusStep, replayed: CorpusStep): boolean {
  if (!isFatal(recorded)) return false;
  return recorded.op === "rmmod" ? replayed.end === "0" : cameToInit(recorded) && cameToInit(replayed);
}

function compareEnd(recorded: CorpusStep, replayed: CorpusStep): StepDifference[] {
  if (recorded.end === replayed.end || isLostToCode(recorded, replayed)) return [];
  const kind = (end: string) => end.replace(/^(oops|crash): .*/, "$1");
  return [difference("errno", `${kind(recorded.end)} became ${kind(replayed.end)}`, recorded.end, replayed.end)];
}

function compareLog(recorded: CorpusStep, replayed: CorpusStep): StepDifference[] {
  const count = Math.max(recorded.log.length, replayed.log.length);
  for (let i = 0; i < count; i++) {
    const [wanted, got] = [recorded.log[i], replayed.log[i]];
    if (wanted === got) continue;
    const form = (wanted ?? got).replaceAll(recorded.module, "MODULE").replace(/0x[0-9a-f]+|\d+/g, "N");
    return [difference("log", form.slice(0, 60), wanted ?? "no line", got ?? "no line")];
  }
  return [];
}

function samePlace(a: number, b: number, vmallocStart: number): boolean {
  return a === b || (a >= vmallocStart && b >= vmallocStart);
}

function compareSections(recorded: CorpusStep, replayed: CorpusStep, { vmallocStart }: Comparison): StepDifference[] {
  const names = (step: CorpusStep) => step.sections.map(({ name }) => name).join(" ");
  if (names(recorded) !== names(replayed)) return [difference("sections", "names", names(recorded), names(replayed))];
  const text = ({ address, size, region }: CorpusSection) => `${hex32(address)} ${size} ${region}`;
  for (const [i, wanted] of recorded.sections.entries()) {
    const got = replayed.sections[i];
    const isSame = samePlace(wanted.address, got.address, vmallocStart) && wanted.size === got.size &&
      (wanted.region === "" || wanted.region === got.region);
    if (!isSame) return [difference("layout", `section ${wanted.name}`, text(wanted), text(got))];
  }
  return [];
}

function compareRegions(recorded: CorpusStep, replayed: CorpusStep, { vmallocStart }: Comparison): StepDifference[] {
  const types = (step: CorpusStep) => step.regions.map(({ type }) => type).join(" ");
  if (types(recorded) !== types(replayed)) return [difference("layout", "regions", types(recorded), types(replayed))];
  for (const [i, wanted] of recorded.regions.entries()) {
    const got = replayed.regions[i];
    if (samePlace(wanted.base, got.base, vmallocStart) && wanted.size === got.size) continue;
    return [difference("layout", wanted.type, `${hex32(wanted.base)} ${wanted.size}`, `${hex32(got.base)} ${got.size}`)];
  }
  return [];
}

/** The sections whose bytes differ, and the rest of a region where none does. */
function compareBytes(recorded: CorpusStep, replayed: CorpusStep, { images }: Comparison): StepDifference[] {
  const differences: StepDifference[] = [];
  for (const [i, { type, base, size, hash }] of recorded.regions.entries()) {
    const got = replayed.regions[i].hash;
    if (got === hash) continue;
    const inside = recorded.sections.filter(({ address, crc }) => crc !== "" && address >= base && address < base + size);
    const differing = inside.filter((section) => sectionCrc(images, section) !== section.crc);
    for (const { name, crc, address, size } of differing) {
      differences.push(difference("bytes", `${type} ${name}`, `CRC ${crc}`, `CRC ${sectionCrc(images, { address, size })}`));
    }
    if (differing.length === 0) differences.push(difference("bytes", `${type} between the sections`, hash, got));
  }
  return differences;
}

function compareModules(recorded: CorpusStep, replayed: CorpusStep, { vmallocStart }: Comparison): StepDifference[] {
  if (isFatal(recorded)) return [];
  const line = (entry: ModuleEntry | undefined) => {
    if (entry === undefined) return "no module";
    return procModulesLine(Number(entry.address) >= vmallocStart ? { ...entry, address: "vmalloc" } : entry);
  };
  const count = Math.max(recorded.modules.length, replayed.modules.length);
  for (let i = 0; i < count; i++) {
    const [wanted, got] = [line(recorded.modules[i]), line(replayed.modules[i])];
    if (wanted !== got) return [difference("modules", "a line of /proc/modules", wanted, got)];
  }
  if (recorded.taint !== replayed.taint) return [difference("taint", "", String(recorded.taint), String(replayed.taint))];
  return [];
}

/** Every aspect in which a step differs, in the order of {@link ASPECTS}. */
export function compareStep(recorded: CorpusStep, replayed: CorpusStep, comparison: Comparison): StepDifference[] {
  const layout = [
    ...compareSections(recorded, replayed, comparison),
    ...compareRegions(recorded, replayed, comparison),
  ];
  const inSameRegions = layout.length === 0 && recorded.regions.length === replayed.regions.length;
  return [
    ...compareEnd(recorded, replayed),
    ...compareLog(recorded, replayed),
    ...layout,
    ...(inSameRegions ? compareBytes(recorded, replayed, comparison) : []),
    ...compareModules(recorded, replayed, comparison),
  ];
}
